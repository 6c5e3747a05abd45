//! A store whose server has a standby: what is acknowledged outlives the primary, and a standby by itself can
//! only be read.
#![cfg(feature = "postgres")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{open, open_on, path, put, within};
use strongroom::{DoctorOptions, ErrorKind, Layout, RotateOptions, Session, Store};
use strongroom_test_support::postgres::Cluster;

/// How soon a store goes on once a server is there: two operation timeouts.
const RECOVERY: Duration = Duration::from_secs(20);
/// An operation, and finding out the outcome of its commit.
const LONGEST: Duration = Duration::from_secs(10 + 8);
/// Not reached unless something hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection string that names both servers, and wants the one that can be written.
fn both(first: &Cluster, second: &Cluster, database: &str) -> PathBuf {
    let (one, two) = (first.socket_folder().display(), second.socket_folder().display());
    PathBuf::from(format!(
        "host={one},{two} port={},{} user={database} password={database}-password dbname={database} \
         target_session_attrs=read-write",
        first.port(),
        second.port()
    ))
}

/// A store that is told of both. Each place names another of them first.
fn store_on(primary: &Cluster, standby: &Cluster, folder: &Path) -> Store {
    let layout = Layout {
        metadata: both(standby, primary, "metadata"),
        shelf: both(primary, standby, "shelf"),
        ..Layout::in_folder(folder)
    };
    Store::create(&layout).unwrap()
}

fn primary() -> Cluster {
    let primary = Cluster::start();
    for database in ["metadata", "shelf"] {
        primary.new_database(database);
    }
    primary
}

/// What became of the puts, each into a secret of its own, with its path as the payload.
#[derive(Default)]
struct Outcomes {
    acknowledged: Vec<String>,
    /// `Unavailable`: without any effect.
    refused: Vec<String>,
    /// `Timeout`: nobody knows.
    unknown: Vec<String>,
    /// When each get that went well began.
    gets: Vec<Instant>,
    /// When each put that went well began.
    puts: Vec<Instant>,
    slowest: Duration,
}

impl Outcomes {
    fn of_a_put(&mut self, at: String, begun: Instant, result: strongroom::Result<u32>) {
        self.slowest = begun.elapsed().max(self.slowest);
        match result {
            Ok(_) => {
                self.acknowledged.push(at);
                self.puts.push(begun);
            }
            Err(error) if error.kind() == ErrorKind::Unavailable => self.refused.push(at),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Timeout, "{at}: {error}");
                self.unknown.push(at);
            }
        }
    }

    fn of_a_get(&mut self, at: &str, begun: Instant, result: strongroom::Result<bool>) {
        self.slowest = begun.elapsed().max(self.slowest);
        match result {
            Ok(is_right) => {
                assert!(is_right, "{at} has another payload");
                self.gets.push(begun);
            }
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout),
                "{at}: {error}"
            ),
        }
    }
}

fn opens(session: &Session, at: &str) -> strongroom::Result<bool> {
    session.get(&path(at)).map(|payload| payload.equals(at.as_bytes()))
}

/// Where the store is not what the outcomes say that it is.
fn differences(session: &Session, outcomes: &Outcomes) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |at: &String, may_be_there: bool, may_be_absent: bool| {
        let is_right = match opens(session, at) {
            Ok(is_right) => is_right && may_be_there,
            Err(error) => error.kind() == ErrorKind::NotFound && may_be_absent,
        };
        if !is_right {
            found.push(at.clone());
        }
    };
    outcomes.acknowledged.iter().for_each(|at| compare(at, true, false));
    outcomes.refused.iter().for_each(|at| compare(at, false, true));
    outcomes.unknown.iter().for_each(|at| compare(at, true, true));
    found
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_store_goes_on_with_all_that_was_acknowledged_when_its_standby_takes_over() {
    within(PATIENCE, "a store whose primary is gone", || {
        let mut primary = primary();
        let standby = primary.synchronous_standby();
        let folder = tempfile::tempdir().unwrap();
        let store = &store_on(&primary, &standby, folder.path());
        let (stop, outcomes) = (&AtomicBool::new(false), &Mutex::new(Outcomes::default()));
        let wait_for = |what: &str, is_so: &dyn Fn(&Outcomes) -> bool| {
            let end = Instant::now() + PATIENCE;
            while !is_so(&outcomes.lock().unwrap()) {
                assert!(Instant::now() < end, "{what}");
                thread::sleep(Duration::from_millis(1));
            }
        };
        let promoted = thread::scope(|scope| {
            // Also when an assertion fails: the scope waits for its threads.
            let _stop = StopAtEnd(stop);
            for thread in 0..4 {
                scope.spawn(move || {
                    let session = store.session();
                    for round in 0.. {
                        if stop.load(Ordering::SeqCst) {
                            break;
                        }
                        let (at, begun) = (format!("load/{thread}-{round}"), Instant::now());
                        let result = put(&session, &at, at.as_bytes());
                        outcomes.lock().unwrap().of_a_put(at, begun, result);
                    }
                });
            }
            for turn in 0..2 {
                scope.spawn(move || {
                    let session = store.session();
                    for round in 0.. {
                        if stop.load(Ordering::SeqCst) {
                            break;
                        }
                        // One reads what it knows, the other what is new.
                        let known = outcomes.lock().unwrap().acknowledged.clone();
                        let at = if turn == 0 { known.first() } else { known.get(round) };
                        let Some(at) = at.or(known.last()) else { continue };
                        let begun = Instant::now();
                        let result = opens(&session, at);
                        outcomes.lock().unwrap().of_a_get(at, begun, result);
                    }
                });
            }
            wait_for("nothing goes on", &|all| all.puts.len() > 50 && all.gets.len() > 50);
            primary.crash();
            let crashed = Instant::now();
            standby.promote();
            let promoted = Instant::now();
            let after = |all: &[Instant]| all.iter().filter(|begun| **begun > crashed).count();
            wait_for("no put goes well again", &|all| after(&all.puts) > 0);
            wait_for("no get goes well again", &|all| after(&all.gets) > 0);
            let took = promoted.elapsed();
            assert!(took < RECOVERY, "{took:?} until a put and a get went well");
            wait_for("it does not go on", &|all| after(&all.puts) > 50 && after(&all.gets) > 50);
            promoted
        });
        let outcomes = outcomes.lock().unwrap();
        assert_eq!(differences(&store.session(), &outcomes), Vec::<String>::new());
        // Twice the bound, for a slow machine.
        assert!(outcomes.slowest < 2 * LONGEST, "{:?}", outcomes.slowest);
        assert!(promoted.elapsed() < PATIENCE);
        expect_sound(store);
        expect_sound(&open(folder.path()).unwrap());
    });
}

fn expect_sound(store: &Store) {
    let options = DoctorOptions { repair: true, ..Default::default() };
    let report = store.doctor(&options, &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty() && report.pending_erasures == 0, "{report:?}");
    assert!(report.refused.is_none() && !report.copy, "{report:?}");
}

/// The control: a standby for which nobody waits lacks what was acknowledged last, and the same check says so.
#[test]
fn an_acknowledged_put_that_is_lost_would_be_noticed() {
    let mut primary = primary();
    let mut standby = primary.standby();
    let folder = tempfile::tempdir().unwrap();
    let store = store_on(&primary, &standby, folder.path());
    let session = store.session();
    let mut outcomes = Outcomes::default();
    let mut record = |at: &str| {
        let (begun, result) = (Instant::now(), put(&session, at, at.as_bytes()));
        outcomes.of_a_put(at.to_owned(), begun, result);
    };
    record("load/first");
    let written = primary.sql("SELECT pg_current_wal_flush_lsn()");
    let has_it = format!("SELECT pg_last_wal_receive_lsn() >= '{written}'");
    let end = Instant::now() + PATIENCE;
    while standby.sql(&has_it) != "t" {
        assert!(Instant::now() < end, "the standby does not follow: {}", standby.log());
    }
    standby.stop("fast");
    record("load/last");
    primary.crash();
    standby.resume();
    standby.promote();
    assert_eq!(outcomes.acknowledged, ["load/first", "load/last"]);
    assert_eq!(differences(&session, &outcomes), ["load/last"]);
    // It notices what is there against what was said, too.
    let refused = Outcomes { refused: vec!["load/first".to_owned()], ..Default::default() };
    assert_eq!(differences(&session, &refused), ["load/first"]);
}

#[test]
fn a_standby_by_itself_is_read_and_refuses_every_change() {
    let primary = Cluster::start();
    let [metadata, shelf] = ["metadata", "shelf"].map(|name| primary.new_database(name));
    let folder = tempfile::tempdir().unwrap();
    let places = Layout::in_folder(folder.path());
    let layout = Layout { metadata: metadata.into(), shelf: shelf.into(), ..places };
    let store = Store::create(&layout).unwrap();
    put(&store.session(), "web1/db", b"one").unwrap();
    let standby = primary.synchronous_standby();
    let alone = open_on(&standby, &primary, folder.path());
    assert!(alone.is_read_only() && !store.is_read_only());
    let session = alone.session();
    assert!(session.get(&path("web1/db")).unwrap().equals(b"one"));
    assert_eq!(session.list("web1", &Default::default()).unwrap().items.len(), 1);

    let refuses = |what: &str, result: strongroom::Result<()>| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what}: {error}");
        let said = error.to_string();
        assert!(["primary", "written"].iter().any(|word| said.contains(word)), "{what}: {said}");
    };
    refuses("put", put(&session, "web1/db", b"two").map(drop));
    refuses("put of a new project", put(&session, "web2/db", b"two").map(drop));
    refuses("destroy", session.destroy(&path("web1/db"), 1));
    refuses("erase", session.erase(&path("web1/db")));
    refuses("rotate", alone.rotate_keys(&RotateOptions::default(), &mut |_| {}).map(drop));
    // All of it is as it was, for whoever may write too, and what that one puts is read here.
    assert!(session.get(&path("web1/db")).unwrap().equals(b"one"));
    assert_eq!(put(&store.session(), "web1/db", b"two").unwrap(), 2);
    let end = Instant::now() + PATIENCE;
    while !session.get(&path("web1/db")).unwrap().equals(b"two") {
        assert!(Instant::now() < end, "the standby does not follow: {}", standby.log());
    }
}
