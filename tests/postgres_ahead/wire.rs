//! A wire to a server that writes down when something passes it, and that can be held at either end.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long something that must happen is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// The two places of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Metadata,
    Shelf,
}

/// Something that was seen on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It came from the client. It goes on when questions are not held.
    Asked(Place),
    /// It came from the server and goes on to the client.
    Answered(Place),
}

/// Everything that was seen, on both wires, in its order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    held: Vec<Seen>,
    /// What waits to be released.
    waiting: Vec<Seen>,
}

impl Log {
    pub(crate) fn clear(&self) {
        self.0.0.lock().unwrap().seen.clear();
    }

    /// Lets nothing of this kind go on until [`release`](Self::release).
    pub(crate) fn hold(&self, kinds: &[Seen]) {
        self.0.0.lock().unwrap().held.extend(kinds);
    }

    pub(crate) fn release(&self) {
        self.0.0.lock().unwrap().held.clear();
        self.0.1.notify_all();
    }

    pub(crate) fn wait_for(&self, what: Seen) {
        self.wait(what, |state| &state.seen);
    }

    /// Waits until something of this kind would go on if it were not held.
    pub(crate) fn wait_until_held(&self, what: Seen) {
        self.wait(what, |state| &state.waiting);
    }

    fn wait(&self, what: Seen, among: impl Fn(&State) -> &Vec<Seen>) {
        let end = Instant::now() + PATIENCE;
        let mut state = self.0.0.lock().unwrap();
        while !among(&state).contains(&what) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what:?} was not seen: {:?}", state.seen);
            state = self.0.1.wait_timeout(state, left).unwrap().0;
        }
    }

    pub(crate) fn trips_to(&self, place: Place) -> usize {
        trips(
            self.0.0.lock().unwrap().seen.iter().filter(
                |seen| matches!(seen, Seen::Asked(at) | Seen::Answered(at) if *at == place),
            ),
        )
    }

    /// How often something was asked, anywhere, after something had been answered, anywhere.
    pub(crate) fn trips_in_all(&self) -> usize {
        trips(self.0.0.lock().unwrap().seen.iter())
    }

    /// Writes it down. What is held is seen when it is let go, but for questions, which are seen at once.
    fn passes(&self, what: Seen) {
        let mut state = self.0.0.lock().unwrap();
        let is_question = matches!(what, Seen::Asked(_));
        if is_question {
            state.seen.push(what);
            self.0.1.notify_all();
        }
        state.waiting.push(what);
        self.0.1.notify_all();
        while state.held.contains(&what) {
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting.retain(|waiting| *waiting != what);
        if !is_question {
            state.seen.push(what);
            self.0.1.notify_all();
        }
    }

    /// Opens a wire to the server on this port; returns the port of its other end.
    pub(crate) fn wire(&self, place: Place, server: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = self.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (forth, back) = (log.clone(), log.clone());
                thread::spawn(move || pass(from, to, || forth.passes(Seen::Asked(place))));
                thread::spawn(move || pass(server, client, || back.passes(Seen::Answered(place))));
            }
        });
        port
    }
}

fn trips<'a>(seen: impl Iterator<Item = &'a Seen>) -> usize {
    let (mut trips, mut answered) = (0, true);
    for seen in seen {
        let asked = matches!(seen, Seen::Asked(_));
        trips += usize::from(asked && answered);
        answered = !asked;
    }
    trips
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut passes: impl FnMut()) {
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let mut buffer = [0; 65536];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        passes();
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
