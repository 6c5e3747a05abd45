//! The promises of a backend, over each shelf.

use strongroom_backend::{Backend, conformance};
use strongroom_enveloped::{Enveloped, MemoryShelf};

fn keeps_every_promise(backend: &dyn Backend) {
    let report = conformance::backend(backend);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

#[test]
fn a_shelf_in_memory_keeps_every_promise() {
    keeps_every_promise(&Enveloped::new(MemoryShelf::default()));
}

#[cfg(feature = "sqlite")]
#[test]
fn a_shelf_in_a_sqlite_file_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = strongroom_enveloped::SqliteShelf::create(&folder.path().join("payloads.db"));
    keeps_every_promise(&Enveloped::new(shelf.unwrap()));
}
