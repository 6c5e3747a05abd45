//! The promises of a key backend, on a real SoftHSM2.

use strongroom_backend::{KeyBackend, RootKeyId, Severity, conformance};
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use strongroom_pkcs11::{KeyLocation, Pkcs11Keys, Token};

fn keeps_every_promise(location: KeyLocation) {
    let soft = SoftHsm::start();
    soft.enter();
    let token = Token::open(soft.settings()).unwrap();
    let root = RootKeyId::new("root-1").unwrap();
    let keys = Pkcs11Keys::create(token, &root, location).unwrap();
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
    for finding in keys.check_root_key(&root).unwrap() {
        assert_eq!(finding.severity, Severity::Ok, "{}", finding.message);
    }
}

#[test]
fn root_keys_of_a_token_keep_every_promise() {
    keeps_every_promise(KeyLocation::Envelope);
}

#[test]
fn root_keys_whose_project_keys_stay_in_the_token_keep_every_promise() {
    keeps_every_promise(KeyLocation::Device);
}
