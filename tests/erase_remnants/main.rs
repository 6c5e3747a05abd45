//! After an erase no byte of the ciphertext is left in any file of the store.

// A test says what it has done.
#![allow(clippy::print_stdout)]

#[path = "../common/mod.rs"]
mod common;
mod remnants;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use strongroom::{DoctorOptions, ErrorKind, Session, State, Store};
use strongroom_test_support::Random;

use common::{create, path};
use remnants::{Traces, traces_of};

/// How a payload goes, or that it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    SecretErased,
    VersionDestroyed,
    ProjectErased,
    Kept,
}

struct Payload {
    at: String,
    version: u32,
    fate: Fate,
    bytes: Vec<u8>,
    traces: Traces,
}

/// Payloads of mixed sizes, neighbours on the shelf with different fates.
fn fill(folder: &Path, session: &Session, count: usize) -> Vec<Payload> {
    let mut random = Random::new(7);
    let mut payloads = Vec::new();
    for n in 0..count {
        let len = match n % 40 {
            0 => 1,
            1 if n % 80 == 1 => 1 << 20,
            1..4 => random.below(100_000) + 1,
            4..16 => random.below(9_000) + 1,
            _ => random.below(300) + 1,
        };
        // Half of them stay, in no regular order.
        let (fate, at) = match random.below(6) {
            0 => (Fate::SecretErased, format!("erase/{n}")),
            1 => (Fate::VersionDestroyed, format!("destroy/{}", n % 5)),
            2 => (Fate::ProjectErased, format!("doomed{}/{n}", n % 3)),
            _ => (Fate::Kept, format!("{}/{}", ["erase", "destroy"][n % 2], n % 50 + 100_000)),
        };
        let bytes = random.bytes(len);
        let version = common::put(session, &at, &bytes).unwrap();
        payloads.push(Payload { at, version, fate, bytes, traces: Traces::default() });
    }
    // The shelf has them in the order in which they were put.
    let traces = traces_of(&folder.join("payloads.db"));
    assert_eq!(traces.len(), payloads.len());
    for (payload, traces) in payloads.iter_mut().zip(traces) {
        assert_eq!(traces.envelope_length, payload.bytes.len() + 92);
        payload.traces = traces;
    }
    payloads
}

fn remove(session: &Session, payload: &Payload) -> strongroom::Result<()> {
    let at = path(&payload.at);
    match payload.fate {
        Fate::SecretErased => session.erase(&at),
        Fate::VersionDestroyed => {
            session.set_state(&at, payload.version, State::Deactivated)?;
            session.destroy(&at, payload.version)
        }
        Fate::ProjectErased => match session.erase_project(at.project()) {
            // It went with another payload of the same project.
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        },
        Fate::Kept => Ok(()),
    }
}

/// Every trace that can be found is, and then those of what went are not, and the others still are.
fn expect_before(folder: &Path, payloads: &mut [Payload]) {
    let searched = remnants::search(folder, traces(payloads));
    for (payload, found) in payloads.iter_mut().zip(searched) {
        assert!(found[0], "the salt of {} is not in the files", payload.at);
        // A trace that crosses from one page to another cannot be seen; most do not.
        let seen = found.iter().filter(|found| **found).count();
        assert!(seen * 10 >= found.len() * 8, "{}: {seen} of {}", payload.at, found.len());
        payload.traces.keep(&found);
    }
}

fn traces(payloads: &[Payload]) -> Vec<Traces> {
    payloads.iter().map(|payload| payload.traces.clone()).collect()
}

fn expect_after(folder: &Path, payloads: &[Payload]) {
    let searched = remnants::search(folder, traces(payloads));
    for (payload, found) in payloads.iter().zip(searched) {
        let Payload { at, version, fate, bytes, .. } = payload;
        let seen = found.iter().filter(|found| **found).count();
        match fate {
            Fate::Kept => assert_eq!(seen, found.len(), "{at} was to be kept"),
            _ => assert_eq!(seen, 0, "{at} version {version} ({} bytes, {fate:?})", bytes.len()),
        }
    }
}

fn expect_kept_are_read(session: &Session, payloads: &[Payload]) {
    for payload in payloads.iter().filter(|payload| payload.fate == Fate::Kept) {
        let options =
            strongroom::GetOptions { version: Some(payload.version), ..Default::default() };
        let got = session.get_with(&path(&payload.at), &options).unwrap().payload;
        assert!(got.equals(&payload.bytes), "{}", payload.at);
    }
}

/// Finishes what is pending, for as long as it takes within reason.
fn finish_pending(store: &Store) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let report = store
            .doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {})
            .unwrap();
        if report.pending_erasures == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "erasures stay pending: {report:?}");
    }
}

#[test]
fn an_erase_leaves_no_remnant() {
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path());
    let session = store.session();
    let mut payloads = fill(folder.path(), &session, 200);
    expect_before(folder.path(), &mut payloads);
    for payload in &payloads {
        remove(&session, payload).unwrap();
    }
    expect_after(folder.path(), &payloads);
    expect_kept_are_read(&session, &payloads);
    drop((session, store));
    expect_after(folder.path(), &payloads);
    let gone = payloads.iter().filter(|payload| payload.fate != Fate::Kept).count();
    let traces: usize = payloads.iter().map(|payload| payload.traces.len()).sum();
    println!("{gone} of {} payloads went; {traces} traces were searched", payloads.len());
}

#[test]
fn an_erase_among_readers_leaves_no_remnant_once_it_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path());
    let session = store.session();
    let mut payloads = fill(folder.path(), &session, 120);
    expect_before(folder.path(), &mut payloads);
    let (stop, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut pending = 0;
    std::thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        for offset in 0..3 {
            let (session, payloads, stop, reads) = (&session, &payloads, &stop, &reads);
            scope.spawn(move || {
                let kept: Vec<_> = payloads.iter().filter(|p| p.fate == Fate::Kept).collect();
                for n in (offset..).take_while(|_| !stop.load(Ordering::Relaxed)) {
                    let payload = kept[n % kept.len()];
                    let options = strongroom::GetOptions {
                        version: Some(payload.version),
                        ..Default::default()
                    };
                    let got = session.get_with(&path(&payload.at), &options).unwrap();
                    assert!(got.payload.equals(&payload.bytes));
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for payload in &payloads {
            match remove(&session, payload) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::Pending => pending += 1,
                Err(e) => panic!("{}: {e}", payload.at),
            }
        }
        finish_pending(&store);
        expect_after(folder.path(), &payloads);
    });
    println!("{} reads beside the erases; {pending} were pending", reads.into_inner());
}

#[test]
fn an_erase_that_is_pending_still_has_its_remnants() {
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path());
    let session = store.session();
    let mut payloads = fill(folder.path(), &session, 20);
    expect_before(folder.path(), &mut payloads);
    let payload = payloads.iter().find(|p| p.fate == Fate::SecretErased).unwrap();
    let traces = vec![payload.traces.clone()];
    let reader = rusqlite::Connection::open(folder.path().join("payloads.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM payloads;").unwrap();
    assert_eq!(remove(&session, payload).unwrap_err().kind(), ErrorKind::Pending);
    // So this search does see what an erase that is not done leaves behind.
    assert!(remnants::search(folder.path(), traces.clone())[0][0]);
    reader.execute_batch("COMMIT").unwrap();
    finish_pending(&store);
    assert!(remnants::search(folder.path(), traces)[0].iter().all(|found| !found));
}

/// Ends the readers when the eraser is done, and when it panics.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
