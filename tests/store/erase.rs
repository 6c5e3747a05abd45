//! Erasing and destroying.

use std::cell::Cell;

use strongroom::{ErrorKind, State};
use strongroom_backend::on_step;

use crate::support::{fixture, kind, path};

#[test]
fn an_erased_secret_is_gone_and_its_name_is_free() {
    let f = fixture();
    f.put("a/b", "one");
    f.put("a/b", "two");
    let first = f.session.describe(&path("a/b")).unwrap().id;
    f.session.erase(&path("a/b")).unwrap();
    assert_eq!(kind(f.get("a/b")), ErrorKind::NotFound);
    assert_eq!(f.put("a/b", "three"), 1);
    assert_ne!(f.session.describe(&path("a/b")).unwrap().id, first);
    let report = f.store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.versions, report.strays, report.pending_erasures), (1, 0, 0));
}

#[test]
fn a_secret_of_more_versions_than_one_transaction_takes_is_erased_whole() {
    let f = fixture();
    for _ in 0..520 {
        f.put("a/many", "x");
    }
    f.put("a/other", "y");
    f.session.erase(&path("a/many")).unwrap();
    assert_eq!(kind(f.get("a/many")), ErrorKind::NotFound);
    let report = f.store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.versions, report.strays, report.pending_erasures), (1, 0, 0));
    assert_eq!(f.get("a/other").unwrap(), "y");
}

#[test]
fn an_erased_project_is_gone_with_all_it_had() {
    let f = fixture();
    for n in 0..600 {
        f.put(&format!("big/{n}"), "x");
    }
    f.put("other/1", "y");
    f.session.erase_project("big").unwrap();
    assert_eq!(kind(f.get("big/1")), ErrorKind::NotFound);
    assert_eq!(f.get("other/1").unwrap(), "y");
    let report = f.store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.versions, report.strays, report.damaged.len()), (1, 0, 0));
    assert_eq!(f.put("big/1", "again"), 1);
}

#[test]
fn an_active_version_is_not_destroyed() {
    let f = fixture();
    f.put("a/b", "one");
    let error = f.session.destroy(&path("a/b"), 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.next().contains("deactivated"), "{error}");
    assert_eq!(f.get("a/b").unwrap(), "one");
    f.session.set_state(&path("a/b"), 1, State::Deactivated).unwrap();
    f.session.destroy(&path("a/b"), 1).unwrap();
    f.session.destroy(&path("a/b"), 1).unwrap();
    let versions = f.session.versions(&path("a/b")).unwrap();
    assert_eq!((versions[0].state, versions[0].pending_destroy), (State::Destroyed, false));
    assert!(versions[0].destroyed_at.is_some());
}

#[test]
fn an_erase_that_a_reader_holds_up_is_pending_and_finished_later() {
    let f = fixture();
    f.put("a/b", "one");
    let reader = rusqlite::Connection::open(f.file("payloads.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM payloads;").unwrap();
    assert_eq!(kind(f.session.erase(&path("a/b"))), ErrorKind::Pending);
    assert_eq!(kind(f.get("a/b")), ErrorKind::NotFound);
    let warned = f
        .store
        .health()
        .into_iter()
        .any(|h| h.part == "erasures" && h.severity == strongroom::Severity::Warning);
    assert!(warned);
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    let again = strongroom::Store::open(&f.config()).unwrap();
    let report = again.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.pending_erasures, report.strays), (0, 0));
}

thread_local! {
    /// What happens once a put of this thread has planned.
    static ONCE_PLANNED: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
}

/// A put that planned with the project as it was is made in the one that comes after it.
#[test]
fn a_put_whose_project_is_erased_after_it_planned_goes_into_the_next() {
    on_step(|step| {
        if step == "put.planned" {
            ONCE_PLANNED.take().into_iter().for_each(|happens| happens());
        }
    });
    let f = fixture();
    f.put("race/first", "x");
    let other = f.store.session();
    // Another process would find the key gone too; here it is out of this one's cache as well.
    ONCE_PLANNED.set(Some(Box::new(move || other.erase_project("race").unwrap())));
    f.put("race/second", "y");
    assert!(ONCE_PLANNED.take().is_none(), "it was erased meanwhile");
    assert_eq!(kind(f.get("race/first")), ErrorKind::NotFound);
    assert_eq!(f.get("race/second").unwrap(), "y");
    let report = f.store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty() && report.strays == 0, "{report:?}");
}
