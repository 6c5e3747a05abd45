//! The promises at each version that the server speaks. Slow: for `make test-full`.

mod common;

use common::python::{hex, one_of_each_type, python_at};
use common::{Site, client, namespace, secret};
use strongroom_backend::{Backend, PayloadType, conformance};
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
    let envelopes = Enveloped::new(shelf);
    let report = conformance::backend(&envelopes);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
    conformance::states(&envelopes).require();
}

fn keys_keep_every_promise(version: ProtocolVersion, root_key_use: RootKeyUse) {
    let server = PyKmip::start();
    let keys = KmipKeys::new(at(&server, version), namespace("versions"), root_key_use);
    let report = conformance::key_backend(&keys);
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

/// Both clients put an object of each type, and each reads the other's.
fn objects_of_each_type(version: ProtocolVersion) {
    let server = PyKmip::start();
    let namespace = namespace("versions");
    let objects = KmipObjects::new(at(&server, version), namespace, PlaintextType::Fitting);
    for typed in one_of_each_type(&server) {
        let site = Site::of(typed.payload_type);
        let locator = objects.store(&site.placement(), &secret(&typed.payload)).unwrap();
        assert!(objects.load(&site.placement(), &locator).unwrap().equals(&typed.payload));
        let identifier = String::from_utf8(locator.as_bytes().to_vec()).unwrap();
        // Registered once more, as it came: ours reads it, and finds it to be the same.
        let copy = format!(
            "found = client.get({identifier:?})\n\
             found.names = []\n\
             told = client.get_attributes({identifier:?}, ['Name', 'State'])[1]\n\
             told = [a.attribute_value.value for a in told if a.attribute_name.value == 'State']\n\
             state = told[0].name if told else 'no state'\n\
             print(type(found).__name__, found.value.hex(), client.register(found), state)"
        );
        let told = python_at(&server, version, &copy);
        let told: Vec<&str> = told.splitn(4, ' ').collect();
        let has_state = typed.payload_type != PayloadType::Opaque;
        assert_eq!(told[..2], [typed.class, &hex(&typed.payload)]);
        assert_eq!(told[3], if has_state { "ACTIVE" } else { "no state" });
        objects.destroy(&[site.target(&locator)]).unwrap();
        assert!(objects.load(&site.placement(), &locator).is_err());

        let adopted = objects.adopt(told[2]).unwrap();
        assert_eq!(adopted.payload_type, typed.payload_type);
        let adopted = objects.load(&site.placement(), &adopted.locator).unwrap();
        assert!(adopted.equals(&typed.payload), "{}", typed.class);
    }
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
            fn payloads_of_each_type() {
                objects_of_each_type(ProtocolVersion::$version);
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
