//! Many operations, and a server that is restarted in the middle of them: none is lost.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use strongroom::{DoctorOptions, ErrorKind, Session, Store};
use strongroom_backend::{Locator, Shelf};

use crate::counting::Counter;
use crate::support::{Site, get, get_version, path, put};

/// Operations in one round: four, and one to erase or to get once more. Each of them asks the server.
const ROUND: usize = 5;
/// One in so many rounds keeps what it made, so that most of it is from before the restart or after it.
const KEEPS: usize = 8;
/// The server goes through all objects for each search.
const MOST_KEPT: usize = 25;
const THREADS: usize = 4;

/// How many operations: `STRONGROOM_OPERATIONS`, or two thousand.
fn operations() -> usize {
    let wanted = std::env::var("STRONGROOM_OPERATIONS").ok();
    wanted.map_or(2_000, |number| number.parse().expect("STRONGROOM_OPERATIONS is a number"))
}

#[test]
fn two_thousand_operations_survive_a_restart_in_the_middle() {
    let mut site = Site::new();
    let store = site.object_store("s");
    let (rounds, done) = (operations() / ROUND, AtomicUsize::new(0));
    let kept = Mutex::new(BTreeMap::new());
    let mut before_the_restart = 0;
    std::thread::scope(|scope| {
        let (store, done, kept) = (&store, &done, &kept);
        let threads = [0; THREADS].map(|_| scope.spawn(move || work(store, rounds, done, kept)));
        while done.load(Ordering::Relaxed) < rounds / 2 {
            assert!(!threads.iter().any(|thread| thread.is_finished()), "a thread failed");
            std::thread::sleep(Duration::from_millis(5));
        }
        before_the_restart = kept.lock().unwrap().len();
        site.server.restart();
        assert!(done.load(Ordering::Relaxed) < rounds, "the restart was not in the middle");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let kept = kept.into_inner().unwrap();
    assert!(before_the_restart > 0 && kept.len() > before_the_restart, "{before_the_restart}");
    assert_eq!(lost(&store, &kept), Vec::<String>::new());
    println!("{} operations, none lost; {} kept", rounds * ROUND, kept.len());
    let found = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(found.damaged.is_empty(), "{found:?}");
    assert_eq!(found.versions, u64::try_from(2 * kept.len()).unwrap(), "{found:?}");
    assert_eq!((found.strays, found.pending_erasures), (0, 0), "{found:?}");

    // The control: what the server loses is missed.
    let shelf = site.shelf("s");
    let one = shelf.list(None, 1).unwrap()[0];
    shelf.remove(&[(one, Locator::default())]).unwrap();
    assert_eq!(lost(&store, &kept).len(), 1);
    let found = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert_eq!(found.damaged.len(), 1, "{found:?}");
}

/// Does rounds until all are done; some of them keep what they made.
fn work(store: &Store, rounds: usize, done: &AtomicUsize, kept: &Mutex<BTreeMap<String, [u8; 2]>>) {
    let session = store.session();
    loop {
        let round = done.fetch_add(1, Ordering::Relaxed);
        if round >= rounds {
            return;
        }
        let name = format!("web{}/key-{round}", round % THREADS);
        let payloads = [b'a' + (round % 26) as u8, b'A' + (round % 26) as u8];
        four_operations(&session, &name, payloads);
        // Some of the last tenth, too, however many there are.
        let few = kept.lock().unwrap().len() < THREADS * MOST_KEPT || round > rounds * 9 / 10;
        if few && round.is_multiple_of(KEEPS) {
            assert_eq!(get(&session, &name), [payloads[1]]);
            kept.lock().unwrap().insert(name, payloads);
            continue;
        }
        session.erase(&path(&name)).unwrap();
    }
}

/// Puts two versions, and gets both.
fn four_operations(session: &Session, name: &str, [first, second]: [u8; 2]) {
    put(session, name, &[first]);
    assert_eq!(get(session, name), [first]);
    put(session, name, &[second]);
    assert_eq!(get_version(session, name, 1), [first]);
}

/// The names of what is not there as it was kept.
fn lost(store: &Store, kept: &BTreeMap<String, [u8; 2]>) -> Vec<String> {
    let session = store.session();
    let is_there = |name: &str, version, payload: u8| {
        let options = strongroom::GetOptions { version: Some(version), ..Default::default() };
        let got = session.get_with(&path(name), &options);
        got.is_ok_and(|got| got.payload[..] == [payload])
    };
    let is_whole = |name: &str, [first, second]: [u8; 2]| {
        is_there(name, 1, first) && is_there(name, 2, second)
    };
    kept.iter()
        .filter(|(name, both)| !is_whole(name, **both))
        .map(|(name, _)| name.clone())
        .collect()
}

#[test]
fn each_of_these_operations_asks_the_server() {
    let site = Site::new();
    drop(site.object_store("s"));
    let counter = Counter::before(site.server.address().port);
    let [real, counted] = [site.server.address().port, counter.port()].map(|port| port.to_string());
    site.edit("s", |text| text.replace(&real, &counted));
    let session = site.open("s").unwrap().session();
    put(&session, "web/warm", b"connects, and has the project's key");

    let asked = |work: &dyn Fn()| counter.of(work).0;
    assert!(asked(&|| assert_eq!(put(&session, "web/key", b"1"), 1)) > 0);
    assert!(asked(&|| assert_eq!(get(&session, "web/key"), b"1")) > 0);
    assert!(asked(&|| assert_eq!(put(&session, "web/key", b"2"), 2)) > 0);
    assert!(asked(&|| assert_eq!(get_version(&session, "web/key", 1), b"1")) > 0);
    assert!(asked(&|| session.erase(&path("web/key")).unwrap()) > 0);
    // The control: what is not there is known without it.
    let missed = || {
        let error = session.get(&path("web/key")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    };
    assert_eq!(asked(&missed), 0);
}
