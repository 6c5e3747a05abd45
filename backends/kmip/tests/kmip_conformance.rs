//! The promises of backends and key backends, on a real server, at the newest version. kmip_versions.rs
//! has the older ones.

use std::sync::Arc;

use strongroom_backend::conformance;
use strongroom_enveloped::Enveloped;
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{
    KmipClient, KmipKeys, KmipObjects, KmipShelf, Namespace, PlaintextType, RootKeyUse,
};

fn client(server: &PyKmip) -> Arc<KmipClient> {
    Arc::new(KmipClient::new(server.settings()).unwrap())
}

fn namespace() -> Namespace {
    Namespace::new("conformance").unwrap()
}

#[test]
fn envelopes_on_a_server_keep_every_promise() {
    let server = PyKmip::start();
    let envelopes = Enveloped::new(KmipShelf::new(client(&server), namespace()));
    let report = conformance::backend(&envelopes);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
    conformance::states(&envelopes).require();
}

#[test]
fn root_keys_in_a_server_keep_every_promise() {
    let server = PyKmip::start();
    let keys = KmipKeys::new(client(&server), namespace(), RootKeyUse::InServer);
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

#[test]
fn fetched_root_keys_keep_every_promise() {
    let server = PyKmip::start();
    let keys = KmipKeys::new(client(&server), namespace(), RootKeyUse::Fetched);
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

fn plaintext_keeps_every_promise(plaintext: PlaintextType) {
    let server = PyKmip::start();
    let objects = KmipObjects::new(client(&server), namespace(), plaintext);
    conformance::backend(&objects).require();
    conformance::states(&objects).require();
}

#[test]
fn secret_data_in_the_clear_keeps_every_promise() {
    plaintext_keeps_every_promise(PlaintextType::SecretData);
}

#[test]
fn opaque_objects_in_the_clear_keep_every_promise() {
    plaintext_keeps_every_promise(PlaintextType::OpaqueObject);
}
