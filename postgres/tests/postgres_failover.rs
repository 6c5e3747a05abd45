//! A primary that is lost, and its synchronous standby that takes over.

mod common;

use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{SCHEMA, Stop, get, put, server, settings};
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
    let (stop, acknowledged) = (&Stop::default(), &Mutex::new(Vec::new()));
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
        let _stop = stop.at_end();
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0.. {
                    if stop.is_set() {
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
    });
    for (name, number) in acknowledged.lock().unwrap().iter() {
        assert_eq!(database.read(|c| get(c, name)).unwrap(), Some(*number), "{name}");
    }
    // Twice the bound, for a slow machine.
    let slowest = *slowest.lock().unwrap();
    assert!(slowest < 2 * LONGEST, "{slowest:?}");
}

#[test]
fn a_host_that_takes_connections_and_never_answers_leaves_time_for_the_next() {
    let (cluster, dsn) = server();
    drop(common::create(&dsn));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let both = format!(
        "host=127.0.0.1,{} port={},{} user=store password=store-password dbname=store \
         connect_timeout=6",
        cluster.socket_folder().display(),
        silent.local_addr().unwrap().port(),
        cluster.port()
    );
    let limits = Limits { operation: Duration::from_secs(30), ..Limits::default() };
    let database = Database::open(&settings(&both), &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "one", 1)).unwrap();
    assert!(silent.accept().is_ok(), "the first host was not tried");
    // Once: a further session goes to the one that answers.
    silent.set_nonblocking(true).unwrap();
    while silent.accept().is_ok() {}
    let lock = database.lock_within("a session of its own", Duration::from_secs(10)).unwrap();
    assert!(lock.is_some());
    assert_eq!(silent.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_session_whose_commit_lacks_a_standby_serves_nobody_before_the_outcome_is_known() {
    let (primary, dsn) = server();
    drop(common::create(&dsn));
    let mut standby = primary.synchronous_standby();
    let minute = Duration::from_secs(60);
    let limits = Limits { connections: 1, operation: minute, statement: minute };
    let database = &Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "first", 0)).unwrap();
    standby.stop("fast");
    let (runs, waiting) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    let waits = |what: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        while primary.sql(waiting) == "0" {
            assert!(Instant::now() < end, "{what}");
        }
    };
    thread::scope(|scope| {
        let write = || {
            database.write(|c| {
                runs.fetch_add(1, Ordering::SeqCst);
                put(c, "one", 1)
            })
        };
        let first = scope.spawn(write);
        waits("the commit does not wait for its standby");
        let others: Vec<_> = (0..8)
            .map(|n| {
                scope.spawn(move || {
                    waiting.fetch_add(1, Ordering::SeqCst);
                    database.write(|c| put(c, &format!("other-{n}"), n))
                })
            })
            .collect();
        while waiting.load(Ordering::SeqCst) < 8 {
            thread::yield_now();
        }
        primary.sql(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
        );
        standby.resume();
        first.join().unwrap().unwrap();
        others.into_iter().for_each(|other| other.join().unwrap().unwrap());
    });
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[test]
fn a_commit_that_no_standby_has_is_not_acknowledged() {
    let (primary, dsn) = server();
    // What a role is given must not weaken what is promised.
    primary.sql("ALTER ROLE store SET synchronous_commit = local");
    primary.sql("ALTER ROLE store SET client_min_messages = error");
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

/// Whether a read finds itself on a standby.
fn reads_on_a_standby(database: &Database) -> bool {
    let mut standby = false;
    database
        .read(|c| {
            c.query("SELECT pg_is_in_recovery()", &[], &mut |row| {
                standby = row.integer(0)? == 1;
                Ok(())
            })
        })
        .unwrap();
    standby
}

#[test]
fn sessions_are_all_on_the_primary_or_all_on_a_standby() {
    let (mut primary, dsn) = server();
    drop(common::create(&dsn));
    let standby = primary.synchronous_standby();
    let both = format!(
        "host={},{} port={},{} user=store password=store-password dbname=store connect_timeout=4",
        primary.socket_folder().display(),
        standby.socket_folder().display(),
        primary.port(),
        standby.port()
    );
    let limits = Limits { operation: Duration::from_secs(60), ..Limits::default() };
    let database = Database::open(&settings(&both), &SCHEMA, limits).unwrap();
    assert!(!reads_on_a_standby(&database) && !database.is_read_only());
    primary.stop("fast");
    assert!(reads_on_a_standby(&database) && database.is_read_only());
    primary.resume();
    // The session that read is on the standby still. A lock has one of its own, on the primary.
    assert!(reads_on_a_standby(&database));
    let lock = database.try_share("name").unwrap().unwrap();
    assert!(!reads_on_a_standby(&database) && !database.is_read_only());
    assert!(lock.is_held());
}

#[test]
fn a_database_that_was_opened_at_a_standby_can_be_written_when_that_is_promoted() {
    let (mut primary, dsn) = server();
    drop(common::create(&dsn));
    let standby = primary.synchronous_standby();
    let dsn = standby.dsn("store", "store-password", "store");
    let database = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    assert!(database.is_read_only());
    let error = database.write(|c| put(c, "one", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    // A session that will see the promotion without having been told.
    assert!(reads_on_a_standby(&database) && database.is_read_only());
    primary.stop("immediate");
    standby.promote();
    assert!(!database.is_read_only());
    database.write(|c| put(c, "one", 1)).unwrap();
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), Some(1));
}
