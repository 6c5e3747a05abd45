//! The promises of key backends and backends, on a real SoftHSM2.

use strongroom_backend::{Backend, KeyBackend, RootKeyId, Severity, conformance};
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use strongroom_pkcs11::{
    KeyLocation, ObjectKind, ObjectSettings, Pkcs11Keys, Pkcs11Objects, Token,
};

/// The checks that need project keys, which objects of a token do without.
const OF_PLACEMENTS: [&str; 2] =
    ["a_payload_opens_at_its_own_place_only", "a_payload_opens_under_its_own_key_only"];

fn root_keys_keep_every_promise(location: KeyLocation) {
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

fn objects_keep_every_promise(kind: ObjectKind) {
    let soft = SoftHsm::start();
    soft.enter();
    let token = Token::open(soft.settings()).unwrap();
    let settings = ObjectSettings { kind, ..ObjectSettings::default() };
    let objects = Pkcs11Objects::open(token, settings).unwrap();
    let report = conformance::backend(&objects);
    report.require();
    assert_eq!(report.skipped(), OF_PLACEMENTS);
    assert_eq!(objects.capabilities().payload_limit, 1 << 20);
}

#[test]
fn root_keys_of_a_token_keep_every_promise() {
    root_keys_keep_every_promise(KeyLocation::Envelope);
}

#[test]
fn root_keys_whose_project_keys_stay_in_the_token_keep_every_promise() {
    root_keys_keep_every_promise(KeyLocation::Device);
}

#[test]
fn data_objects_keep_every_promise() {
    objects_keep_every_promise(ObjectKind::Data);
}

#[test]
fn secret_keys_as_objects_keep_every_promise() {
    objects_keep_every_promise(ObjectKind::SecretKey);
}
