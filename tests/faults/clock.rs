//! A clock that was set back: dates do not count until it is right again, and nothing else suffers.

use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{
    Change, Dates, DoctorOptions, ErrorKind, Health, PutOptions, Result, Severity, State, Store,
    Timestamp,
};

use crate::common::{create, open, path, put, secret};
use crate::helper::{self, folder, this_program};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Compiles what sets the clock of a process.
fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/clock.c");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(&library).arg(source);
    assert!(command.arg("-ldl").status().expect("a C compiler").success());
    library
}

/// A store and a way to use it with another clock.
struct Shifted {
    folder: tempfile::TempDir,
    shim: PathBuf,
    _work: tempfile::TempDir,
}

impl Shifted {
    fn new() -> Shifted {
        let work = tempfile::tempdir().unwrap();
        Shifted { folder: tempfile::tempdir().unwrap(), shim: shim(work.path()), _work: work }
    }

    /// Has a task done by a process whose clock is `seconds` behind.
    fn behind(&self, seconds: i64, task: &str, expected: &str) {
        let mut program = Command::new(this_program());
        program.env("LD_PRELOAD", &self.shim).env("CLOCK_SHIFT", (-seconds).to_string());
        program.env("REAL_TIME", Timestamp::now().micros().to_string());
        program.env("EXPECTED", expected);
        helper::run(program, task, self.folder.path());
    }
}

/// In the helper: how many seconds its clock is behind.
fn seconds_behind() -> i64 {
    let real: i64 = std::env::var("REAL_TIME").unwrap().parse().unwrap();
    let shift: i64 = std::env::var("CLOCK_SHIFT").unwrap().parse().unwrap();
    let seen = (real - Timestamp::now().micros()) / 1_000_000;
    // The shim works: the helper lives in another time.
    assert!((seen + shift).abs() < 60, "behind by {seen} s instead of {} s", -shift);
    -shift
}

fn from_now(seconds: i64) -> Timestamp {
    Timestamp::from_micros(Timestamp::now().micros() + seconds * 1_000_000)
}

/// In the helper, three hours ago: a version that expires and one that becomes active in one hour.
pub(crate) fn put_at() {
    assert_eq!(seconds_behind(), 3 * HOUR);
    let session = create(&folder()).session();
    let at =
        |activates_at, expires_at| PutOptions { activates_at, expires_at, ..Default::default() };
    let date = Some(from_now(HOUR));
    session.put(&path("d/expires"), &secret(b"e"), &at(None, date)).unwrap();
    session.put(&path("d/activates"), &secret(b"a"), &at(date, None)).unwrap();
    expect_dates(&session, false);
}

/// In the helper: what its clock makes of those dates, and of health.
pub(crate) fn look() {
    seconds_behind();
    let store = open(&folder()).unwrap();
    let expected = std::env::var("EXPECTED").unwrap();
    expect_dates(&store.session(), expected == "in effect");
    let clock = clock_health(&store);
    let severity = if expected == "not trusted" { Severity::Error } else { Severity::Ok };
    assert_eq!(clock.severity, severity, "{clock:?}");
}

fn clock_health(store: &Store) -> Health {
    store.health().into_iter().find(|health| health.part == "clock").expect("the clock's health")
}

/// Whether the two dates have taken effect: both, or neither.
fn expect_dates(session: &strongroom::Session, in_effect: bool) {
    let kind = |result: Result<_>| result.map(|_| ()).map_err(|e| e.kind());
    let expired = kind(session.get(&path("d/expires")));
    let activated = kind(session.get(&path("d/activates")));
    let expected = match in_effect {
        true => (Err(ErrorKind::Expired), Ok(())),
        false => (Ok(()), Err(ErrorKind::NotActive)),
    };
    assert_eq!((expired, activated), expected);
    let state = |at| session.versions(&path(at)).unwrap()[0].state;
    let states = match in_effect {
        true => (State::Deactivated, State::Active),
        false => (State::Active, State::PreActive),
    };
    assert_eq!((state("d/expires"), state("d/activates")), states);
}

#[test]
fn dates_do_not_count_while_the_clock_is_behind_the_store() {
    let shifted = Shifted::new();
    shifted.behind(3 * HOUR, "put on the clock", "");
    // The control: with the right clock the dates, two hours ago, are in effect.
    let store = open(shifted.folder.path()).unwrap();
    expect_dates(&store.session(), true);
    assert_eq!(clock_health(&store).severity, Severity::Ok);
    put(&store.session(), "a/b", b"now").unwrap();
    drop(store);
    // Later than the dates, but far behind the newest write.
    shifted.behind(HOUR, "look at the dates", "not trusted");
    shifted.behind(6 * MINUTE, "look at the dates", "not trusted");
    shifted.behind(2 * MINUTE, "look at the dates", "in effect");
    shifted.behind(0, "look at the dates", "in effect");
}

/// In the helper, an hour behind the store: everything but dates works.
pub(crate) fn work_in_the_past() {
    assert_eq!(seconds_behind(), HOUR);
    let store = open(&folder()).unwrap();
    let session = store.session();
    assert_eq!(clock_health(&store).severity, Severity::Error);
    assert!(session.get(&path("n/x")).unwrap().equals(b"1"));
    for version in 2..=4 {
        let payload = version.to_string();
        assert_eq!(put(&session, "n/x", payload.as_bytes()).unwrap(), version);
        assert!(session.get(&path("n/x")).unwrap().equals(payload.as_bytes()));
    }
    put(&session, "new/secret", b"new").unwrap();
    put(&session, "n/gone", b"gone").unwrap();
    session.erase(&path("n/gone")).unwrap();
    session.set_state(&path("n/x"), 1, State::Deactivated).unwrap();
    session.destroy(&path("n/x"), 1).unwrap();
    let dates = Dates { expires_at: Change::Set(from_now(30 * HOUR)), ..Default::default() };
    session.set_dates(&path("n/x"), 2, &dates).unwrap();
    expect_whole(&store, 5);
}

/// Nothing is damaged and nothing is taken for a stray, by a doctor who may repair.
fn expect_whole(store: &Store, versions: u64) {
    let report =
        store.doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {}).unwrap();
    assert_eq!((report.damaged.len(), report.strays, report.pending_erasures), (0, 0, 0));
    assert_eq!(report.versions, versions, "{report:?}");
}

#[test]
fn everything_else_works_while_the_clock_is_behind_the_store() {
    let shifted = Shifted::new();
    let store = create(shifted.folder.path());
    put(&store.session(), "n/x", b"1").unwrap();
    put(&store.session(), "n/gone", b"not yet").unwrap();
    put(&store.session(), "n/stays", b"stays").unwrap();
    // Beside a process whose clock is right.
    shifted.behind(HOUR, "work with the clock set back", "");
    let session = store.session();
    assert_eq!(put(&session, "n/x", b"5").unwrap(), 5);
    assert!(session.get(&path("n/x")).unwrap().equals(b"5"));
    let numbers: Vec<_> =
        session.versions(&path("n/x")).unwrap().iter().map(|version| version.number).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert!(session.get(&path("new/secret")).unwrap().equals(b"new"));
    assert!(session.get(&path("n/stays")).unwrap().equals(b"stays"));
    assert_eq!(session.get(&path("n/gone")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(clock_health(&store).severity, Severity::Ok);
    expect_whole(&store, 6);
}
