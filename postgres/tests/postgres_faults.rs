//! What becomes of changes when the server, or the way to it, fails. Each fault is a real one.

mod common;

use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::proxy::{Cut, Proxy};
use common::{SCHEMA, Stop, create, get, put, server, set, settings};
use strongroom_backend::ErrorKind;
use strongroom_postgres::{Connection, Database, Limits};
use strongroom_test_support::postgres::Cluster;

fn add_one(database: &Database, runs: &AtomicUsize) -> strongroom_backend::Result<()> {
    database.write(|c| {
        runs.fetch_add(1, Ordering::SeqCst);
        set(c, "count", get(c, "count")?.unwrap_or(0) + 1)
    })
}

fn number(database: &Database) -> i64 {
    database.read(|c| get(c, "count")).unwrap().unwrap()
}

/// As the superuser in the database `store`.
fn in_store(cluster: &Cluster, sql: &str) {
    let mut psql = cluster.client("psql");
    psql.args(["-Xqc", sql]).env("PGDATABASE", "store").env("PGOPTIONS", "-csearch_path=numbers");
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Opens the database through a wire that can be cut.
fn through(cluster: &Cluster, cut: Cut, limits: Limits) -> (Proxy, Database) {
    let proxy = Proxy::start(cluster.port(), cut);
    let dsn = format!("postgres://store:store-password@127.0.0.1:{}/store", proxy.port);
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    (proxy, database)
}

/// Adds one while the wire is cut like this. What the number is then, and how often the work ran: with no
/// cut, 2 and 1.
fn added_while_cut(cut: Cut) -> (i64, usize) {
    let (cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "count", 0)).unwrap();
    let (proxy, database) = through(&cluster, cut, Limits::default());
    add_one(&database, &AtomicUsize::new(0)).unwrap();
    proxy.arm();
    let runs = AtomicUsize::new(0);
    add_one(&database, &runs).unwrap();
    assert!(proxy.has_cut());
    (number(&database), runs.into_inner())
}

#[test]
fn a_commit_whose_answer_was_lost_is_found_to_have_taken_place() {
    assert_eq!(added_while_cut(Cut::AfterCommit), (2, 1));
}

#[test]
fn a_commit_whose_answer_a_pooler_lost_is_found_to_have_taken_place() {
    assert_eq!(added_while_cut(Cut::AsPooler), (2, 1));
}

#[test]
fn a_commit_that_never_arrived_is_found_not_to_have_taken_place_and_runs_again() {
    assert_eq!(added_while_cut(Cut::BeforeCommit), (2, 2));
}

#[test]
fn a_commit_that_arrives_after_it_was_given_up_does_not_take_place() {
    let (cluster, dsn) = server();
    let direct = create(&dsn);
    let (proxy, database) = through(&cluster, Cut::Late, Limits::default());
    database.write(|c| put(c, "first", 0)).unwrap();
    proxy.arm();
    let mut runs = 0;
    database
        .write(|c| {
            runs += 1;
            put(c, &format!("run-{runs}"), runs)
        })
        .unwrap();
    assert!(proxy.has_cut() && runs == 2);
    proxy.release();
    let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    let end = Instant::now() + Duration::from_secs(60);
    while cluster.sql(open) != "0" {
        assert!(Instant::now() < end, "the late session does not end");
    }
    // By then the row that it marks was changed, or the server was told to end its session.
    let refused = ["could not serialize access", "terminating connection"];
    assert!(refused.iter().any(|why| cluster.log().contains(why)), "{}", cluster.log());
    assert_eq!(direct.read(|c| get(c, "run-1")).unwrap(), None);
    assert_eq!(direct.read(|c| get(c, "run-2")).unwrap(), Some(2));
}

/// Makes every commit that changes a number take this long.
fn slow_commits(cluster: &Cluster, seconds: u32) {
    in_store(
        cluster,
        &format!(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql \
             AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END'; \
             CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON numbers \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
        ),
    );
}

#[test]
fn a_commit_that_is_still_under_way_is_waited_for() {
    let (cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "count", 0)).unwrap();
    slow_commits(&cluster, 2);
    let (proxy, database) = through(&cluster, Cut::AfterCommit, Limits::default());
    proxy.arm();
    let runs = AtomicUsize::new(0);
    add_one(&database, &runs).unwrap();
    assert!(proxy.has_cut());
    assert_eq!((number(&database), runs.into_inner()), (1, 1));
}

#[test]
fn a_commit_that_does_not_come_to_an_end_is_ended_and_has_no_effect() {
    let (cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "count", 0)).unwrap();
    slow_commits(&cluster, 600);
    let limits = Limits { operation: Duration::from_secs(4), ..Limits::default() };
    let (proxy, database) = through(&cluster, Cut::AfterCommit, limits);
    proxy.arm();
    let begun = Instant::now();
    let error = add_one(&database, &AtomicUsize::new(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    assert_eq!((number(&database), cluster.sql(sleeping).as_str()), (0, "0"));
}

#[test]
fn an_outcome_that_cannot_be_found_out_is_a_timeout_within_the_bound() {
    let (cluster, dsn) = server();
    let direct = create(&dsn);
    direct.write(|c| put(c, "count", 0)).unwrap();
    let (proxy, database) = through(&cluster, Cut::ForGood, Limits::default());
    proxy.arm();
    let begun = Instant::now();
    let error = add_one(&database, &AtomicUsize::new(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(number(&direct), 1, "here it did take place");
}

#[test]
fn what_is_acknowledged_took_place_once_while_sessions_and_the_server_end() {
    let (mut cluster, dsn) = server();
    let database = &create(&dsn);
    database.write(|c| put(c, "count", 0)).unwrap();
    let (stop, done, unknown) = (&Stop::default(), &AtomicI64::new(0), &AtomicI64::new(0));
    let runs = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let _stop = stop.at_end();
        for _ in 0..4 {
            scope.spawn(move || {
                while !stop.is_set() {
                    match add_one(database, runs) {
                        Ok(()) => _ = done.fetch_add(1, Ordering::SeqCst),
                        // The server was away for longer than an outcome is asked for.
                        Err(error) if error.kind() == ErrorKind::Timeout => {
                            unknown.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
                    }
                }
            });
        }
        let progress = |by| {
            let before = done.load(Ordering::SeqCst);
            let end = Instant::now() + Duration::from_secs(120);
            while done.load(Ordering::SeqCst) < before + by {
                assert!(Instant::now() < end, "nothing goes on");
                thread::sleep(Duration::from_millis(1));
            }
        };
        for _ in 0..10 {
            progress(5);
            let end =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'store'";
            cluster.sql(end);
        }
        for mode in ["immediate", "fast"] {
            progress(5);
            cluster.stop(mode);
            cluster.resume();
        }
        progress(5);
    });
    assert!(cluster.log().contains("terminating connection"), "no session was ended");
    let (done, unknown) = (done.load(Ordering::SeqCst), unknown.load(Ordering::SeqCst));
    let found = number(database);
    assert!((done..=done + unknown).contains(&found), "{found}, {done} known, {unknown} unknown");
}

#[test]
fn of_two_that_wait_for_each_other_one_runs_again() {
    let (cluster, dsn) = server();
    let database = &create(&dsn);
    database.write(|c| put(c, "a", 0).and_then(|()| put(c, "b", 0))).unwrap();
    let (both, runs) = (&Barrier::new(2), &AtomicUsize::new(0));
    thread::scope(|scope| {
        for (first, second) in [("a", "b"), ("b", "a")] {
            scope.spawn(move || {
                let mut first_time = true;
                database
                    .write(|c| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        set(c, first, get(c, first)?.unwrap() + 1)?;
                        if std::mem::take(&mut first_time) {
                            both.wait();
                        }
                        set(c, second, get(c, second)?.unwrap() + 1)
                    })
                    .unwrap();
            });
        }
    });
    assert!(runs.load(Ordering::SeqCst) > 2);
    assert!(cluster.log().contains("deadlock detected"), "{}", cluster.log());
    for name in ["a", "b"] {
        assert_eq!(database.read(|c| get(c, name)).unwrap(), Some(2));
    }
}

#[test]
fn a_row_that_others_keep_locked_is_waited_for_within_the_bound() {
    let (_cluster, dsn) = server();
    drop(create(&dsn));
    let minute = Duration::from_secs(60);
    let patient = Limits { operation: minute, statement: minute, ..Limits::default() };
    let database = &Database::open(&settings(&dsn), &SCHEMA, patient).unwrap();
    let limits = Limits { operation: minute, ..Limits::default() };
    let hasty = &Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "a", 0)).unwrap();
    let (locked, tried) = (&Barrier::new(2), &Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(move || {
            database
                .write(|c| {
                    set(c, "a", 1)?;
                    locked.wait();
                    tried.wait();
                    Ok(())
                })
                .unwrap();
        });
        locked.wait();
        let error = hasty.write(|c| set(c, "a", 2)).unwrap_err();
        assert_eq!(
            (error.kind(), error.native()),
            (ErrorKind::Unavailable, Some("SQLSTATE 55P03"))
        );
        tried.wait();
    });
    assert_eq!(database.read(|c| get(c, "a")).unwrap(), Some(1));
}

#[test]
fn without_a_free_slot_one_waits_and_then_is_told_so() {
    let (cluster, dsn) = server();
    let database = create(&dsn);
    database.read(|c| get(c, "a")).unwrap();
    cluster.sql("ALTER ROLE store CONNECTION LIMIT 1");
    let patient = settings(&format!("{dsn}?connect_timeout=60"));
    let hasty = settings(&format!("{dsn}?connect_timeout=4"));
    let error = Database::open(&hasty, &SCHEMA, Limits::default()).err().unwrap();
    assert_eq!((error.kind(), error.native()), (ErrorKind::Unavailable, Some("SQLSTATE 53300")));
    thread::scope(|scope| {
        let waits = scope.spawn(|| {
            Database::open(
                &patient,
                &SCHEMA,
                Limits { operation: Duration::from_secs(60), ..Limits::default() },
            )
            .unwrap()
        });
        drop(database);
        waits.join().unwrap().read(|c| get(c, "a")).unwrap();
    });
}

#[test]
fn a_server_that_is_away_is_unavailable_in_time_and_used_again_when_it_is_back() {
    let (mut cluster, dsn) = server();
    let limits = Limits { operation: Duration::from_secs(2), ..Limits::default() };
    drop(create(&dsn));
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "count", 1)).unwrap();
    cluster.stop("fast");
    for write in [false, true] {
        let begun = Instant::now();
        let result = if write {
            database.write(|c| set(c, "count", 2))
        } else {
            database.read(|c| get(c, "count")).map(|_| ())
        };
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
    cluster.resume();
    let end = Instant::now() + Duration::from_secs(60);
    while database.write(|c| set(c, "count", 3)).is_err() {
        assert!(Instant::now() < end, "the server is not used again");
    }
    let patient = Limits { operation: Duration::from_secs(60), ..Limits::default() };
    let database = Database::open(&settings(&dsn), &SCHEMA, patient).unwrap();
    assert_eq!(number(&database), 3);
}

#[test]
fn what_is_repeated_waits_until_the_session_of_the_attempt_before_it_is_gone() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let (operation, statement) = (Duration::from_secs(60), Duration::from_secs(5));
    let limits = Limits { operation, statement, connections: 2 };
    let patient = settings(&format!("{dsn}?connect_timeout=30"));
    let database = &Database::open(&patient, &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "count", 1)).unwrap();
    let hanging = &cluster.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'store'");
    assert_eq!(hanging.lines().count(), 1);
    let signal = |name: &str| {
        assert!(Command::new("kill").args([name, hanging]).status().unwrap().success());
    };
    let runs = &AtomicUsize::new(0);
    signal("-STOP");
    thread::scope(|scope| {
        let repeated = scope.spawn(move || {
            database.repeat(|c| {
                let run = runs.fetch_add(1, Ordering::SeqCst);
                put(c, &format!("run-{run}"), 1)
            })
        });
        // The next attempt asks for the end of a process that cannot hear it.
        let asks = "SELECT count(*) FROM pg_stat_activity \
                    WHERE usename = 'store' AND query LIKE 'SELECT pg_terminate_backend%'";
        let end = Instant::now() + Duration::from_secs(60);
        while cluster.sql(asks) == "0" && Instant::now() < end {}
        let before = runs.load(Ordering::SeqCst);
        signal("-CONT");
        repeated.join().unwrap().unwrap();
        assert_eq!((before, runs.load(Ordering::SeqCst)), (1, 2));
    });
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {hanging}");
    assert_eq!(cluster.sql(&left), "0");
    assert_eq!(database.read(|c| get(c, "run-0")).unwrap(), None);
    assert_eq!(database.read(|c| get(c, "run-1")).unwrap(), Some(1));
}

#[test]
fn a_server_that_hangs_is_given_up_in_time() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let (operation, statement) = (Duration::from_secs(30), Duration::from_secs(2));
    let limits = Limits { operation, statement, connections: 2 };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    database.write(|c| put(c, "count", 1)).unwrap();
    let processes = cluster.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'store'");
    let signal = |name: &str| {
        for process in processes.lines() {
            assert!(Command::new("kill").args([name, process]).status().unwrap().success());
        }
    };
    signal("-STOP");
    let begun = Instant::now();
    let result = database.write(|c| set(c, "count", 2));
    let took = begun.elapsed();
    signal("-CONT");
    // The session that hangs is given up, and another one does the work.
    result.unwrap();
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(number(&database), 2);
}

#[test]
fn a_session_that_was_lost_unnoticed_keeps_nobody_from_a_lock_or_a_copy() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let limits = Limits { statement: Duration::from_millis(100), ..Limits::default() };
    let database = &Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let all = &Barrier::new(3);
    let takes_a_session = || {
        database.read(|c| {
            all.wait();
            get(c, "a")
        })
    };
    thread::scope(|scope| {
        let three = [(); 3].map(|()| scope.spawn(takes_a_session));
        three.into_iter().for_each(|one| assert_eq!(one.join().unwrap().unwrap(), None));
    });
    let processes = cluster.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'store'");
    assert_eq!(processes.lines().count(), 3);
    let signal = |name: &str| {
        for process in processes.lines() {
            assert!(Command::new("kill").args([name, process]).status().unwrap().success());
        }
    };
    signal("-STOP");
    let copies = &AtomicUsize::new(0);
    let copy = move |_: &Connection<'_>| {
        copies.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    thread::scope(|scope| {
        // Each has one of the three sessions, that hang.
        let shared = scope.spawn(|| database.try_share("one").map(|lock| lock.is_some()));
        let alone = || database.lock_within("other", Duration::from_secs(60));
        let alone = scope.spawn(move || alone().map(|lock| lock.is_some()));
        let copied = scope.spawn(move || database.read_all(copy));
        let (shared, alone) = (shared.join().unwrap(), alone.join().unwrap());
        let copied = copied.join().unwrap();
        signal("-CONT");
        assert!(shared.unwrap() && alone.unwrap());
        copied.unwrap();
    });
    assert_eq!(copies.load(Ordering::SeqCst), 1);
}

#[test]
fn a_change_of_the_schema_whose_commit_is_late_is_ended_before_it_runs_again() {
    let (cluster, _) = server();
    let proxy = Proxy::start(cluster.port(), Cut::Late);
    let dsn = format!("postgres://store:store-password@127.0.0.1:{}/store", proxy.port);
    proxy.arm();
    let database = Database::create(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    assert!(proxy.has_cut());
    let log = cluster.log();
    assert!(log.contains("terminating connection due to administrator command"), "{log}");
    proxy.release();
    database.write(|c| put(c, "count", 1)).unwrap();
    assert_eq!(number(&database), 1);
}

#[test]
fn a_host_whose_name_is_not_known_does_not_keep_one_that_is_starting_from_being_used() {
    let (mut cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "count", 1)).unwrap();
    cluster.stop("fast");
    // No resolver has to be asked about a name that is too long.
    let both = format!(
        "host={},{} port={} user=store password=store-password dbname=store connect_timeout=60",
        "a".repeat(64),
        cluster.socket_folder().display(),
        cluster.port()
    );
    let minute = Duration::from_secs(60);
    let limits = Limits { operation: minute, ..Limits::default() };
    thread::scope(|scope| {
        let opened = scope.spawn(|| Database::open(&settings(&both), &SCHEMA, limits));
        cluster.resume();
        assert_eq!(number(&opened.join().unwrap().unwrap()), 1);
    });
}
