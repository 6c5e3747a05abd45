//! The promises at each version that the server speaks, and of plaintext objects. Slow: for `make
//! test-full`.

mod common;

use common::{client, namespace};
use strongroom_backend::conformance;
use strongroom_enveloped::Enveloped;
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{
    KmipClient, KmipKeys, KmipObjects, KmipShelf, PlaintextType, ProtocolVersion, RootKeyUse,
};

fn at(server: &PyKmip, version: ProtocolVersion) -> std::sync::Arc<KmipClient> {
    let mut settings = server.settings();
    settings.version = Some(version);
    client(settings)
}

fn envelopes_keep_every_promise(version: ProtocolVersion) {
    let server = PyKmip::start();
    let shelf = KmipShelf::new(at(&server, version), namespace("versions"));
    let report = conformance::backend(&Enveloped::new(shelf));
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

fn keys_keep_every_promise(version: ProtocolVersion, root_key_use: RootKeyUse) {
    let server = PyKmip::start();
    let keys = KmipKeys::new(at(&server, version), namespace("versions"), root_key_use);
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

macro_rules! versions {
    ($($name:ident $version:ident,)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn envelopes() {
                envelopes_keep_every_promise(ProtocolVersion::$version);
            }

            #[test]
            fn fetched_root_keys() {
                keys_keep_every_promise(ProtocolVersion::$version, RootKeyUse::Fetched);
            }
        })*
    };
}

versions! {
    kmip_1_0 V1_0,
    kmip_1_1 V1_1,
    kmip_1_2 V1_2,
    kmip_1_3 V1_3,
    kmip_1_4 V1_4,
    kmip_2_0 V2_0,
}

#[test]
fn root_keys_in_the_server_at_1_4() {
    keys_keep_every_promise(ProtocolVersion::V1_4, RootKeyUse::InServer);
}

fn plaintext_keeps_every_promise(plaintext: PlaintextType) {
    let server = PyKmip::start();
    let objects = KmipObjects::new(client(server.settings()), namespace("versions"), plaintext);
    conformance::backend(&objects).require();
}

#[test]
fn secret_data_in_the_clear() {
    plaintext_keeps_every_promise(PlaintextType::SecretData);
}

#[test]
fn opaque_objects_in_the_clear() {
    plaintext_keeps_every_promise(PlaintextType::OpaqueObject);
}
