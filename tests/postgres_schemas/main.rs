//! What every released schema was, kept as dumps of real stores: each is upgraded once, and read for ever.
//!
//! A schema that was released never changes. A new one gets a dump, without which these tests fail:
//! `STRONGROOM_WRITE_FIXTURES=1` writes it into `tests/golden/postgres`. Run it with a clock of
//! December 2024 (`faketime`): before what has expired in it, and so that no clock of a test machine is
//! behind it.
#![cfg(feature = "postgres")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../fixtures/contents.rs"]
mod contents;
mod dumps;
mod mirror;
mod processes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use strongroom::{ErrorKind, Store};
use strongroom_test_support::postgres::Cluster;

use common::{open, path, put};
use dumps::{OnServer, PLACES, folder_of, newest, released};

/// When each migration was applied.
const APPLIED: &str = "SELECT number, applied_at FROM strongroom.schema_migrations ORDER BY number";

#[test]
fn write_the_dump_of_the_newest_schema() {
    if std::env::var_os("STRONGROOM_WRITE_FIXTURES").is_none() {
        return;
    }
    let store = OnServer::create();
    contents::write(&store.open().unwrap());
    store.dump_to(&folder_of(newest()));
}

#[test]
fn every_schema_to_the_newest_has_a_dump() {
    for (place, (name, _)) in PLACES.iter().enumerate() {
        let mut numbers: Vec<_> = released().iter().map(|numbers| numbers[place]).collect();
        numbers.dedup();
        let all: Vec<_> = (1..=newest()[place]).collect();
        assert_eq!(numbers, all, "no dump of each schema of the {name}: see the top of this file");
    }
    assert!(released().contains(&newest()), "no dump of the newest schemas together");
}

#[test]
fn the_newest_dump_is_what_the_migrations_make() {
    let (made, loaded) = (OnServer::create(), OnServer::load(newest()));
    assert_eq!(made.catalogues(), loaded.catalogues());
}

/// The control: whatever else a migration does to a table is noticed.
#[test]
fn another_table_would_be_noticed() {
    let store = OnServer::load(newest());
    let differs = |change: &str| {
        let [before, _] = store.catalogues();
        store.sql("metadata", change);
        let [after, _] = store.catalogues();
        assert_ne!(before, after, "{change}");
    };
    differs("ALTER TABLE strongroom.secrets ADD COLUMN more bigint");
    differs("ALTER TABLE strongroom.secrets ALTER COLUMN more SET DEFAULT 7");
    differs("ALTER TABLE strongroom.secrets ALTER COLUMN labels DROP NOT NULL");
    differs("ALTER TABLE strongroom.secrets ALTER COLUMN labels SET STORAGE EXTERNAL");
    differs("ALTER TABLE strongroom.secrets ALTER COLUMN content_type TYPE text COLLATE \"POSIX\"");
    differs("ALTER TABLE strongroom.secrets ADD CHECK (next_number > 0)");
    differs("ALTER TABLE strongroom.secrets SET (fillfactor = 50)");
    differs("DROP INDEX strongroom.versions_expiring");
    differs("DROP TABLE strongroom.encryptions");
    differs("UPDATE strongroom.schema_migrations SET checksum = '' WHERE number = 1");
}

#[test]
fn a_store_of_each_released_schema_is_upgraded_once_and_read() {
    let expected = OnServer::create().catalogues();
    for numbers in released() {
        let store = OnServer::load(numbers);
        let before = store.sql("metadata", APPLIED);
        assert_eq!(before.lines().count(), numbers[0], "{before}");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| contents::expect(&store.open().unwrap()));
            }
        });
        assert_eq!(store.catalogues(), expected, "upgraded from {numbers:?}");
        let after = store.sql("metadata", APPLIED);
        assert!(after.starts_with(&before), "{after} after {before}");
        // And it can be written, and is not upgraded again.
        let open = store.open().unwrap();
        assert_eq!(put(&open.session(), "web1/borg", b"later").unwrap(), 4);
        assert!(open.session().get(&path("web1/borg")).unwrap().equals(b"later"));
        assert_eq!(store.sql("metadata", APPLIED), after);
    }
}

/// The control: the checks do notice another payload.
#[test]
fn another_store_would_be_noticed() {
    let store = OnServer::load(newest());
    let open = store.open().unwrap();
    put(&open.session(), "web1/borg", b"another").unwrap();
    assert!(contents::differences(&open).contains("web1/borg"));
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_oldest_schema_is_upgraded_once_while_others_use_the_store() {
    let oldest = released()[0];
    let store = &OnServer::load(oldest);
    let session = &store.open().unwrap().session();
    // As for a program of that time, the tables are not upgraded yet although it has opened the store.
    store.load_metadata_again(oldest);
    let before = store.sql("metadata", APPLIED);
    assert_eq!(before.lines().count(), oldest[0]);
    let upgraded = &AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop = StopAtEnd(upgraded);
        let user = scope.spawn(move || {
            let mut puts = 0;
            while !upgraded.load(Ordering::SeqCst) {
                put(session, "web1/shared", b"meanwhile").unwrap();
                puts += 1;
            }
            puts
        });
        let open = || assert_eq!(contents::differences(&store.open().unwrap()), "");
        let openers: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        openers.into_iter().for_each(|opener| opener.join().unwrap());
        upgraded.store(true, Ordering::SeqCst);
        let puts: u32 = user.join().unwrap();
        assert_eq!(put(session, "web1/shared", b"last").unwrap(), puts + 1);
    });
    let after = store.sql("metadata", APPLIED);
    assert!(after.starts_with(&before) && after.lines().count() == newest()[0], "{after}");
}

/// What the processes of the tests run; as a test of its own it does nothing.
#[test]
fn process() {
    processes::work();
}

const PROCESSES: usize = 10;

#[test]
fn the_oldest_schema_is_upgraded_once_by_ten_processes_that_start_at_once() {
    let oldest = released()[0];
    let store = OnServer::load(oldest);
    let before = store.sql("metadata", APPLIED);
    assert_eq!(before.lines().count(), oldest[0]);
    let openers = (0..PROCESSES).map(|_| processes::opener(store.folder())).collect();
    assert_eq!(processes::at_once(openers), [""; PROCESSES]);
    let after = store.sql("metadata", APPLIED);
    assert!(after.starts_with(&before) && after.lines().count() == newest()[0], "{after}");
    assert_eq!(store.catalogues(), OnServer::create().catalogues());
}

/// Each of them on a machine of its own, with a keyring that is not that of the others.
#[test]
fn one_of_ten_processes_makes_the_store_that_all_of_them_make_at_once() {
    let cluster = Cluster::start();
    let places = PLACES.map(|(database, _)| cluster.new_database(database));
    let folders: Vec<_> = (0..PROCESSES).map(|_| tempfile::tempdir().unwrap()).collect();
    let places = places.each_ref().map(String::as_str);
    let makers = folders.iter().map(|folder| processes::maker(folder.path(), places)).collect();
    let said = processes::at_once(makers);
    let made: Vec<_> = (0..PROCESSES).filter(|n| said[*n] == "made").collect();
    assert_eq!(made.len(), 1, "{said:#?}");
    let others = said.iter().filter(|said| said.starts_with("AlreadyExists: "));
    assert_eq!(others.count(), PROCESSES - 1, "{said:#?}");
    let store = open(folders[made[0]].path()).unwrap();
    put(&store.session(), "web1/borg", b"correct horse").unwrap();
    assert!(store.session().get(&path("web1/borg")).unwrap().equals(b"correct horse"));
}

#[test]
fn both_databases_have_the_same_migrations_tables_columns_and_indexes() {
    let (folder, server) = (tempfile::tempdir().unwrap(), OnServer::create());
    drop(Store::create(&strongroom::Layout::in_folder(folder.path())).unwrap());
    let ([metadata, shelf], [its_metadata, its_shelf]) =
        (mirror::of_files(folder.path()), mirror::of_server(&server));
    assert_eq!(metadata, its_metadata);
    // A table without such a number keeps remnants of what was deleted.
    let number = ["column id of payloads: integer not null", "key of payloads (id)"];
    let (by_number, by_reference) = ("unique payloads (reference)", "key of payloads (reference)");
    let only_in_file: Vec<_> = shelf.difference(&its_shelf).collect();
    assert_eq!(only_in_file, [number[0], number[1], by_number]);
    assert_eq!(its_shelf.difference(&shelf).collect::<Vec<_>>(), [by_reference]);
    for expected in [
        "column name of secrets: text not null",
        "column expires_at of versions: integer",
        "key of versions (secret_id, number)",
        "index keys_by_root of keys (backend, root_key_id)",
        "unique index projects_live of projects (name) where state = 1",
        "migration 2 encryptions",
    ] {
        assert!(metadata.contains(expected), "{expected}: {metadata:#?}");
    }
    assert!(shelf.contains("column envelope of payloads: blob not null"), "{shelf:#?}");

    // The control: what only one of them has is noticed.
    let mut before = its_metadata;
    for change in [
        "ALTER TABLE strongroom.secrets ADD COLUMN more bigint",
        "ALTER TABLE strongroom.secrets ALTER COLUMN labels DROP NOT NULL",
        "ALTER TABLE strongroom.secrets ALTER COLUMN more TYPE text",
        "DROP INDEX strongroom.versions_expiring",
        "CREATE TABLE strongroom.more (one bigint)",
        "INSERT INTO strongroom.schema_migrations VALUES (77, 'more', '', 0)",
    ] {
        server.sql("metadata", change);
        let [after, _] = mirror::of_server(&server);
        assert_ne!(before, after, "{change}");
        before = after;
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let store = OnServer::load(newest());
    let next = newest()[0] + 1;
    let later = format!("INSERT INTO strongroom.schema_migrations VALUES ({next}, 'later', '', 0)");
    store.sql("metadata", &later);
    let newer = store.open().unwrap_err();
    assert_eq!(newer.kind(), ErrorKind::Config);
    assert!(newer.what().contains("newer"), "{newer}");
}
