//! A primary that is lost, and its synchronous standby that takes over.

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{SCHEMA, get, put, server, settings};
use strongroom_backend::ErrorKind;
use strongroom_postgres::{Database, Limits};

/// An operation, and finding out the outcome of its commit.
const LONGEST: Duration = Duration::from_secs(10 + 8);

#[test]
fn what_was_acknowledged_is_there_after_the_standby_took_over() {
    let (mut primary, dsn) = server();
    drop(common::create(&dsn));
    let standby = primary.synchronous_standby();
    let hosts = |first: &str, second: &str, ports: [u16; 2]| {
        format!(
            "host={first},{second} port={},{} user=store password=store-password dbname=store \
             target_session_attrs=read-write",
            ports[0], ports[1]
        )
    };
    let (one, two) = (primary.socket_folder().display(), standby.socket_folder().display());
    let ports = [primary.port(), standby.port()];
    // The standby first: it must be passed over while it is one.
    let both = hosts(&two.to_string(), &one.to_string(), [ports[1], ports[0]]);
    let database = &Database::open(&settings(&both), &SCHEMA, Limits::default()).unwrap();
    let (stop, acknowledged) = (&AtomicBool::new(false), &Mutex::new(Vec::new()));
    let slowest = &Mutex::new(Duration::ZERO);
    let wait_for = |more: usize| {
        let before = acknowledged.lock().unwrap().len();
        let end = Instant::now() + Duration::from_secs(120);
        while acknowledged.lock().unwrap().len() < before + more {
            assert!(Instant::now() < end, "nothing goes on");
            thread::sleep(Duration::from_millis(1));
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let name = format!("{thread}-{round}");
                    let begun = Instant::now();
                    match database.write(|c| put(c, &name, round)) {
                        Ok(()) => acknowledged.lock().unwrap().push((name, round)),
                        Err(error) => assert!(
                            matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout),
                            "{error}"
                        ),
                    }
                    let mut slowest = slowest.lock().unwrap();
                    *slowest = begun.elapsed().max(*slowest);
                }
            });
        }
        wait_for(50);
        primary.stop("immediate");
        standby.promote();
        wait_for(50);
        stop.store(true, Ordering::SeqCst);
    });
    for (name, number) in acknowledged.lock().unwrap().iter() {
        assert_eq!(database.read(|c| get(c, name)).unwrap(), Some(*number), "{name}");
    }
    // Twice the bound, for a slow machine.
    let slowest = *slowest.lock().unwrap();
    assert!(slowest < 2 * LONGEST, "{slowest:?}");
}

#[test]
fn a_commit_that_no_standby_has_is_not_acknowledged() {
    let (primary, dsn) = server();
    let database = common::create(&dsn);
    let mut standby = primary.synchronous_standby();
    database.write(|c| put(c, "with", 1)).unwrap();
    standby.stop("fast");
    let limits = Limits { operation: Duration::from_secs(2), ..Limits::default() };
    let hasty = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let error = hasty.write(|c| put(c, "without", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    standby.resume();
    database.write(|c| put(c, "again", 1)).unwrap();
}
