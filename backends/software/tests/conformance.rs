//! The promises of a key backend.

use strongroom_backend::{RootKeyId, conformance};
use strongroom_software::SoftwareKeys;

#[test]
fn software_keys_keep_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let keys = SoftwareKeys::create(&path, &RootKeyId::new("root-1").unwrap()).unwrap();
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}
