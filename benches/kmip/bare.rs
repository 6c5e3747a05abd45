//! The floor: one Get over a connection that is held, its bytes laid out by hand.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use strongroom_kmip::harness::PyKmip;

pub(crate) struct BareConnection {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

impl BareConnection {
    pub(crate) fn open(server: &PyKmip) -> BareConnection {
        let tls = server.settings().tls;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(tls.ca).unwrap()).unwrap();
        let chain = vec![CertificateDer::from_pem_file(tls.certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_file(tls.key).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let tcp = TcpStream::connect(("127.0.0.1", server.address().port)).unwrap();
        tcp.set_nodelay(true).unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        BareConnection { stream: StreamOwned::new(client, tcp) }
    }

    /// The bytes of the answer to a Get.
    pub(crate) fn get(&mut self, identifier: &str) -> Vec<u8> {
        self.stream.write_all(&request(identifier)).unwrap();
        self.stream.flush().unwrap();
        let mut header = [0; 8];
        self.stream.read_exact(&mut header).unwrap();
        let length = u32::from_be_bytes(header[4..].try_into().unwrap());
        let mut answer = vec![0; length as usize];
        self.stream.read_exact(&mut answer).unwrap();
        assert!(answer.len() > 200, "an error, not an object");
        answer
    }
}

const STRUCTURE: u8 = 0x01;
const INTEGER: u8 = 0x02;
const ENUMERATION: u8 = 0x05;
const TEXT: u8 = 0x07;

/// A Get in KMIP 2.0.
fn request(identifier: &str) -> Vec<u8> {
    let version = [item(0x42006A, INTEGER, &number(2)), item(0x42006B, INTEGER, &number(0))];
    let header =
        [item(0x420069, STRUCTURE, &version.concat()), item(0x42000D, INTEGER, &number(1))];
    let payload = item(0x420094, TEXT, identifier.as_bytes());
    let batch = [item(0x42005C, ENUMERATION, &number(10)), item(0x420079, STRUCTURE, &payload)];
    let message =
        [item(0x420077, STRUCTURE, &header.concat()), item(0x42000F, STRUCTURE, &batch.concat())];
    item(0x420078, STRUCTURE, &message.concat())
}

fn number(value: u32) -> [u8; 4] {
    value.to_be_bytes()
}

fn item(tag: u32, kind: u8, value: &[u8]) -> Vec<u8> {
    let mut item = tag.to_be_bytes()[1..].to_vec();
    item.push(kind);
    item.extend((value.len() as u32).to_be_bytes());
    item.extend(value);
    item.resize(item.len().next_multiple_of(8), 0);
    item
}
