//! Sixteen processes, two of them with sixteen threads, work on one store at once, and replace its root
//! key all the time: no update is lost, nobody starves, and nobody hears that the database is busy. On
//! PostgreSQL too.
//!
//! `STRONGROOM_SECONDS` sets how long they work.

// A test says what it has done.
#![allow(clippy::print_stdout)]

mod check;
#[path = "../common/mod.rs"]
mod common;
mod disk;
#[cfg(feature = "postgres")]
mod postgres;
mod report;
#[cfg(feature = "postgres")]
mod watcher;
mod worker;

use std::path::Path;
use std::time::Duration;

use strongroom::{Expect, PutOptions, Store};
use strongroom_test_support::Victim;

use common::{create, path, put, secret};
use report::Report;
use worker::{COUNTERS, SHARED, counter, shared};

const PROCESSES: usize = 16;

/// So many of the processes have so many threads; the others have one.
const CROWDED: usize = 2;
const THREADS: usize = 16;

/// No operation may take longer than the time that one has, but for what the disk makes everybody wait: a
/// machine that writes something else meanwhile stops whoever syncs.
const LONGEST: Duration = Duration::from_secs(10);

/// So many syncs, one after the other, may an operation wait for: its own two, and those that it finds
/// under way.
const SYNCS: u32 = 4;

/// What the other processes run; as a test of its own it does nothing.
#[test]
fn worker_process() {
    worker::work();
}

/// Another one, of the tests on PostgreSQL.
#[cfg(feature = "postgres")]
#[test]
fn watcher_process() {
    watcher::work();
}

fn seconds() -> u64 {
    let text = std::env::var("STRONGROOM_SECONDS").ok();
    text.map_or(8, |text| text.parse().expect("STRONGROOM_SECONDS is a number"))
}

fn new_store(folder: &Path) -> Store {
    let store = create(folder);
    fill(&store);
    store
}

fn fill(store: &Store) {
    for n in 0..COUNTERS {
        put(&store.session(), &counter(n), b"0").unwrap();
    }
    for n in 0..SHARED {
        put(&store.session(), &shared(n), b"first").unwrap();
    }
}

#[test]
fn no_update_is_lost_and_nobody_starves() {
    let folder = tempfile::tempdir().unwrap();
    drop(new_store(folder.path()));
    let threads: Vec<_> =
        (0..PROCESSES).map(|process| if process < CROWDED { THREADS } else { 1 }).collect();
    let reports = run(folder.path(), &threads, &mut || {});
    check_everything(folder.path(), &reports);
}

/// Has processes work, each with so many threads, and calls `meanwhile` again and again until the first is done.
fn run(folder: &Path, threads: &[usize], meanwhile: &mut dyn FnMut()) -> Vec<Report> {
    let start =
        |(process, threads): (usize, &usize)| worker::start(folder, process, *threads, seconds());
    let mut workers: Vec<Victim> = threads.iter().enumerate().map(start).collect();
    // All of them begin when all of them are there.
    for worker in &workers {
        assert_eq!(worker.answer().as_deref(), Some("ready"));
    }
    let disk = disk::DiskWatch::start(folder);
    workers.iter_mut().for_each(|worker| worker.order("go"));
    let mut reports = Vec::new();
    for (process, worker) in workers.iter().enumerate() {
        while worker.answer().expect("a worker ended by itself") != "done" {
            // What the others have said by now was said long ago.
            if process == 0 {
                meanwhile();
            }
        }
        reports.push(Report::read(&worker::report_file(folder, process)));
    }
    drop(workers);
    let sync = disk.longest();

    println!("the longest sync of the disk by itself: {sync:?}");
    for (process, report) in reports.iter().enumerate() {
        println!("process {process}: {report}");
    }
    let failures: Vec<_> = reports.iter().flat_map(|report| &report.failures).collect();
    assert!(failures.is_empty(), "{} failures, of them {:#?}", failures.len(), failures[0]);
    let longest = reports.iter().map(|report| report.longest).max().unwrap();
    assert!(
        longest < LONGEST + sync * SYNCS,
        "an operation took {longest:?}, a bare sync {sync:?}"
    );
    expect_fair(&reports);
    reports
}

fn check_everything(folder: &Path, reports: &[Report]) {
    let store = common::open(folder).unwrap();
    check::counters(&store, reports).unwrap();
    check::shared(&store, reports).unwrap();
    check::rotations(&store, reports).unwrap();
    check::clean(&store).unwrap();
    assert!(reports.iter().any(|report| !report.rotated.is_empty()), "no root key was replaced");
}

/// Every process comes to put: at least a tenth of what the processes put on average.
fn expect_fair(reports: &[Report]) {
    let puts: Vec<usize> = reports.iter().map(Report::puts).collect();
    let mean = puts.iter().sum::<usize>() / puts.len();
    let least = *puts.iter().min().unwrap();
    println!("puts for each process: {puts:?}, on average {mean}");
    assert!(mean > 0 && least * 10 >= mean, "a process starves: {puts:?}");
}

#[test]
fn a_lost_update_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    lose_an_update(&new_store(folder.path()));
}

/// Two writers without compare-and-swap, one after the other: one of the updates is lost.
fn lose_an_update(store: &Store) {
    let session = store.session();
    let mut report = Report::default();
    let seen = session.get_with(&path(&counter(0)), &Default::default()).unwrap();
    for _ in 0..2 {
        // Both have read 0.
        put(&session, &counter(0), b"1").unwrap();
        report.increments[0] += 1;
    }
    let error = check::counters(store, &[report]).unwrap_err();
    assert!(error.contains("is 1 after 2"), "{error}");
    // With it, the second of them is refused.
    let expect = Expect::Version(seen.version);
    let options = PutOptions { expect, ..Default::default() };
    session.put(&path(&counter(0)), &secret(b"1"), &options).unwrap_err();
}

#[test]
fn a_version_that_two_have_or_that_is_gone_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    misreport_versions(&new_store(folder.path()));
}

fn misreport_versions(store: &Store) {
    let put_one = |payload: &str| {
        let version = put(&store.session(), &shared(0), payload.as_bytes()).unwrap();
        (0, version, payload.to_owned())
    };
    let report = |acknowledged| Report { acknowledged, ..Default::default() };
    let (one, two) = (put_one("one"), put_one("two"));
    check::shared(store, &[report(vec![one.clone()]), report(vec![two.clone()])]).unwrap();
    let missing = (0, two.1 + 1, "three".to_owned());
    let other = (0, two.1, "other".to_owned());
    for wrong in [missing, other] {
        let reports = [report(vec![one.clone()]), report(vec![two.clone(), wrong])];
        check::shared(store, &reports).unwrap_err();
    }
}

#[test]
fn a_rotation_that_is_lost_or_not_finished_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = new_store(folder.path());
    let rotated = store.rotate_keys(&Default::default(), &mut |_| {}).unwrap();
    let report = |ids: &[&str]| {
        let rotated = ids.iter().map(|id| id.to_string()).collect();
        [Report { rotated, ..Default::default() }]
    };
    check::rotations(&store, &report(&[&rotated.id])).unwrap();
    check::rotations(&store, &report(&[&rotated.id, &rotated.id])).unwrap_err();
    check::rotations(&store, &report(&["root-77"])).unwrap_err();
    // A project key that a rotation left behind, as one that was killed does.
    let metadata = rusqlite::Connection::open(folder.path().join("metadata.db")).unwrap();
    let changed = "UPDATE keys SET root_key_id = 'root-1'
                   WHERE project_id = (SELECT max(project_id) FROM keys)";
    assert_eq!(metadata.execute(changed, []).unwrap(), 1);
    check::rotations(&store, &report(&[&rotated.id])).unwrap_err();
}
