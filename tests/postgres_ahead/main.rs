//! A get asks the shelf before it knows from the metadata where the payload is. What it saves, seen on the
//! wire, and that nothing is ever served which the metadata did not confirm.
#![cfg(feature = "postgres")]

#[path = "../common/mod.rs"]
mod common;
mod wire;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use strongroom::{
    BackendConfig, Config, ErrorKind, GetOptions, Layout, PutOptions, Session, State, Store,
    Timestamp,
};
use strongroom_test_support::postgres::{Cluster, write_private};
use tempfile::TempDir;

use common::{path, put, secret};
use wire::Place::{Metadata, Shelf};
use wire::Seen::{Answered, Asked};
use wire::{Log, Place};

const AT: &str = "web1/db";

/// How long a project key is used without asking whether it still may be: less than what the library takes.
const FRESH: Duration = Duration::from_millis(900);

/// A store that is used through wires, and by another who uses none.
struct Fixture {
    log: Log,
    session: Session,
    other: Session,
    _stores: [Store; 2],
    _folder: TempDir,
    _cluster: Cluster,
}

fn fixture() -> Fixture {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout {
        metadata: cluster.new_database("metadata").into(),
        shelf: cluster.new_database("shelf").into(),
        ..Layout::in_folder(folder.path())
    };
    let other = Store::create(&layout).unwrap();
    let log = Log::default();
    let at = |place: Place, name: &str| {
        let port = log.wire(place, cluster.port());
        format!("postgres://{name}:{name}-password@127.0.0.1:{port}/{name}?sslmode=disable")
    };
    let text = fs::read_to_string(folder.path().join("strongroom.toml")).unwrap();
    let mut config = Config::from_toml(&text, folder.path()).unwrap();
    config.metadata = at(Metadata, "metadata");
    for backend in config.backends.values_mut() {
        if let BackendConfig::Enveloped { shelf, .. } = backend {
            *shelf = at(Shelf, "shelf");
        }
    }
    let wired = folder.path().join("wired.toml");
    write_private(&wired, &config.to_toml().unwrap());
    let store = Store::open(&wired).unwrap();
    let (session, other_session) = (store.session(), other.session());
    put(&other_session, AT, b"one").unwrap();
    Fixture {
        log,
        session,
        other: other_session,
        _stores: [store, other],
        _folder: folder,
        _cluster: cluster,
    }
}

fn get(session: &Session) -> Result<Vec<u8>, ErrorKind> {
    session.get(&path(AT)).map(|payload| payload.to_vec()).map_err(|error| error.kind())
}

impl Fixture {
    /// Leaves statements prepared and the place known.
    fn warm_up(&self) {
        get(&self.session).unwrap();
        get(&self.session).unwrap();
    }

    /// Gets twice, and then does `more`, so soon after that no project key is asked for again.
    fn when_warm<T>(&self, more: impl Fn() -> T) -> T {
        for _ in 0..100 {
            let before = Instant::now();
            self.warm_up();
            self.log.clear();
            let found = more();
            if before.elapsed() < FRESH {
                return found;
            }
        }
        panic!("this machine is too slow to be measured");
    }

    /// Begins a get with some of it held, does `meanwhile`, and returns what the get came to.
    fn get_while(
        &self,
        held: &[wire::Seen],
        until: &[wire::Seen],
        meanwhile: impl FnOnce(),
    ) -> Result<Vec<u8>, ErrorKind> {
        self.warm_up();
        self.log.clear();
        self.log.hold(held);
        thread::scope(|scope| {
            let got = scope.spawn(|| get(&self.session));
            until.iter().for_each(|seen| self.log.wait_for(*seen));
            meanwhile();
            self.log.release();
            got.join().unwrap()
        })
    }
}

#[test]
fn a_warm_get_is_one_round_trip_to_each_place() {
    let fixture = fixture();
    let trips = fixture.when_warm(|| {
        assert_eq!(get(&fixture.session).unwrap(), b"one");
        [Metadata, Shelf].map(|place| fixture.log.trips_to(place))
    });
    assert_eq!(trips, [1, 1]);
    let trips = fixture.when_warm(|| {
        put(&fixture.session, "web1/other", b"two").unwrap();
        [Metadata, Shelf].map(|place| fixture.log.trips_to(place))
    });
    assert!(trips[0] > 1, "a put in one round trip is none that is counted");
}

/// To the metadata: what it relies on, what it reads in its transaction, what it writes there, and the commit.
#[test]
fn a_warm_put_is_four_round_trips_to_the_metadata_and_one_to_the_shelf() {
    let fixture = fixture();
    let trips = |at: &str| {
        fixture.log.clear();
        put(&fixture.session, at, b"two").unwrap();
        [Metadata, Shelf].map(|place| fixture.log.trips_to(place))
    };
    // The first ones prepare statements, and some look whether the store is still the same.
    let least = |of: &dyn Fn(usize) -> [usize; 2]| (0..100).map(of).min().unwrap();
    // A server that is fast answers the first statement before the last of those that are sent together has
    // come. One after the other they would be ten.
    let is_few = |[metadata, shelf]: [usize; 2]| (4..9).contains(&metadata) && shelf == 1;
    let (next, new) = (least(&|_| trips(AT)), least(&|n| trips(&format!("web1/new-{n}"))));
    assert!(is_few(next) && is_few(new), "{next:?} {new:?}");
}

/// However long the way is. What is sent together to the metadata is no number that can be counted here: a
/// server that is fast answers the first statement before the last has come.
#[test]
fn all_versions_of_a_secret_are_destroyed_in_as_many_round_trips_to_the_shelf_as_one() {
    let fixture = fixture();
    let trips = |at: &str, versions: usize| {
        for _ in 0..versions {
            put(&fixture.other, at, b"one").unwrap();
        }
        fixture.log.clear();
        fixture.session.erase(&path(at)).unwrap();
        [Metadata, Shelf].map(|place| fixture.log.trips_to(place))
    };
    trips("web1/first", 1);
    let (one, many) = (trips("web1/one", 1), trips("web1/many", 40));
    assert_eq!(one[1], many[1]);
    // The control: statements of which each waits for the one before are counted.
    fixture.log.clear();
    (0..40).for_each(|_| put(&fixture.session, "web1/one-by-one", b"one").map(|_| ()).unwrap());
    assert!(fixture.log.trips_to(Shelf) >= 40);
}

/// No answer comes through before both were asked: whoever asks one after the other waits for ever.
#[test]
fn a_warm_get_is_one_round_trip_in_all() {
    let fixture = fixture();
    let trips = fixture.when_warm(|| {
        fixture.log.hold(&[Answered(Metadata), Answered(Shelf)]);
        thread::scope(|scope| {
            let got = scope.spawn(|| get(&fixture.session));
            fixture.log.wait_for(Asked(Metadata));
            fixture.log.wait_for(Asked(Shelf));
            fixture.log.release();
            assert_eq!(got.join().unwrap().unwrap(), b"one");
        });
        fixture.log.trips_in_all()
    });
    assert_eq!(trips, 1);
}

/// The control: a get of what was never got before asks one after the other, and that is counted.
#[test]
fn a_cold_get_is_two_round_trips_in_all() {
    let fixture = fixture();
    let mut number = 0;
    for number in 0..100 {
        put(&fixture.other, &format!("web1/cold-{number}"), b"cold").unwrap();
    }
    let cold = std::cell::RefCell::new(&mut number);
    let trips = fixture.when_warm(|| {
        let at = path(&format!("web1/cold-{}", cold.borrow()));
        **cold.borrow_mut() += 1;
        assert!(fixture.session.get(&at).unwrap().equals(b"cold"));
        fixture.log.trips_in_all()
    });
    assert_eq!(trips, 2);
}

/// What another process did to the secret, and what a get comes to afterwards.
type Change = (&'static str, fn(&Session), Result<&'static [u8], ErrorKind>);

const CHANGES: [Change; 7] = [
    ("a new version", put_another, Ok(b"two")),
    ("deactivated", |other| step(other, State::Deactivated), Err(ErrorKind::NotActive)),
    ("compromised", |other| step(other, State::Compromised), Err(ErrorKind::NotActive)),
    ("destroyed", destroy, Err(ErrorKind::Destroyed)),
    ("erased", erase, Err(ErrorKind::NotFound)),
    ("erased and put again", put_again, Ok(b"again")),
    ("the project erased", |other| other.erase_project("web1").unwrap(), Err(ErrorKind::NotFound)),
];

fn put_another(other: &Session) {
    put(other, AT, b"two").unwrap();
}

fn step(other: &Session, state: State) {
    other.set_state(&path(AT), 1, state).unwrap();
}

fn destroy(other: &Session) {
    step(other, State::Deactivated);
    other.destroy(&path(AT), 1).unwrap();
}

fn erase(other: &Session) {
    other.erase(&path(AT)).unwrap();
}

fn put_again(other: &Session) {
    erase(other);
    put(other, AT, b"again").unwrap();
}

/// Does each change to the secret as it was at first.
fn for_each_change(test: impl Fn(&Fixture, &dyn Fn(), &dyn Fn(Result<Vec<u8>, ErrorKind>))) {
    let fixture = fixture();
    for (what, change, expected) in CHANGES {
        let expected = expected.map(<[u8]>::to_vec);
        let check = |got| assert_eq!(got, expected, "{what}");
        test(&fixture, &|| change(&fixture.other), &check);
        check(get(&fixture.session));
        check(get(&fixture.other));
        // Some changes left nothing of it.
        let _ = fixture.other.erase(&path(AT));
        put(&fixture.other, AT, b"one").unwrap();
    }
}

#[test]
fn what_others_changed_is_seen_at_once() {
    for_each_change(|fixture, change, check| {
        assert_eq!(get(&fixture.session).unwrap(), b"one");
        change();
        check(get(&fixture.session));
    });
}

#[test]
fn a_payload_that_came_before_the_metadata_was_read_is_not_served() {
    for_each_change(|fixture, change, check| {
        let (held, until) = ([Asked(Metadata)], [Asked(Metadata), Answered(Shelf)]);
        check(fixture.get_while(&held, &until, change));
    });
}

/// The control: it is served, without another question, when nothing has changed.
#[test]
fn a_payload_that_came_before_the_metadata_was_read_is_served_when_that_confirms_it() {
    let fixture = fixture();
    let (held, until) = ([Asked(Metadata)], [Asked(Metadata), Answered(Shelf)]);
    for _ in 0..100 {
        let before = Instant::now();
        assert_eq!(fixture.get_while(&held, &until, || {}).unwrap(), b"one");
        // What was asked for long ago is asked for again.
        if before.elapsed() < FRESH {
            return assert_eq!(fixture.log.trips_to(Shelf), 1);
        }
    }
    panic!("this machine is too slow to be measured");
}

/// The metadata was read before the change, and the shelf after it: what is gone there is not served, and
/// the metadata is asked why.
#[test]
fn a_payload_that_is_gone_when_the_shelf_is_read_is_looked_up_again() {
    let fixture = fixture();
    for (change, expected) in [
        (destroy as fn(&Session), Err(ErrorKind::Destroyed)),
        (erase, Err(ErrorKind::NotFound)),
        (put_again, Ok(b"again".to_vec())),
    ] {
        let held = [Answered(Metadata), Asked(Shelf)];
        let until = [Asked(Metadata), Asked(Shelf)];
        let meanwhile = || {
            // The metadata's answer is on its way when the server has given it.
            fixture.log.wait_until_held(Answered(Metadata));
            change(&fixture.other);
        };
        assert_eq!(fixture.get_while(&held, &until, meanwhile), expected);
        let _ = fixture.other.erase(&path(AT));
        put(&fixture.other, AT, b"one").unwrap();
    }
}

#[test]
fn a_version_that_has_expired_is_not_served() {
    let fixture = fixture();
    erase(&fixture.other);
    let expires_at = Some(Timestamp::from_micros(Timestamp::now().micros() + 5_000_000));
    let options = PutOptions { expires_at, ..PutOptions::default() };
    fixture.other.put(&path(AT), &secret(b"for a while"), &options).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let begun = Timestamp::now();
        match get(&fixture.session) {
            Ok(payload) => {
                assert_eq!(payload, b"for a while");
                assert!(Some(begun) < expires_at, "the server's clock is this machine's");
            }
            Err(kind) => break assert_eq!(kind, ErrorKind::Expired),
        }
        assert!(Instant::now() < end, "it never expires");
    }
}

/// While the metadata was asked, or a key manager for the project's key, the payload may have been erased.
#[test]
fn an_answer_to_an_old_question_is_not_taken() {
    let fixture = fixture();
    let held = [Asked(Metadata)];
    // The question is asked before this begins.
    let until_old = || thread::sleep(Duration::from_millis(1001));
    let got = fixture.get_while(&held, &[Asked(Metadata), Answered(Shelf)], until_old);
    assert_eq!(got.unwrap(), b"one");
    assert_eq!(fixture.log.trips_to(Shelf), 2);
}

/// A get of one version neither asks for the current one nor changes what the next get asks for.
#[test]
fn a_version_by_its_number_is_not_guessed() {
    let fixture = fixture();
    put(&fixture.other, AT, b"two").unwrap();
    assert_eq!(get(&fixture.session).unwrap(), b"two");
    let first = GetOptions { version: Some(1), ..GetOptions::default() };
    for _ in 0..3 {
        fixture.log.clear();
        let fetched = fixture.session.get_with(&path(AT), &first).unwrap();
        assert!(fetched.payload.equals(b"one"));
        assert_eq!(fixture.log.trips_to(Shelf), 1);
        fixture.log.clear();
        assert_eq!(get(&fixture.session).unwrap(), b"two");
        assert_eq!(fixture.log.trips_to(Shelf), 1);
    }
}

/// A shelf that does not answer is asked again, and what it says then counts.
#[test]
fn a_get_outlives_the_connection_on_which_it_asked() {
    let fixture = fixture();
    let end = || {
        let others =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shelf'";
        fixture._cluster.sql(others);
    };
    let got = fixture.get_while(&[Asked(Shelf)], &[Asked(Shelf)], end);
    assert_eq!(got.unwrap(), b"one");
}
