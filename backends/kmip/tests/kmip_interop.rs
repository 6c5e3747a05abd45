//! What we write, PyKMIP's own client reads; and what it writes, we read.

mod common;

use std::process::Command;

use common::{Site, client, namespace, secret};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use strongroom_backend::{Backend, Locator};
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipObjects, PlaintextType};

/// Runs Python with PyKMIP's client in `client`, already open, and gives what it prints.
fn python(server: &PyKmip, program: &str) -> String {
    let settings = server.settings();
    let text = format!(
        "import sys\n\
         from kmip.pie import client as pie, objects\n\
         from kmip import enums\n\
         with pie.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
             ssl_version='PROTOCOL_TLSv1_2') as client:\n    {}\n",
        server.address().port,
        settings.tls.certificate,
        settings.tls.key,
        settings.tls.ca,
        program.replace('\n', "\n    "),
    );
    let output = Command::new(server.python()).arg("-c").arg(text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

#[test]
fn its_client_reads_ours() {
    let server = PyKmip::start();
    let certificate = CertificateDer::from_pem_file(server.authority().certificate()).unwrap();
    let (words, key) = (&b"correct horse"[..], &[0xA5; 32][..]);
    for (plaintext, payload, class) in [
        (PlaintextType::SecretData, words, "SecretData"),
        (PlaintextType::OpaqueObject, words, "OpaqueObject"),
        (PlaintextType::SymmetricKey, key, "SymmetricKey"),
        (PlaintextType::Certificate, &certificate, "X509Certificate"),
        // What cannot be of its type.
        (PlaintextType::SymmetricKey, words, "SecretData"),
        (PlaintextType::Certificate, words, "SecretData"),
    ] {
        let objects = KmipObjects::new(client(server.settings()), namespace("test"), plaintext);
        let site = Site::new();
        let locator = objects.store(&site.placement(), &secret(payload)).unwrap();
        let identifier = String::from_utf8(locator.as_bytes().to_vec()).unwrap();
        let read = format!(
            "found = client.get({identifier:?})\n\
             named = client.get_attributes({identifier:?}, ['Name'])[1][0].attribute_value\n\
             print(type(found).__name__, found.value.hex(), named.name_value.value)"
        );
        let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("strongroom/test/payload/{}", site.reference);
        assert_eq!(python(&server, &read), format!("{class} {hex} {name}"));
        objects.destroy(&[site.target(&locator)]).unwrap();
    }
}

#[test]
fn ours_reads_what_its_client_wrote() {
    let server = PyKmip::start();
    let objects =
        KmipObjects::new(client(server.settings()), namespace("test"), PlaintextType::SecretData);
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
