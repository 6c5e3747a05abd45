//! Files with a bit turned over, and files cut short, at many places.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use strongroom::{DoctorOptions, Error, ErrorKind, GetOptions, ListOptions, Store};
use strongroom_test_support::{Random, Victim, fast_folder, hear, tell};

use crate::common::{copy_files, create, open, path, put};
use crate::helper::{folder, variables};

/// How many places of one file are damaged.
const PLACES: usize = 300;

/// Nothing that is done with one damaged store takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Every version of every secret of the store, by its path.
fn payloads() -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let mut random = Random::new(3);
    let mut of = |lengths: &[usize]| lengths.iter().map(|len| random.bytes(*len)).collect();
    BTreeMap::from([
        ("a/b", of(&[20, 30, 40])),
        ("a/c", of(&[1])),
        ("b/long", of(&[9_000])),
        ("b/other", of(&[64, 64])),
    ])
}

fn put_all(store: &Store) {
    let session = store.session();
    for (at, versions) in payloads() {
        versions.iter().for_each(|payload| _ = put(&session, at, payload).unwrap());
    }
    put(&session, "a/gone", b"gone").unwrap();
    session.erase(&path("a/gone")).unwrap();
}

/// In the writer that is killed.
pub(crate) fn put_and_wait() {
    let store = open(&folder()).unwrap();
    put_all(&store);
    // After the erase, which has emptied the log: all of this is in the log alone.
    for (at, versions) in payloads() {
        versions.iter().for_each(|payload| _ = put(&store.session(), at, payload).unwrap());
    }
    tell("put");
    hear();
}

/// What came of using a damaged store.
#[derive(Default)]
struct Tally {
    unharmed: usize,
    noticed: usize,
    kinds: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn note(&mut self, error: &Error, what: &str) {
        assert_ne!(error.kind(), ErrorKind::Internal, "{what}: {error}");
        // What is wrong with a file that people write is not put down to the disk.
        let by_hand = what.starts_with("strongroom.toml") || what.starts_with("keyring.json");
        let named = [ErrorKind::Config, ErrorKind::NotFound].contains(&error.kind());
        assert!(named || !by_hand, "{what}: {error:?}");
        assert!(!error.what().is_empty() && !error.next().is_empty(), "{what}: {error}");
        *self.kinds.entry(error.kind().name()).or_default() += 1;
    }
}

/// Reads all that a store should have. A payload that comes is the right one; `may_be_older` says
/// whether the newest writes may be missing as a whole.
fn use_damaged(folder: &Path, may_be_older: bool, what: &str, tally: &mut Tally) {
    let mut harmed = false;
    let mut note = |error: &Error| {
        harmed = true;
        tally.note(error, what);
    };
    match open(folder) {
        Ok(store) => {
            let session = store.session();
            for (at, versions) in payloads() {
                let all = (0..=versions.len()).map(|n| u32::try_from(n).ok().filter(|n| *n > 0));
                for version in all {
                    let options = GetOptions { version, ..Default::default() };
                    match session.get_with(&path(at), &options) {
                        Ok(got) => {
                            let number = got.version as usize;
                            let right = &versions[(number - 1) % versions.len()];
                            assert!(got.payload.equals(right), "{what}: {at} {version:?}");
                            let current = number.is_multiple_of(versions.len());
                            let asked = version.is_some();
                            assert!(asked || current || may_be_older, "{what}: {at} is {number}");
                        }
                        Err(e) => note(&e),
                    }
                }
                session.versions(&path(at)).err().iter().for_each(&mut note);
                session.describe(&path(at)).err().iter().for_each(&mut note);
            }
            session.list("a", &ListOptions::default()).err().iter().for_each(&mut note);
            // The files were copied, and a copy is written only once it is adopted.
            let adopt = DoctorOptions { adopt: true, ..Default::default() };
            let report = store.doctor(&adopt, &mut |_| {});
            report.as_ref().err().into_iter().for_each(&mut note);
            let clean = report.is_ok_and(|report| report.damaged.is_empty());
            assert!(clean || !store.health().is_empty());
            put(&session, "a/new", b"new").err().iter().for_each(&mut note);
            if !clean {
                harmed = true;
            }
        }
        Err(e) => note(&e),
    }
    *(if harmed { &mut tally.noticed } else { &mut tally.unharmed }) += 1;
}

/// Damages one file of the store in `whole` again and again, and uses the store each time.
fn sweep(whole: &Path, file: &str, may_be_older: bool, at: &Sender<String>) -> Tally {
    let content = fs::read(whole.join(file)).unwrap();
    assert!(content.len() > 40, "{file} has {} bytes", content.len());
    let mut random = Random::new(content.len() as u64);
    let mut tally = Tally::default();
    let mut try_with = |damaged: &[u8], what: String| {
        let _ = at.send(what.clone());
        let copy = fast_folder();
        copy_files(whole, copy.path());
        fs::write(copy.path().join(file), damaged).unwrap();
        use_damaged(copy.path(), may_be_older, &what, &mut tally);
    };
    let step = content.len().div_ceil(PLACES);
    for start in (0..content.len()).step_by(step) {
        let place = (start + random.below(step)).min(content.len() - 1);
        let bit = random.below(8);
        let mut damaged = content.clone();
        damaged[place] ^= 1 << bit;
        try_with(&damaged, format!("{file}: bit {bit} of byte {place} turned over"));
    }
    let cuts = [0, 1, 31, 32, content.len() / 3, content.len() / 2, content.len() - 1];
    let pages = [4_096, 8_192, content.len() / 4_096 / 2 * 4_096];
    for length in cuts.into_iter().chain(pages).filter(|length| *length < content.len()) {
        try_with(&content[..length], format!("{file}: cut to {length} bytes"));
    }
    tally
}

/// A sweep that fails when one of its steps hangs, and must notice some damage.
fn watched_sweep(whole: &Path, file: &'static str, may_be_older: bool) {
    let (sender, steps) = channel();
    let whole = whole.to_owned();
    let sweep = std::thread::spawn(move || sweep(&whole, file, may_be_older, &sender));
    let mut last = String::new();
    loop {
        match steps.recv_timeout(LIMIT) {
            Ok(step) => last = step,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("hangs with {last}"),
        }
    }
    let tally = sweep.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let Tally { unharmed, noticed, kinds } = tally;
    println!("{file}: {noticed} damages noticed, {unharmed} without effect; errors: {kinds:?}");
    assert!(noticed > 0, "{file}: no damage was noticed");
}

fn closed_store() -> tempfile::TempDir {
    let whole = fast_folder();
    put_all(&create(whole.path()));
    expect_unharmed(whole.path());
    whole
}

/// A store whose writer was killed, so that much is in its logs alone.
fn killed_store() -> tempfile::TempDir {
    let whole = fast_folder();
    drop(create(whole.path()));
    let variables = variables("put, erase and wait to be killed", whole.path());
    let mut writer = Victim::start_test("helper_process", &variables);
    assert_eq!(writer.answer().as_deref(), Some("put"));
    writer.kill();
    expect_unharmed(whole.path());
    whole
}

/// The control: without damage nothing is noticed, and the newest payloads are there.
fn expect_unharmed(whole: &Path) {
    let copy = fast_folder();
    copy_files(whole, copy.path());
    let mut tally = Tally::default();
    use_damaged(copy.path(), false, "undamaged", &mut tally);
    assert_eq!((tally.noticed, tally.unharmed), (0, 1), "{:?}", tally.kinds);
}

#[test]
fn damaged_metadata() {
    watched_sweep(closed_store().path(), "metadata.db", false);
}

#[test]
fn a_damaged_shelf() {
    watched_sweep(closed_store().path(), "payloads.db", false);
}

#[test]
fn a_damaged_log_of_the_metadata() {
    watched_sweep(killed_store().path(), "metadata.db-wal", true);
}

#[test]
fn a_damaged_log_of_the_shelf() {
    watched_sweep(killed_store().path(), "payloads.db-wal", true);
}

#[test]
fn a_damaged_keyring() {
    watched_sweep(closed_store().path(), "keyring.json", false);
}

#[test]
fn a_damaged_config() {
    watched_sweep(closed_store().path(), "strongroom.toml", false);
}

/// A newest version that is gone from the metadata must not make an older one current.
#[test]
fn a_version_whose_row_is_gone_is_noticed() {
    let whole = closed_store();
    let database = rusqlite::Connection::open(whole.path().join("metadata.db")).unwrap();
    let newest = "DELETE FROM versions WHERE number = 3";
    assert_eq!(database.execute(newest, []).unwrap(), 1);
    drop(database);
    let store = open(whole.path()).unwrap();
    let error = store.session().get(&path("a/b")).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let report = store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!(report.damaged.len(), 1, "{report:?}");
}
