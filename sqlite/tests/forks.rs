//! A forked child holds none of its parent's locks.

// The processes here end by _exit, so that nothing of the test runs twice.
#![allow(unsafe_code, reason = "fork(2) has no safe form")]

use std::fs::File;
use std::io::{Read, Write, pipe};
use std::path::Path;
use std::time::Duration;

use strongroom_sqlite::{Database, Migration, Schema};

const SCHEMA: Schema = Schema {
    application_id: 7,
    what: "test",
    migrations: &[Migration {
        number: 1,
        name: "first",
        sql: "CREATE TABLE t (v BLOB) STRICT;",
        needed_to_read: true,
    }],
};

/// Whether a lock is free again that a process took, which then made a child that lives and itself died.
fn is_free_after_its_holder(
    take: impl FnOnce() -> Box<dyn std::any::Any>,
    free: impl Fn() -> bool,
) -> bool {
    let (mut told, tell) = pipe().unwrap();
    let (stay, go) = pipe().unwrap();
    // SAFETY: what is forked here uses this thread alone, and leaves by _exit.
    let holder = unsafe { libc::fork() };
    if holder == 0 {
        let lock = take();
        // SAFETY: as above.
        if unsafe { libc::fork() } == 0 {
            drop(go);
            (&tell).write_all(b"!").unwrap();
            // Until the test is over.
            let _ = (&stay).read(&mut [0]);
        }
        // No destructor gives the lock back.
        std::mem::forget(lock);
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(0) };
    }
    told.read_exact(&mut [0]).unwrap();
    // SAFETY: `holder` was forked above and is waited for once.
    assert_eq!(unsafe { libc::waitpid(holder, &mut 0, 0) }, holder);
    let is_free = free();
    drop((stay, go));
    is_free
}

#[test]
fn a_child_does_not_keep_the_lock_of_a_parent_that_died() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.db");
    Database::create(&path, &SCHEMA).unwrap();
    let open = || Database::open(&path, &SCHEMA).unwrap().open_lock("-lock").unwrap().unwrap();
    let take = || {
        let lock = open();
        assert!(lock.lock_within(Duration::ZERO).unwrap());
        Box::new(lock) as Box<dyn std::any::Any>
    };
    assert!(is_free_after_its_holder(take, || open().lock_within(Duration::ZERO).unwrap()));
}

#[test]
fn a_child_that_drops_a_lock_leaves_it_to_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.db");
    let database = Database::create(&path, &SCHEMA).unwrap();
    let open = || database.open_lock("-lock").unwrap().unwrap();
    let lock = open();
    assert!(lock.lock_within(Duration::ZERO).unwrap());
    // SAFETY: the child drops the lock, and leaves by _exit.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(lock);
        // SAFETY: ends the process at once.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: `child` was forked above and is waited for once.
    assert_eq!(unsafe { libc::waitpid(child, &mut 0, 0) }, child);
    assert!(!open().lock_within(Duration::ZERO).unwrap());
    drop(lock);
    assert!(open().lock_within(Duration::ZERO).unwrap());
}

/// The control: a child keeps the lock of a file that the library does not know.
#[test]
fn a_child_keeps_other_locks() {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("lock");
    let open = || File::options().create(true).write(true).truncate(false).open(path).unwrap();
    let take = || {
        let file = open();
        file.try_lock().unwrap();
        Box::new(file) as Box<dyn std::any::Any>
    };
    assert!(!is_free_after_its_holder(take, || open().try_lock().is_ok()));
}
