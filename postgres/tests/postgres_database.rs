//! What a database on a real server promises.

mod common;

use common::{SCHEMA, count, create, get, put, server, set, settings};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use strongroom_backend::{Error, ErrorKind};
use strongroom_postgres::{Database, Limits, Migration, Schema, Value};
use strongroom_test_support::postgres::{Cluster, write_private};

#[test]
fn what_was_written_is_read_by_another_database_object() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "one", 1)).unwrap();
    let other = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    assert_eq!(other.read(|c| get(c, "one")).unwrap(), Some(1));
    assert_eq!(other.read(|c| get(c, "two")).unwrap(), None);
    let (a, b) = (other.read(|c| c.now()).unwrap(), other.write(|c| c.now()).unwrap());
    assert!(a <= b && (b - strongroom_backend::host_micros()).abs() < 60_000_000);
}

#[test]
fn an_error_of_the_work_undoes_all_of_it_and_the_connection_is_good_again() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    let planted = || Error::new(ErrorKind::Conflict, "planted", "nothing");
    let error = database.write(|c| put(c, "one", 1).and_then(|()| Err::<(), _>(planted())));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    database.write(|c| put(c, "two", 2)).unwrap();
    let runs = AtomicUsize::new(0);
    let taken = database.write(|c| {
        runs.fetch_add(1, Ordering::SeqCst);
        put(c, "two", 3)
    });
    let taken = taken.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    assert_eq!(taken.native(), Some("SQLSTATE 23505"));
    assert_eq!(
        runs.into_inner(),
        2,
        "once more, in case that a concurrent transaction was the cause"
    );
    assert_eq!(count(&database), 1);
}

#[test]
fn going_on_after_a_failed_statement_is_not_taken_for_success() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "one", 1)).unwrap();
    let result = database.write(|c| {
        put(c, "two", 2)?;
        let _ = put(c, "one", 2);
        Ok(())
    });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(count(&database), 1);
}

#[test]
fn no_update_is_lost_between_threads_and_write_skew_is_impossible() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    database
        .write(|c| put(c, "count", 0).and_then(|()| put(c, "a", 1)).and_then(|()| put(c, "b", 1)))
        .unwrap();
    thread::scope(|scope| {
        for mine in 0..8 {
            let database = &database;
            scope.spawn(move || {
                for _ in 0..20 {
                    database.write(|c| set(c, "count", get(c, "count")?.unwrap() + 1)).unwrap();
                }
                // One of the two must stay 1.
                let (own, other) = if mine % 2 == 0 { ("a", "b") } else { ("b", "a") };
                database
                    .write(|c| if get(c, other)? == Some(1) { set(c, own, 0) } else { Ok(()) })
                    .unwrap();
            });
        }
    });
    assert_eq!(database.read(|c| get(c, "count")).unwrap(), Some(160));
    let left = database.read(|c| Ok(get(c, "a")?.unwrap() + get(c, "b")?.unwrap())).unwrap();
    assert_eq!(left, 1);
}

#[test]
fn it_can_be_called_from_anywhere() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    database.write(|c| put(c, "one", 1)).unwrap();
    struct ReadsWhenDropped(Database);
    impl Drop for ReadsWhenDropped {
        fn drop(&mut self) {
            assert_eq!(self.0.read(|c| get(c, "one")).unwrap(), Some(1));
        }
    }
    let open = || Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    let single = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    single.block_on(async { drop(ReadsWhenDropped(open())) });
    let several = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    several.block_on(async {
        let database = ReadsWhenDropped(open());
        tokio::spawn(async move { drop(database) }).await.unwrap();
    });
    thread::spawn(move || drop(ReadsWhenDropped(database))).join().unwrap();
}

/// How many threads of this process read and write sockets.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter(|task| {
            let name = task.as_ref().unwrap().path().join("comm");
            std::fs::read_to_string(name).is_ok_and(|name| name.starts_with("strongroom-pg"))
        })
        .count()
}

#[test]
fn a_database_that_is_dropped_leaves_no_connection_and_the_last_one_no_thread() {
    let (cluster, dsn) = server();
    let database = create(&dsn);
    let other = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    assert_eq!(other.read(|c| get(c, "0")).unwrap(), None);
    thread::scope(|scope| {
        (0..4).for_each(|n| {
            let database = &database;
            scope.spawn(move || database.write(|c| put(c, &n.to_string(), n)).unwrap());
        });
    });
    let connected = || cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'store'");
    let come_down_to = |connections: &str, of_threads: usize| {
        for _ in 0..1000 {
            if connected() == connections && threads() == of_threads {
                assert!(!cluster.log().contains("unexpected EOF"), "{}", cluster.log());
                return;
            }
        }
        panic!("{} connections, {} threads", connected(), threads());
    };
    assert!(connected().parse::<u32>().unwrap() > 1);
    drop(database);
    come_down_to("1", 1);
    assert_eq!(other.read(|c| get(c, "3")).unwrap(), Some(3));
    drop(other);
    come_down_to("0", 0);
}

#[test]
fn ten_that_create_or_upgrade_at_once_do_it_once() {
    const NEWER: Schema = Schema {
        what: "test",
        migrations: &[
            SCHEMA.migrations[0],
            Migration {
                number: 2,
                name: "second",
                sql: "CREATE TABLE second (x bigint)",
                needed_to_read: false,
            },
        ],
    };
    let (_cluster, dsn) = server();
    let limits = Limits::default();
    let all = |run: &(dyn Fn() -> Result<Database, Error> + Sync)| -> Vec<_> {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..10).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().map(drop)).collect()
        })
    };
    let created = all(&|| Database::create(&settings(&dsn), &SCHEMA, limits));
    assert_eq!(created.iter().filter(|result| result.is_ok()).count(), 1);
    for error in created.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    }
    let upgraded = all(&|| Database::open(&settings(&dsn), &NEWER, limits));
    assert!(upgraded.iter().all(|result| result.is_ok()), "{upgraded:?}");
    let error = Database::open(&settings(&dsn), &SCHEMA, limits).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.what().contains("newer"), "{error}");
}

#[test]
fn a_schema_of_another_kind_or_with_other_migrations_is_refused() {
    let (_cluster, dsn) = server();
    let limits = Limits::default();
    let absent = Database::open(&settings(&dsn), &SCHEMA, limits).err().unwrap();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    drop(create(&dsn));
    const OTHER: Schema = Schema {
        what: "other",
        migrations: &[Migration { name: "other", ..SCHEMA.migrations[0] }],
    };
    const CHANGED: Schema = Schema {
        what: "test",
        migrations: &[Migration { sql: "SELECT 1", ..SCHEMA.migrations[0] }],
    };
    let kind = |schema| Database::open(&settings(&dsn), schema, limits).err().unwrap().kind();
    assert_eq!(kind(&OTHER), ErrorKind::NotFound);
    assert_eq!(kind(&CHANGED), ErrorKind::Corrupt);
}

#[test]
fn a_lock_is_shared_or_held_alone_between_databases() {
    let (_cluster, dsn) = server();
    let (one, other) =
        (create(&dsn), Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap());
    let soon = std::time::Duration::from_millis(100);
    let shared = one.try_share("erasing").unwrap().unwrap();
    let again = other.try_share("erasing").unwrap().unwrap();
    assert!(other.lock_within("erasing", soon).unwrap().is_none());
    assert!(other.lock_within("another", soon).unwrap().is_some());
    drop((shared, again));
    let alone = other.lock_within("erasing", soon).unwrap().unwrap();
    assert!(one.try_share("erasing").unwrap().is_none());
    assert!(alone.is_held());
    drop(alone);
    assert!(one.try_share("erasing").unwrap().is_some());
}

#[test]
fn those_who_hold_locks_take_no_connection_from_the_work_that_they_do_under_them() {
    let (_cluster, dsn) = server();
    drop(create(&dsn));
    let limits = Limits { connections: 2, operation: Duration::from_secs(60), ..Limits::default() };
    let database = &Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let all = &Barrier::new(20);
    thread::scope(|scope| {
        for n in 0..20 {
            scope.spawn(move || {
                let lock = database.try_share("erasing").unwrap().unwrap();
                all.wait();
                database.write(|c| put(c, &n.to_string(), n)).unwrap();
                assert!(lock.is_held());
            });
        }
    });
    assert_eq!(count(database), 20);
}

#[test]
fn text_is_sorted_by_its_bytes_and_bytes_come_back_as_they_were() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    for (n, name) in ["b", "B", "a/b", "a-b", "a", "_", "é"].iter().enumerate() {
        database.write(move |c| put(c, name, n as i64)).unwrap();
    }
    let mut names = Vec::new();
    database
        .read(|c| {
            names.clear();
            c.query(
                "SELECT name FROM numbers WHERE name > ?1 ORDER BY name",
                &[Value::Text("")],
                &mut |row| {
                    names.push(row.text(0)?.to_owned());
                    Ok(())
                },
            )
        })
        .unwrap();
    assert_eq!(names, ["B", "_", "a", "a-b", "a/b", "b", "é"]);
}

#[test]
fn a_role_that_may_only_read_gets_a_read_only_database() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let in_store = |sql: &str| {
        let mut psql = cluster.client("psql");
        let output = psql.args(["-Xqc", sql]).env("PGDATABASE", "store").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    in_store(
        "CREATE ROLE reader LOGIN PASSWORD 'reads'; GRANT USAGE ON SCHEMA numbers TO reader; \
              GRANT SELECT ON ALL TABLES IN SCHEMA numbers TO reader",
    );
    let reader = settings(&cluster.dsn("reader", "reads", "store"));
    let database = Database::open(&reader, &SCHEMA, Limits::default()).unwrap();
    assert!(database.is_read_only());
    assert_eq!(count(&database), 0);
    let error = database.write(|c| put(c, "one", 1)).unwrap_err();
    assert_eq!((error.kind(), error.native()), (ErrorKind::Denied, Some("SQLSTATE 42501")));
}

#[test]
fn a_role_that_owns_nothing_can_do_all_but_upgrade() {
    const NEWER: Schema = Schema {
        what: "test",
        migrations: &[
            SCHEMA.migrations[0],
            Migration {
                number: 2,
                name: "second",
                sql: "CREATE TABLE second (x bigint)",
                needed_to_read: false,
            },
        ],
    };
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let mut psql = cluster.client("psql");
    let grants = "CREATE ROLE worker LOGIN PASSWORD 'works'; GRANT USAGE ON SCHEMA numbers TO worker; \
                  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA numbers TO worker";
    let output = psql.args(["-Xqc", grants]).env("PGDATABASE", "store").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let worker = settings(&cluster.dsn("worker", "works", "store"));
    let database = Database::open(&worker, &SCHEMA, Limits::default()).unwrap();
    assert!(!database.is_read_only());
    database.write(|c| put(c, "one", 1)).unwrap();
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), Some(1));
    let error = Database::open(&worker, &NEWER, Limits::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
}

#[test]
fn only_so_many_connections_are_made_and_waiting_for_one_ends() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let limits = Limits { connections: 2, operation: Duration::from_secs(60), ..Limits::default() };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let most = AtomicUsize::new(0);
    thread::scope(|scope| {
        for n in 0..8 {
            let (database, most, cluster) = (&database, &most, &cluster);
            scope.spawn(move || {
                database.write(|c| put(c, &n.to_string(), n)).unwrap();
                let now =
                    cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'store'");
                most.fetch_max(now.parse().unwrap(), Ordering::SeqCst);
            });
        }
    });
    assert!((1..=2).contains(&most.into_inner()));
    drop(database);
    let limits = Limits { operation: Duration::from_secs(2), ..limits };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let nested = database.read(|_| database.read(|_| database.read(|c| get(c, "1"))));
    assert_eq!(nested.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn a_password_with_every_odd_letter_works_and_a_wrong_one_is_denied_without_being_shown() {
    let (cluster, _) = server();
    drop(create(&cluster.admin_dsn()));
    let wrong = settings(&cluster.dsn("store", "planted-wrong-password", "store"));
    let error = Database::open(&wrong, &SCHEMA, Limits::default()).err().unwrap();
    assert_eq!((error.kind(), error.native()), (ErrorKind::Denied, Some("SQLSTATE 28P01")));
    assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
    assert!(!format!("{wrong:?} {wrong}").contains("planted"));
    assert!(cluster.admin_dsn().len() > Cluster::PASSWORD.len());
}

#[test]
fn the_password_file_is_used_and_must_be_private() {
    let (cluster, _) = server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgpass");
    let (host, port) = (cluster.socket_folder().display(), cluster.port());
    write_private(&file, &format!("# planted\nlocalhost:{port}:*:store:store-password\n"));
    let dsn =
        format!("host={host} port={port} user=store dbname=store passfile={}", file.display());
    drop(create(&dsn));
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let error = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
}

/// Who has asked ahead waits for something else meanwhile: half of the connections stay for all others.
#[test]
fn what_is_asked_ahead_leaves_half_of_the_connections_to_others() {
    const SQL: &str = "SELECT number FROM numbers WHERE name = convert_from(?1, 'UTF8')";
    let (_cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "one", 1)).unwrap();
    let limits = Limits { connections: 4, ..Limits::default() };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let question: &[&[u8]] = &[b"one"];
    assert!(database.send(SQL, question).is_none(), "no connection knows the statement");
    let all_there = Barrier::new(4);
    let query = || {
        database.read(|c| {
            all_there.wait();
            c.query(SQL, &[Value::Bytes(b"one")], &mut |_| Ok(()))
        })
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(query)).collect();
        all.into_iter().for_each(|one| one.join().unwrap().unwrap());
    });
    let sent = [(); 2].map(|()| database.send(SQL, question).unwrap());
    assert!(database.send(SQL, question).is_none());
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), Some(1));
    for sent in sent {
        assert_eq!(sent.rows().unwrap().unwrap()[0].integer(0).unwrap(), 1);
    }
    // Those whose answer nobody wants go back too.
    for _ in 0..10 {
        drop([(); 2].map(|()| database.send(SQL, question).unwrap()));
    }
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), Some(1));
}

#[test]
fn a_panic_of_the_work_undoes_it_and_leaves_no_open_transaction_behind() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let limits = Limits { connections: 1, ..Limits::default() };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let panics = || {
        database.write(|c| -> strongroom_backend::Result<()> {
            put(c, "one", 1)?;
            panic!("planted");
        })
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).unwrap_err();
    database.write(|c| put(c, "two", 2)).unwrap();
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), None);
    assert_eq!(count(&database), 1);
    assert!(!cluster.log().contains("already a transaction in progress"), "{}", cluster.log());
}

#[test]
fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let (_cluster, dsn) = server();
    drop(create(&dsn));
    let limits = Limits { statement: Duration::from_millis(300), ..Limits::default() };
    let database = Database::open(&settings(&dsn), &SCHEMA, limits).unwrap();
    let slow = |c: &strongroom_postgres::Connection<'_>| {
        c.query("SELECT 1 FROM pg_sleep(600)", &[], &mut |_| Ok(()))
    };
    for error in [database.read(slow).unwrap_err(), database.write(slow).unwrap_err()] {
        let expected = (ErrorKind::Unavailable, Some("SQLSTATE 57014"));
        assert_eq!((error.kind(), error.native()), expected, "{error}");
    }
    database.write(|c| put(c, "one", 1)).unwrap();
    assert_eq!(count(&database), 1);
}

#[test]
fn a_copy_of_all_rows_may_pause_and_has_longer_statements() {
    let (_cluster, dsn) = server();
    let database = create(&dsn);
    let bounds = |c: &strongroom_postgres::Connection<'_>| {
        let mut found = (String::new(), String::new());
        let sql = "SELECT current_setting('idle_in_transaction_session_timeout'), \
                   current_setting('statement_timeout')";
        c.query(sql, &[], &mut |row| {
            found = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
            Ok(())
        })?;
        Ok(found)
    };
    let mut copying = Default::default();
    database
        .read_all(|c| {
            copying = bounds(c)?;
            Ok(())
        })
        .unwrap();
    assert_eq!(copying, ("0".into(), "1min".into()));
    assert_eq!(database.write(bounds).unwrap(), ("10s".into(), "5s".into()));
}

#[test]
fn a_role_that_cannot_know_its_own_session_is_refused() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    cluster.sql("CREATE ROLE other; GRANT other TO store");
    let (host, port) = (cluster.socket_folder().display(), cluster.port());
    let dsn = format!(
        "host={host} port={port} user=store password=store-password dbname=store \
         options='-c role=other'"
    );
    let open = || Database::open(&settings(&dsn), &SCHEMA, Limits::default());
    let error = open().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.what().contains("pg_stat_activity"), "{error}");
    // A member may know, and it is refused for what it may not do.
    cluster.sql("REVOKE other FROM store; GRANT store TO other; ALTER ROLE store SUPERUSER");
    open().unwrap();
}

#[test]
fn marks_of_sessions_that_ended_long_ago_go_by_and_by() {
    let (cluster, dsn) = server();
    create(&dsn).write(|c| put(c, "count", 0)).unwrap();
    let in_store = |sql: &str| {
        let mut psql = cluster.client("psql");
        psql.args(["-XAtqc", sql]).env("PGDATABASE", "store");
        let output = psql.env("PGOPTIONS", "-csearch_path=numbers").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    in_store("INSERT INTO commits (session, number, made_at) VALUES ('old', 1, 1)");
    let is_there = "SELECT count(*) FROM commits WHERE session = 'old'";
    let mut first_writes = 0;
    while in_store(is_there) == "1" {
        assert!(first_writes < 4000, "no session removes the old mark");
        for _ in 0..16 {
            first_writes += 1;
            let database = Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
            database.write(|c| set(c, "count", first_writes)).unwrap();
        }
    }
    let left: i64 = in_store("SELECT count(*) FROM commits").parse().unwrap();
    assert!(left > first_writes, "marks of today went too: {left} of {first_writes}");
}
