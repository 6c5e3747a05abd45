//! A server on this machine that finishes the handshake, and then does as it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};
use strongroom_kmip::harness::Issued;

use crate::kmip::{Speaker, speak};

/// Whose client certificates it takes.
pub(crate) enum Trust<'a> {
    /// Those of this authority.
    Everyone(&'a Path),
    /// Those of this authority, on this version of TLS alone.
    Only(&'a Path, &'static SupportedProtocolVersion),
}

/// What it sends when a request comes.
#[derive(Clone)]
pub(crate) enum Answer {
    Nothing,
    /// KMIP, to one request after the other.
    Kmip(Speaker),
    Bytes(&'static [u8]),
    BytesAndEnd(&'static [u8]),
}

pub(crate) struct TestServer {
    port: u16,
    accepted: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Serves with TLS.
    pub(crate) fn start(issued: &Issued, trust: Trust<'_>, answer: Answer) -> TestServer {
        let config = Arc::new(config(issued, trust));
        TestServer::serve(move |stream| talk(stream, config.clone(), &answer))
    }

    /// Says these words to whoever connects, and nothing more.
    pub(crate) fn without_tls(greeting: &'static [u8]) -> TestServer {
        TestServer::serve(move |mut stream| {
            let _ = stream.write_all(greeting);
            wait_for_the_end(&mut stream);
        })
    }

    /// Closes each connection as soon as it is there.
    pub(crate) fn hanging_up() -> TestServer {
        TestServer::serve(drop)
    }

    /// How many connections it has accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn serve(talk: impl Fn(TcpStream) + Send + Clone + 'static) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = accepted.clone();
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let (stream, talk) = (stream.unwrap(), talk.clone());
                // The client gives up long before that.
                stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                std::thread::spawn(move || talk(stream));
            }
        });
        TestServer { port, accepted, stopped, accepting: Some(accepting) }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn config(issued: &Issued, trust: Trust<'_>) -> ServerConfig {
    let certificate = |path: &Path| CertificateDer::from_pem_file(path).unwrap();
    let (authority, versions) = match trust {
        Trust::Everyone(authority) => (authority, rustls::ALL_VERSIONS.to_vec()),
        Trust::Only(authority, version) => (authority, vec![version]),
    };
    let mut roots = RootCertStore::empty();
    roots.add(certificate(authority)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![certificate(&issued.certificate)],
            PrivateKeyDer::from_pem_file(&issued.key).unwrap(),
        )
        .unwrap()
}

fn talk(stream: TcpStream, config: Arc<ServerConfig>, answer: &Answer) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    if let Answer::Kmip(speaker) = answer {
        return speak(&mut stream, speaker);
    }
    let mut request = [0; 65_536];
    // A client that is refused, or goes away, is of no interest here.
    let Ok(1..) = stream.read(&mut request) else {
        let _ = stream.flush();
        return;
    };
    match answer {
        Answer::Nothing | Answer::Kmip(_) => wait_for_the_end(&mut stream),
        Answer::Bytes(bytes) => {
            let _ = stream.write_all(bytes);
            wait_for_the_end(&mut stream);
        }
        Answer::BytesAndEnd(bytes) => {
            let _ = stream.write_all(bytes);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

fn wait_for_the_end(stream: &mut impl Read) {
    while let Ok(1..) = stream.read(&mut [0; 4096]) {}
}
