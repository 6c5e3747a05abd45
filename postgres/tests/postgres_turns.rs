//! Transactions that others overtake come to their turn, and nobody stands still for them.

mod common;

use std::cell::Cell;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use strongroom_backend::ErrorKind;
use strongroom_postgres::{Database, Limits, Migration, Schema};

use common::{SCHEMA, Stop, create, get, put, server, set, settings};

/// What a transaction needs between reading a row and changing it, so that it is always overtaken.
const SLOW: Duration = Duration::from_millis(100);

fn increment(database: &Database) -> i64 {
    database
        .write(|c| {
            let next = get(c, "count")?.unwrap() + 1;
            set(c, "count", next).map(|()| next)
        })
        .unwrap()
}

#[test]
fn a_transaction_that_others_overtake_comes_to_its_turn() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "count", 0)).unwrap();
    let (stop, attempts, begun) = (Stop::default(), Cell::new(0), Barrier::new(4));
    thread::scope(|scope| {
        let _stop_at_end = stop.at_end();
        for _ in 0..3 {
            scope.spawn(|| {
                let other = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
                increment(&other);
                begun.wait();
                while !stop.is_set() {
                    increment(&other);
                }
            });
        }
        begun.wait();
        for _ in 0..5 {
            database
                .write(|c| {
                    attempts.set(attempts.get() + 1);
                    let count = get(c, "count")?.unwrap();
                    thread::sleep(SLOW);
                    set(c, "count", count)
                })
                .unwrap();
        }
    });
    // The control: it was overtaken, as often as it may be.
    assert!(attempts.get() >= 10, "{} attempts", attempts.get());
}

#[test]
fn the_others_go_on_beside_one_that_stands_still_and_one_that_is_overtaken() {
    let (cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "count", 0)).unwrap();
    // What a process that is stopped in the middle of a transaction holds.
    let still = "BEGIN; LOCK TABLE numbers.schema_migrations IN ROW EXCLUSIVE MODE; \
                 SELECT pg_sleep(6); COMMIT";
    let is_still = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let is_still = || {
        let output = cluster.client("psql").args(["-XAtqd", "store", "-c", is_still]).output();
        String::from_utf8(output.unwrap().stdout).unwrap().trim() == "1"
    };
    let (stop, took) = (Stop::default(), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let stop_at_end = stop.at_end();
        let still = scope.spawn(|| {
            let output = cluster.client("psql").args(["-XAtqd", "store", "-c", still]).output();
            assert!(output.as_ref().unwrap().status.success(), "{output:?}");
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_still() {
            assert!(Instant::now() < deadline, "it does not stand still: {}", cluster.log());
        }
        scope.spawn(|| {
            while !stop.is_set() {
                let started = Instant::now();
                increment(&database);
                took.lock().unwrap().push(started.elapsed());
            }
        });
        scope.spawn(|| {
            while !stop.is_set() {
                // It may have to give up on a busy machine.
                let _ = database.write(|c| {
                    let count = get(c, "count")?.unwrap();
                    thread::sleep(SLOW);
                    set(c, "count", count)
                });
            }
        });
        still.join().unwrap();
        drop(stop_at_end);
    });
    let took = took.into_inner().unwrap();
    let longest = took.iter().max().unwrap();
    assert!(*longest > Duration::from_millis(500), "the control: nobody waited, {longest:?}");
    assert!(took.len() > 10, "only {} changes in 6 seconds", took.len());
}

#[test]
fn a_schema_is_upgraded_beside_those_who_write() {
    // The tables are changed in different orders, none of which is that of the writers.
    let migration = |number, sql| Migration { number, name: "step", sql, needed_to_read: true };
    static STEPS: [&str; 3] = [
        "CREATE TABLE more (id bigint)",
        "ALTER TABLE numbers ADD COLUMN a bigint; ALTER TABLE commits ADD COLUMN a bigint",
        "ALTER TABLE commits ADD COLUMN b bigint; ALTER TABLE numbers ADD COLUMN b bigint",
    ];
    let (cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "count", 0)).unwrap();
    let (stop, begun) = (Stop::default(), Barrier::new(5));
    let written: i64 = thread::scope(|scope| {
        let stop_at_end = stop.at_end();
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    begun.wait();
                    let mut written = 0;
                    while !stop.is_set() {
                        increment(&database);
                        written += 1;
                    }
                    written
                })
            })
            .collect();
        begun.wait();
        let mut migrations = SCHEMA.migrations.to_vec();
        for (number, step) in (2..).zip(STEPS) {
            migrations.push(migration(number, step));
            let schema = Schema { migrations: migrations.clone().leak(), ..SCHEMA };
            drop(Database::open(&settings(&dsn), &schema, Limits::default()).unwrap());
        }
        drop(stop_at_end);
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(database.read(|c| get(c, "count")).unwrap(), Some(written));
    assert!(!cluster.log().contains("deadlock detected"), "{}", cluster.log());
    let outdated = Database::open(&settings(&dsn), &SCHEMA, Limits::default());
    assert_eq!(outdated.err().unwrap().kind(), ErrorKind::Config);
}
