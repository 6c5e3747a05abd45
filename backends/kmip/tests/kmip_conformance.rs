//! The promises of backends and key backends, on a real server. kmip_versions.rs has more of them.

use std::sync::Arc;

use strongroom_backend::conformance;
use strongroom_enveloped::Enveloped;
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipClient, KmipKeys, KmipShelf, Namespace, RootKeyUse};

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
