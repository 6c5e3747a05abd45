//! A wire between client and server that is cut at a chosen moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// When the wire is cut, once, after [`Proxy::arm`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never sees the client's COMMIT.
    BeforeCommit,
    /// The server sees it, and the client never sees the answer.
    AfterCommit,
    /// The server sees it, and the client is told what PgBouncer says of a server that has crashed.
    AsPooler,
    /// As `AfterCommit`, and nobody gets through any more.
    ForGood,
    /// The server sees what the client sent together with it, but only after [`Proxy::release`].
    Late,
}

/// PgBouncer sends no severity that is not translated.
const POOLERS_ERROR: &[u8] = b"E\0\0\0\x29SFATAL\0C08P01\0Mserver conn crashed?\0\0";

/// What a COMMIT is in the protocol's simple query.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

pub(crate) struct Proxy {
    pub(crate) port: u16,
    armed: Arc<AtomicBool>,
    released: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn start(server: u16, cut: Cut) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        let released = Arc::new(AtomicBool::new(false));
        let wire =
            Wire { cut, armed: armed.clone(), released: released.clone(), gone: Arc::default() };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, wire) = (client.unwrap(), wire.clone());
                if wire.gone.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let refused = Arc::new(AtomicBool::new(false));
                let refuses = refused.clone();
                thread::spawn(move || copy(back, forth, &refuses));
                thread::spawn(move || watch(client, server, &wire, &refused));
            }
        });
        Proxy { port, armed, released }
    }

    pub(crate) fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }

    /// Whether the wire was cut since it was armed.
    pub(crate) fn has_cut(&self) -> bool {
        !self.armed.load(Ordering::SeqCst)
    }
}

/// What the sessions through a proxy have in common.
#[derive(Clone)]
struct Wire {
    cut: Cut,
    armed: Arc<AtomicBool>,
    released: Arc<AtomicBool>,
    gone: Arc<AtomicBool>,
}

/// Hands on what the server answers.
fn copy(mut server: TcpStream, mut client: TcpStream, refused: &AtomicBool) {
    let mut buffer = [0; 65536];
    while let Ok(len @ 1..) = server.read(&mut buffer) {
        let refuses = refused.load(Ordering::SeqCst);
        let answer = if refuses { POOLERS_ERROR } else { &buffer[..len] };
        if client.write_all(answer).is_err() || refuses {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// Hands on what the client sends, until the wire is cut.
fn watch(mut client: TcpStream, mut server: TcpStream, wire: &Wire, refused: &AtomicBool) {
    let mut buffer = [0; 65536];
    while let Ok(len @ 1..) = client.read(&mut buffer) {
        if wire.gone.load(Ordering::SeqCst) {
            break;
        }
        let at = buffer[..len].windows(COMMIT.len()).position(|part| part == COMMIT);
        if let Some(at) = at.filter(|_| wire.armed.swap(false, Ordering::SeqCst)) {
            return cut_at(&buffer[..len], at, &client, &mut server, wire, refused);
        }
        if server.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// Cuts the wire at a COMMIT, which begins there in what the client sent.
fn cut_at(
    sent: &[u8],
    at: usize,
    client: &TcpStream,
    server: &mut TcpStream,
    wire: &Wire,
    refused: &AtomicBool,
) {
    if wire.cut == Cut::AsPooler {
        refused.store(true, Ordering::SeqCst);
        let _ = server.write_all(sent);
        return;
    }
    // Before the client sees anything of it: it connects again at once.
    wire.gone.store(wire.cut == Cut::ForGood, Ordering::SeqCst);
    // The client's end first, so that no answer slips through.
    let _ = client.shutdown(Shutdown::Both);
    while wire.cut == Cut::Late && !wire.released.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(1));
    }
    let end = if wire.cut == Cut::BeforeCommit { at } else { sent.len() };
    let _ = server.write_all(&sent[..end]);
    // What was sent is still read by the server.
    let _ = server.shutdown(Shutdown::Write);
}
