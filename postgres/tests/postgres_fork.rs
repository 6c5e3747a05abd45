//! A forked child leaves its parent's connections alone, and can make its own.
#![allow(unsafe_code, reason = "fork(2)")]

mod common;

use std::fs;

use common::{SCHEMA, create, get, put, server, settings};
use strongroom_backend::ErrorKind;
use strongroom_postgres::{Database, Limits};

/// Runs `work` in a forked child; true when it returned true.
fn in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs `work`, whose locks no other thread of the parent holds, and ends.
    unsafe {
        match libc::fork() {
            0 => {
                let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
                libc::_exit(if good.unwrap_or(false) { 0 } else { 1 });
            }
            child => {
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                status == 0
            }
        }
    }
}

fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
    files
        .filter(|file| {
            fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
        })
        .count()
}

#[test]
fn a_child_is_told_so_and_the_parent_goes_on() {
    let (cluster, dsn) = server();
    let before = sockets();
    let database = create(&dsn);
    database.write(|c| put(c, "one", 1)).unwrap();
    let lock = database.try_share("erasing").unwrap().unwrap();
    assert!(sockets() > before, "the control finds a connection");
    let dsn = &dsn;
    assert!(in_child(|| {
        let forked = |error: strongroom_backend::Error| error.kind() == ErrorKind::Forked;
        assert!(database.read(|c| get(c, "one")).is_err_and(forked));
        assert!(database.write(|c| put(c, "two", 2)).is_err_and(forked));
        assert_eq!(sockets(), before, "the child has a connection of its parent");
        drop((lock, database));
        let own = Database::open(&settings(dsn), &SCHEMA, Limits::default()).unwrap();
        own.write(|c| put(c, "two", 2)).unwrap();
        assert_eq!(own.read(|c| get(c, "one")).unwrap(), Some(1));
        true
    }));
    drop(cluster);
}

#[test]
fn the_parent_s_connections_and_locks_are_as_before() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    let lock = database.lock_within("erasing", std::time::Duration::from_secs(1)).unwrap().unwrap();
    database.write(|c| put(c, "one", 1)).unwrap();
    let pair = &std::mem::ManuallyDrop::new((database, lock));
    assert!(in_child(|| {
        // SAFETY: the child has a copy of its own.
        drop(std::mem::ManuallyDrop::into_inner(unsafe { std::ptr::read(pair) }));
        true
    }));
    assert!(pair.1.is_held());
    assert!(pair.0.try_share("erasing").unwrap().is_none());
    assert_eq!(pair.0.read(|c| get(c, "one")).unwrap(), Some(1));
}
