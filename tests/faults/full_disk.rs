//! A disk that is full.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use strongroom::{DoctorOptions, ErrorKind, Layout, ListOptions, Store};
use strongroom_test_support::Random;

use crate::common::{path, put, within};
use crate::mounts::{Disk, can_mount};

/// What takes up a part of the disk at first, to be given back.
const BALLAST_KIB: usize = 512;

/// No operation may take longer, whether it succeeds or not.
const LIMIT: Duration = Duration::from_secs(10);

#[test]
fn everything_on_the_full_disk() {
    if can_mount("full_disk::everything_on_the_full_disk") {
        fill_and_free(1_500, |small, _| Layout::in_folder(small));
    }
}

#[test]
fn only_the_shelf_on_the_full_disk() {
    if can_mount("full_disk::only_the_shelf_on_the_full_disk") {
        fill_and_free(1_200, |small, large| Layout {
            shelf: small.join("payloads.db"),
            ..Layout::in_folder(large)
        });
    }
}

#[test]
fn only_the_metadata_on_the_full_disk() {
    if can_mount("full_disk::only_the_metadata_on_the_full_disk") {
        fill_and_free(1_200, |small, large| Layout {
            metadata: small.join("metadata.db"),
            ..Layout::in_folder(large)
        });
    }
}

/// Payloads that were acknowledged, and the store that must still have them.
pub(crate) struct Filled {
    pub(crate) store: Store,
    pub(crate) acknowledged: Vec<(String, Vec<u8>)>,
    random: Random,
}

impl Filled {
    pub(crate) fn new(store: Store) -> Filled {
        Filled { store, acknowledged: Vec::new(), random: Random::new(1) }
    }

    /// Puts one more payload, in time.
    fn put(&mut self) -> strongroom::Result<()> {
        self.put_within(LIMIT)
    }

    /// As [`put`](Self::put), in this time.
    pub(crate) fn put_within(&mut self, limit: Duration) -> strongroom::Result<()> {
        let name = format!("p/{}", self.acknowledged.len() + self.random.below(1 << 30) * 1_000);
        let len = if self.random.chance(20) { 12_000 } else { 200 };
        let payload = self.random.bytes(len);
        let (session, at, bytes) = (self.store.session(), name.clone(), payload.clone());
        let result = within(limit, "a put", move || put(&session, &at, &bytes));
        if result.is_ok() {
            self.acknowledged.push((name, payload));
        }
        result.map(|_| ())
    }

    /// Puts until the disk is full.
    fn fill(&mut self) {
        for _ in 0..100_000 {
            match self.put() {
                Ok(()) => {}
                Err(e) => return expect_full(&e),
            }
        }
        panic!("a small disk took 100,000 payloads");
    }

    /// Whatever was acknowledged is there.
    pub(crate) fn expect_acknowledged(&self, store: &Store) {
        let session = store.session();
        for (at, payload) in &self.acknowledged {
            let got = session.get(&path(at)).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert!(got.equals(payload), "{at}");
        }
    }

    /// And nothing else.
    fn expect_everything(&self, store: &Store) {
        self.expect_acknowledged(store);
        let session = store.session();
        let options = ListOptions { limit: 10_000, ..Default::default() };
        let listed = session.list("p", &options).unwrap().items.len();
        assert_eq!(listed, self.acknowledged.len());
    }
}

fn expect_full(error: &strongroom::Error) {
    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    assert!(error.next().contains("free space"), "{error}");
}

fn timed<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let started = Instant::now();
    let value = within(LIMIT, what, work);
    assert!(started.elapsed() < LIMIT);
    value
}

fn fill_and_free(kib: usize, layout: impl Fn(&Path, &Path) -> Layout) {
    let (small, large) = (Disk::new(kib), tempfile::tempdir().unwrap());
    let ballast = small.path().join("ballast");
    fs::write(&ballast, vec![1; BALLAST_KIB * 1_024]).unwrap();
    let layout = layout(small.path(), large.path());
    let store = Store::create(&layout).unwrap();
    fill_then_free(store, &layout.config, &ballast);
}

/// Puts until the disk is full, and goes on when the ballast is gone from it.
pub(crate) fn fill_then_free(store: Store, config: &Path, ballast: &Path) {
    let mut filled = Filled::new(store);
    filled.fill();
    assert!(filled.acknowledged.len() > 5, "the control: {} puts", filled.acknowledged.len());
    filled.expect_everything(&filled.store);
    let before = filled.acknowledged.len();
    for _ in 0..20 {
        if let Err(e) = filled.put() {
            expect_full(&e);
        }
    }
    let store = filled.store.clone();
    let health = timed("health", move || store.health());
    assert!(health.len() > 5, "{health:?}");
    filled.expect_everything(&filled.store);
    // A further process comes to the full disk.
    let file = config.to_owned();
    match timed("opening", move || Store::open(&file)) {
        Ok(again) => filled.expect_everything(&again),
        Err(e) => panic!("a store on a full disk does not open: {e}"),
    }

    fs::remove_file(ballast).unwrap();
    let full = filled.acknowledged.len();
    for _ in 0..5 {
        filled.put().unwrap();
    }
    filled.expect_everything(&filled.store);
    let Filled { store, acknowledged, random } = filled;
    drop(store);
    let store = Store::open(config).unwrap();
    let filled = Filled { store, acknowledged, random };
    let report = filled
        .store
        .doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {})
        .unwrap();
    assert_eq!(report.damaged, [], "{report:?}");
    assert_eq!(report.versions as usize, filled.acknowledged.len());
    filled.expect_everything(&filled.store);
    println!("{before} puts until full, {} more while full, 5 after", full - before);
}

/// The disk is full from the first moment on.
#[test]
fn a_store_is_not_half_created() {
    if !can_mount("full_disk::a_store_is_not_half_created") {
        return;
    }
    let disk = Disk::new(64);
    let error = Store::create(&Layout::in_folder(disk.path())).unwrap_err();
    expect_full(&error);
    let left: Vec<_> = crate::common::files_of(disk.path());
    assert!(left.is_empty(), "{left:?} is left of a store that was not created");
}
