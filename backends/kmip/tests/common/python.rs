//! PyKMIP's own client.

use std::process::Command;

use strongroom_backend::PayloadType;
use strongroom_kmip::ProtocolVersion;
use strongroom_kmip::harness::PyKmip;

/// Runs Python with PyKMIP's client in `client`, already open, and gives what it prints.
pub(crate) fn python(server: &PyKmip, program: &str) -> String {
    python_at(server, ProtocolVersion::V1_4, program)
}

/// Likewise, while the client speaks this version.
pub(crate) fn python_at(server: &PyKmip, version: ProtocolVersion, program: &str) -> String {
    let settings = server.settings();
    let text = format!(
        "import sys\n\
         from kmip.pie import client as pie, objects\n\
         from kmip import enums\n\
         with pie.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
             ssl_version='PROTOCOL_TLSv1_2',\n\
             kmip_version=enums.KMIPVersion.KMIP_{}) as client:\n    {}\n",
        server.address().port,
        settings.tls.certificate,
        settings.tls.key,
        settings.tls.ca,
        version.to_string().replace('.', "_"),
        program.replace('\n', "\n    "),
    );
    let output = Command::new(server.python()).arg("-c").arg(text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

/// A payload, and what PyKMIP calls an object of its type.
pub(crate) struct Typed {
    pub(crate) payload_type: PayloadType,
    pub(crate) payload: Vec<u8>,
    pub(crate) class: &'static str,
}

/// One of each type; of the keys, one of each algorithm. The library `cryptography`, which PyKMIP uses,
/// makes them.
pub(crate) fn one_of_each_type(server: &PyKmip) -> Vec<Typed> {
    let made = python(
        server,
        "from cryptography import x509\n\
         from cryptography.hazmat.primitives import serialization as s\n\
         from cryptography.hazmat.primitives.asymmetric import ec, rsa\n\
         keys = [rsa.generate_private_key(65537, 2048)]\n\
         keys += [ec.generate_private_key(c) for c in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())]\n\
         for key in keys:\n\
         \x20   private = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())\n\
         \x20   public = key.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)\n\
         \x20   print(private.hex(), public.hex())",
    );
    let typed = |payload_type, payload: &[u8], class| Typed {
        payload_type,
        payload: payload.to_vec(),
        class,
    };
    let mut all = vec![
        typed(PayloadType::Passphrase, b"correct horse", "SecretData"),
        typed(PayloadType::SymmetricKey, &[0xA5; 32], "SymmetricKey"),
        typed(PayloadType::Certificate, &certificate(server), "X509Certificate"),
        typed(PayloadType::Opaque, b"battery", "OpaqueObject"),
    ];
    for line in made.lines() {
        let (private, public) = line.split_once(' ').unwrap();
        all.push(typed(PayloadType::PrivateKey, &bytes(private), "PrivateKey"));
        all.push(typed(PayloadType::PublicKey, &bytes(public), "PublicKey"));
    }
    assert_eq!(all.len(), 12);
    all
}

fn certificate(server: &PyKmip) -> Vec<u8> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    CertificateDer::from_pem_file(server.authority().certificate()).unwrap().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
