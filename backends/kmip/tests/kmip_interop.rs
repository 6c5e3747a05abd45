//! What we write, PyKMIP's own client reads; and what it writes, we read.

mod common;

use common::python::{Typed, hex, one_of_each_type, python};
use common::{Site, client, namespace, secret};
use strongroom_backend::{Backend, Locator, PayloadType};
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipObjects, PlaintextType};

/// Puts a payload, and looks at it with PyKMIP's client.
fn its_client_reads(server: &PyKmip, plaintext: PlaintextType, typed: &Typed) {
    let Typed { payload_type, payload, class } = typed;
    let objects = KmipObjects::new(client(server.settings()), namespace("test"), plaintext);
    let site = Site::of(*payload_type);
    let locator = objects.store(&site.placement(), &secret(payload)).unwrap();
    let identifier = String::from_utf8(locator.as_bytes().to_vec()).unwrap();
    let read = format!(
        "found = client.get({identifier:?})\n\
         wanted = ['Name', 'Application Specific Information']\n\
         told = client.get_attributes({identifier:?}, wanted)[1]\n\
         told = {{a.attribute_name.value: a.attribute_value for a in told}}\n\
         named, about = [told[name] for name in wanted]\n\
         print(type(found).__name__, found.value.hex(), named.name_value.value,\n\
         \x20     about.application_namespace, about.application_data)"
    );
    let name = format!("strongroom/test/payload/{}", site.reference);
    let expected = format!("{class} {} {name} strongroom {name}", hex(payload));
    assert_eq!(python(server, &read), expected);
    assert!(objects.load(&site.placement(), &locator).unwrap().equals(payload));
    objects.destroy(&[site.target(&locator)]).unwrap();
}

#[test]
fn its_client_reads_ours_of_the_type_that_fits() {
    let server = PyKmip::start();
    for typed in one_of_each_type(&server) {
        its_client_reads(&server, PlaintextType::Fitting, &typed);
    }
}

#[test]
fn its_client_reads_ours_of_the_type_that_was_asked_for() {
    let server = PyKmip::start();
    let of_type = |wanted| {
        one_of_each_type(&server).into_iter().find(|typed| typed.payload_type == wanted).unwrap()
    };
    for (plaintext, payload_type) in [
        (PlaintextType::SecretData, PayloadType::Passphrase),
        (PlaintextType::SymmetricKey, PayloadType::SymmetricKey),
        (PlaintextType::PrivateKey, PayloadType::PrivateKey),
        (PlaintextType::PublicKey, PayloadType::PublicKey),
        (PlaintextType::Certificate, PayloadType::Certificate),
        (PlaintextType::OpaqueObject, PayloadType::Opaque),
    ] {
        // Whatever the secret is.
        let typed = Typed { payload_type: PayloadType::Passphrase, ..of_type(payload_type) };
        its_client_reads(&server, plaintext, &typed);
    }
}

#[test]
fn what_cannot_be_of_its_type_is_secret_data() {
    let server = PyKmip::start();
    let private = one_of_each_type(&server).into_iter().find(|t| t.class == "PrivateKey").unwrap();
    let cut = &private.payload[..private.payload.len() - 1];
    let longer = [&private.payload[..], b"\n"].concat();
    for (payload_type, payload) in [
        (PayloadType::SymmetricKey, &b"correct horse"[..]),
        (PayloadType::Certificate, b"correct horse"),
        (PayloadType::PublicKey, &private.payload),
        (PayloadType::PrivateKey, cut),
        (PayloadType::PrivateKey, &longer),
        (PayloadType::PrivateKey, b"-----BEGIN PRIVATE KEY-----\n"),
    ] {
        let typed = Typed { payload_type, payload: payload.to_vec(), class: "SecretData" };
        its_client_reads(&server, PlaintextType::Fitting, &typed);
    }
}

#[test]
fn ours_reads_what_its_client_wrote_under_our_names() {
    let server = PyKmip::start();
    let objects =
        KmipObjects::new(client(server.settings()), namespace("test"), PlaintextType::Fitting);
    let sites = [(); 3].map(|()| Site::new());
    let [secret, opaque, key] =
        sites.each_ref().map(|site| format!("strongroom/test/payload/{}", site.reference));
    let register = format!(
        "secret = objects.SecretData(b'correct horse', enums.SecretDataType.PASSWORD, name={secret:?})\n\
         opaque = objects.OpaqueObject(b'battery', enums.OpaqueDataType.NONE, name={opaque:?})\n\
         key = objects.SymmetricKey(\n\
         \x20   enums.CryptographicAlgorithm.AES, 128, b'0123456789abcdef', name={key:?})\n\
         print(client.register(secret), client.register(opaque), client.register(key))"
    );
    let identifiers = python(&server, &register);
    let payloads = [&b"correct horse"[..], b"battery", b"0123456789abcdef"];
    for ((identifier, payload), site) in identifiers.split(' ').zip(payloads).zip(&sites) {
        let locator = Locator::new(identifier.as_bytes().to_vec());
        let loaded = objects.load(&site.placement(), &locator).unwrap();
        assert!(loaded.equals(payload), "{identifier}");
    }
}
