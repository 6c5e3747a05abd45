//! A reader that cannot write, while somebody who can does: it never shows old data as new.

// A test says why it could not run.
#![allow(clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom_backend::{ErrorKind, Result};
use strongroom_sqlite::{Database, Migration, Schema, sql_error};

const SCHEMA: Schema = Schema {
    application_id: 7,
    what: "test",
    migrations: &[Migration {
        number: 1,
        name: "first",
        sql: "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT;",
        needed_to_read: true,
    }],
};

/// In the mount namespace: the folder that can be written, and the same one mounted read-only.
const FOLDERS: [&str; 2] = ["STRONGROOM_TEST_WRITABLE", "STRONGROOM_TEST_READ_ONLY"];

/// In the writer: the database, and whether it is killed instead of closing it.
const DATABASE: &str = "STRONGROOM_TEST_DATABASE";
const KILLED: &str = "STRONGROOM_TEST_KILLED";

#[derive(PartialEq)]
enum End {
    /// The log is written back and removed.
    Closed,
    /// The log stays, but nobody has its index.
    Killed,
}

/// What the other process does; as a test of its own it does nothing.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let database = Database::open(Path::new(&path), &SCHEMA).unwrap();
    let insert = "INSERT INTO t SELECT count(*) FROM t";
    database.write(|c| c.execute(insert, []).map(drop).map_err(sql_error)).unwrap();
    if std::env::var_os(KILLED).is_some() {
        std::process::exit(0);
    }
}

/// Has another process add a row.
fn add_row(folder: &Path, end: End) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "writer"]).env(DATABASE, folder.join("a.db"));
    if end == End::Killed {
        command.env(KILLED, "1");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let has_log = fs::metadata(folder.join("a.db-wal")).is_ok_and(|m| m.len() > 0);
    assert_eq!(has_log, end == End::Killed);
    if has_log {
        fs::remove_file(folder.join("a.db-shm")).unwrap();
    }
}

fn count(database: &Database) -> Result<i64> {
    database.read(|c| c.query_row("SELECT count(*) FROM t", [], |r| r.get(0)).map_err(sql_error))
}

/// Runs the test `name` again where a folder is mounted read-only in a second place, unseen by
/// others: as root, or as somebody who is root in a user namespace. There, gives both places.
fn mounted_twice(name: &str) -> Option<[PathBuf; 2]> {
    if let [Some(writable), Some(read_only)] = FOLDERS.map(std::env::var_os) {
        return Some([writable.into(), read_only.into()]);
    }
    let root = rustix::process::geteuid().is_root();
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(if root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
        command
    };
    if !unshare().arg("true").output().is_ok_and(|output| output.status.success()) {
        println!("SKIP - {name}: mounting needs root, or user namespaces");
        return None;
    }
    let (writable, read_only) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let script = "mount --bind \"$1\" \"$2\" && mount -o remount,bind,ro \"$2\" && \
                  exec \"$0\" --exact \"$3\"";
    let mut command = unshare();
    command.args(["sh", "-c", script]).arg(std::env::current_exe().unwrap());
    command.args([writable.path(), read_only.path()]).arg(name);
    command.env(FOLDERS[0], writable.path()).env(FOLDERS[1], read_only.path());
    let output = command.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.contains("1 passed"), "{output:?}");
    None
}

#[test]
fn a_reader_without_rights_sees_what_others_commit() {
    let name = "a_reader_without_rights_sees_what_others_commit";
    let Some([writable, read_only]) = mounted_twice(name) else { return };
    drop(Database::create(&writable.join("a.db"), &SCHEMA).unwrap());
    let reader = Database::open(&read_only.join("a.db"), &SCHEMA).unwrap();
    assert!(reader.is_read_only());
    assert_eq!(count(&reader).unwrap(), 0);
    let ends = [End::Closed, End::Killed, End::Killed, End::Closed, End::Closed];
    for (rows, end) in (1..).zip(ends) {
        add_row(&writable, end);
        assert_eq!(count(&reader).unwrap(), rows);
        assert_eq!(count(&reader).unwrap(), rows);
    }
}

#[test]
fn what_was_read_while_the_file_changed_is_not_believed() {
    let name = "what_was_read_while_the_file_changed_is_not_believed";
    let Some([writable, read_only]) = mounted_twice(name) else { return };
    drop(Database::create(&writable.join("a.db"), &SCHEMA).unwrap());
    let reader = Database::open(&read_only.join("a.db"), &SCHEMA).unwrap();
    let overtaken = reader.read(|_| {
        add_row(&writable, End::Closed);
        Ok(())
    });
    assert_eq!(overtaken.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(count(&reader).unwrap(), 1);
}

#[test]
fn an_older_database_is_read_where_only_writers_need_what_is_missing() {
    let name = "an_older_database_is_read_where_only_writers_need_what_is_missing";
    let Some([writable, read_only]) = mounted_twice(name) else { return };
    drop(Database::create(&writable.join("a.db"), &SCHEMA).unwrap());
    let second = |needed_to_read| Migration {
        number: 2,
        name: "second",
        sql: "CREATE TABLE u (id INTEGER) STRICT;",
        needed_to_read,
    };
    let open = |folder: &Path, needed_to_read| {
        // Leaked, because a schema is part of the program.
        let migrations = Box::leak(Box::new([SCHEMA.migrations[0], second(needed_to_read)]));
        let schema: &'static Schema = Box::leak(Box::new(Schema { migrations, ..SCHEMA }));
        Database::open(&folder.join("a.db"), schema)
    };
    let refused = open(&read_only, true).err().map(|e| e.kind());
    assert_eq!(refused, Some(ErrorKind::Unsupported));
    assert_eq!(count(&open(&read_only, false).unwrap()).unwrap(), 0);
    drop(open(&writable, true).unwrap());
    assert_eq!(count(&open(&read_only, true).unwrap()).unwrap(), 0);
}
