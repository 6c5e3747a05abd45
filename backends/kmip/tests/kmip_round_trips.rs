//! How often each operation waits for the server, counted on the wire.

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::{Site, client, envelopes, namespace, secret};
use strongroom_backend::{
    Backend, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, StoreId, WrapContext,
};
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipKeys, KmipSettings, RootKeyUse};

/// Who spoke last, and how often the client spoke after the server.
#[derive(Default)]
struct Wire {
    client_speaks: bool,
    round_trips: usize,
}

/// Passes everything on, and counts.
struct Counter {
    port: u16,
    wire: Arc<Mutex<Wire>>,
}

impl Counter {
    fn before(server: &PyKmip) -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Mutex::new(Wire::default()));
        let (counted, target) = (wire.clone(), server.address().port);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) =
                    (near.unwrap(), TcpStream::connect(("127.0.0.1", target)).unwrap());
                let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                let (there, here) = (counted.clone(), counted.clone());
                std::thread::spawn(move || pass(near, far, true, &there));
                std::thread::spawn(move || pass(back.0, back.1, false, &here));
            }
        });
        Counter { port, wire }
    }

    fn settings(&self, server: &PyKmip) -> KmipSettings {
        let mut settings = server.settings();
        settings.servers[0].port = self.port;
        settings
    }

    /// How many round trips `work` takes.
    fn of<T>(&self, work: impl FnOnce() -> T) -> (usize, T) {
        let before = self.wire.lock().unwrap().round_trips;
        let done = work();
        (self.wire.lock().unwrap().round_trips - before, done)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, client_speaks: bool, wire: &Mutex<Wire>) {
    let mut bytes = [0; 65_536];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        let mut wire = wire.lock().unwrap();
        wire.round_trips += usize::from(client_speaks && !wire.client_speaks);
        wire.client_speaks = client_speaks;
        drop(wire);
        if to.write_all(&bytes[..len]).is_err() {
            return;
        }
    }
}

#[test]
fn a_warm_get_is_one_round_trip() {
    let server = PyKmip::start();
    let counter = Counter::before(&server);
    let backend = envelopes(counter.settings(&server));
    let (site, payload) = (Site::new(), secret(b"correct horse"));

    // The control: to connect takes more.
    let (cold, _) = counter.of(|| backend.marker().unwrap());
    assert!(cold >= 4, "{cold} round trips to connect, agree on a version and ask");

    let (put, locator) = counter.of(|| backend.store(&site.placement(), &payload).unwrap());
    assert_eq!(put, 2, "register and look the name up; activate");
    for _ in 0..3 {
        let (get, loaded) = counter.of(|| backend.load(&site.placement(), &locator).unwrap());
        assert!(loaded.equals(&payload));
        assert_eq!(get, 1);
    }
    let (destroy, _) = counter.of(|| backend.destroy(&[site.target(&locator)]).unwrap());
    assert_eq!(destroy, 2, "look the name up; revoke and destroy");
}

#[test]
fn a_project_key_is_wrapped_and_unwrapped_in_one_round_trip() {
    let server = PyKmip::start();
    let counter = Counter::before(&server);
    let settings = counter.settings(&server);
    let keys = KmipKeys::new(client(settings), namespace("test"), RootKeyUse::InServer);
    let root = RootKeyId::new("root-1").unwrap();
    keys.create_root_key(&root).unwrap();
    let context = WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    };
    let key = SecretBytes::random(32).unwrap();
    let wrap = || keys.wrap(&root, &key, &context).unwrap();
    let (first, blob) = counter.of(wrap);
    assert_eq!(first, 2, "the root key is looked up once");
    assert_eq!(counter.of(wrap).0, 1);
    assert_eq!(counter.of(|| keys.unwrap(&root, &blob, &context).unwrap()).0, 1);
}
