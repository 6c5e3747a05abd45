//! What passes between a store and its server, counted on the wire.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes everything on to the server, and counts how often clients speak.
pub(crate) struct Counter {
    port: u16,
    turns: Arc<AtomicUsize>,
}

impl Counter {
    /// Before the server on this port, which may be away for a while.
    pub(crate) fn before(server: u16) -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        std::thread::spawn(move || {
            for near in listener.incoming() {
                // A server that is away hangs up.
                let (near, Ok(far)) = (near.unwrap(), TcpStream::connect(("127.0.0.1", server)))
                else {
                    continue;
                };
                let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                let counted = counted.clone();
                std::thread::spawn(move || pass(near, far, |_| ()));
                // The server answers once for each turn of the client.
                std::thread::spawn(move || {
                    pass(back.0, back.1, |_| {
                        counted.fetch_add(1, Ordering::Relaxed);
                    })
                });
            }
        });
        Counter { port, turns }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How often the server spoke meanwhile, at least once for each answer.
    pub(crate) fn of<T>(&self, work: impl FnOnce() -> T) -> (usize, T) {
        let before = self.turns.load(Ordering::Relaxed);
        let done = work();
        (self.turns.load(Ordering::Relaxed) - before, done)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, spoken: impl Fn(usize)) {
    let mut bytes = [0; 65_536];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        spoken(len);
        if to.write_all(&bytes[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
