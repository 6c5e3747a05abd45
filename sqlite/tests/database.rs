//! The database as its two users see it: durable, shared, fair, readable where it cannot be written.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;

use rusqlite::params;
use strongroom_backend::{Error, ErrorKind, Result};
use strongroom_sqlite::{Database, Migration, Schema, Truncated, sql_error};

const ONE: &[Migration] = &[Migration {
    number: 1,
    name: "first",
    sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB NOT NULL) STRICT;",
    needed_to_read: true,
}];
const TWO: &[Migration] = &[
    ONE[0],
    Migration {
        number: 2,
        name: "second",
        sql: "ALTER TABLE t ADD COLUMN w TEXT;",
        needed_to_read: true,
    },
];
const CHANGED: &[Migration] =
    &[Migration { number: 1, name: "first", sql: "SELECT 1;", needed_to_read: true }];
const SCHEMA: Schema = Schema { application_id: 7, what: "test", migrations: ONE };

fn insert(database: &Database, id: i64) -> Result<()> {
    database.write(move |c| {
        c.prepare_cached("INSERT INTO t (id, v) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![id, vec![1u8; 10]]))
            .map(|_| ())
            .map_err(sql_error)
    })
}

fn count(database: &Database) -> i64 {
    database
        .read(|c| c.query_row("SELECT count(*) FROM t", [], |r| r.get(0)).map_err(sql_error))
        .unwrap()
}

fn open(path: &Path, migrations: &'static [Migration]) -> Result<Database> {
    Database::open(path, &Schema { migrations, ..SCHEMA })
}

#[test]
fn create_never_replaces_and_open_never_creates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    assert_eq!(open(&path, ONE).err().unwrap().kind(), ErrorKind::NotFound);
    drop(Database::create(&path, &SCHEMA).unwrap());
    let again = Database::create(&path, &SCHEMA).err().unwrap();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    let other = Schema { application_id: 8, ..SCHEMA };
    assert_eq!(Database::open(&path, &other).err().unwrap().kind(), ErrorKind::Config);
}

#[test]
fn migrations_are_applied_once_and_foreign_or_newer_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    insert(&Database::create(&path, &SCHEMA).unwrap(), 1).unwrap();
    assert_eq!(count(&open(&path, TWO).unwrap()), 1);
    assert_eq!(open(&path, ONE).err().unwrap().kind(), ErrorKind::Config);
    assert_eq!(open(&path, CHANGED).err().unwrap().kind(), ErrorKind::Config);
    let path = folder.path().join("b.db");
    drop(Database::create(&path, &SCHEMA).unwrap());
    assert_eq!(open(&path, CHANGED).err().unwrap().kind(), ErrorKind::Corrupt);
}

#[test]
fn ten_openers_at_once_apply_a_migration_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    drop(Database::create(&path, &SCHEMA).unwrap());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(|| open(&path, TWO).map(drop))).collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_failing_job_undoes_itself_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(&folder.path().join("a.db"), &SCHEMA).unwrap();
    std::thread::scope(|scope| {
        let (database, results) = (&database, mpsc::channel());
        for id in 0..64 {
            let send = results.0.clone();
            scope.spawn(move || {
                let outcome = database.write(move |c| {
                    c.execute("INSERT INTO t (id, v) VALUES (?1, x'00')", [id])
                        .map_err(sql_error)?;
                    match id % 2 {
                        0 => Ok(id),
                        _ => Err(Error::new(ErrorKind::Conflict, "odd", "use an even one")),
                    }
                });
                send.send((id, outcome.map_err(|e| e.kind()))).unwrap();
            });
        }
        drop(results.0);
        for (id, outcome) in results.1 {
            let expected = if id % 2 == 0 { Ok(id) } else { Err(ErrorKind::Conflict) };
            assert_eq!(outcome, expected);
        }
    });
    let ids: BTreeSet<i64> = database
        .read(|c| {
            let mut s = c.prepare("SELECT id FROM t").map_err(sql_error)?;
            let rows = s.query_map([], |r| r.get(0)).map_err(sql_error)?;
            rows.collect::<rusqlite::Result<_>>().map_err(sql_error)
        })
        .unwrap();
    assert_eq!(ids, (0..64).step_by(2).collect());
}

#[test]
fn emptying_the_log_says_busy_while_a_reader_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let database = Database::create(&path, &SCHEMA).unwrap();
    insert(&database, 1).unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM t;").unwrap();
    insert(&database, 2).unwrap();
    assert_eq!(database.truncate_wal().unwrap(), Truncated::Busy);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(database.truncate_wal().unwrap(), Truncated::Done);
    let log = folder.path().join("a.db-wal");
    assert_eq!(std::fs::metadata(log).map_or(0, |m| m.len()), 0);
}

#[test]
fn a_writer_that_another_process_keeps_out_gets_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let database = Database::create(&path, &SCHEMA).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(insert(&database, 1).unwrap_err().kind(), ErrorKind::Unavailable);
    other.execute_batch("ROLLBACK").unwrap();
    insert(&database, 1).unwrap();
}

#[test]
fn a_copy_holds_everything_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(&folder.path().join("a.db"), &SCHEMA).unwrap();
    (0..50).for_each(|id| insert(&database, id).unwrap());
    let copy = folder.path().join("copy.db");
    database.copy_to(&copy).unwrap();
    assert_eq!(count(&open(&copy, ONE).unwrap()), 50);
    assert_eq!(database.check().unwrap(), Vec::<String>::new());
}

/// SQLite follows a symbolic link and puts its log beside the target: so must our lock file.
#[test]
fn through_a_symbolic_link_everything_is_beside_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target/b.db"), folder.path().join("link/a.db"));
    for file in [&target, &link] {
        std::fs::create_dir(file.parent().unwrap()).unwrap();
    }
    drop(Database::create(&target, &SCHEMA).unwrap());
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let database = open(&link, ONE).unwrap();
    insert(&database, 1).unwrap();
    drop(database.open_lock("-lock").unwrap());
    let names = |file: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(file.parent().unwrap()).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    let beside = ["b.db", "b.db-lock", "b.db-shm", "b.db-turn", "b.db-wal"];
    assert_eq!(names(&target), beside.map(String::from).into());
    assert_eq!(names(&link), ["a.db".to_owned()].into());
    assert_eq!(database.path(), link);
    let refused = open(&link, CHANGED).err().unwrap();
    assert!(refused.what().starts_with("a.db: "), "{refused}");
    drop(database);
    std::fs::remove_file(&target).unwrap();
    let missing = open(&link, ONE).err().unwrap();
    assert!(missing.what().contains(link.to_str().unwrap()), "{missing}");
}

#[test]
fn the_turnstile_is_for_whoever_may_use_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    drop(Database::create(&path, &SCHEMA).unwrap());
    let shared = Permissions::from_mode(0o660);
    std::fs::set_permissions(&path, shared).unwrap();
    insert(&open(&path, ONE).unwrap(), 1).unwrap();
    let turn = std::fs::metadata(folder.path().join("a.db-turn")).unwrap();
    assert_eq!(turn.permissions().mode() & 0o7777, 0o660);
}
