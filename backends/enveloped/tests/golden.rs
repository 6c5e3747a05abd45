//! An envelope that was written once and must open for ever (`tests/golden/v1/README.md`).

mod common;

use std::fs;
use std::path::PathBuf;

use common::{place, project_key};
use strongroom_backend::{Backend, Locator, Shelf};
use strongroom_enveloped::{Enveloped, MemoryShelf};

const PAYLOAD: &[u8] = b"correct horse battery staple";

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/v1/envelope.bin")
}

#[test]
fn the_envelope_opens() {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let at = place(1, &key);
    backend.shelf().put(at.reference, fs::read(golden()).unwrap()).unwrap();
    assert!(backend.load(&at, &Locator::default()).unwrap().equals(PAYLOAD));
}
