//! The same on PostgreSQL: eight processes with four threads each, which is 32 connections at least, while
//! another brings the schema up to date again and again.

use std::path::{Path, PathBuf};

use strongroom::{KeyState, Layout, RootKeyId, RotateOptions, Store};
use strongroom_test_support::postgres::Cluster;

use crate::common::{path, put};
use crate::watcher::Watcher;
use crate::{check_everything, fill, run};

const PROCESSES: usize = 8;
const THREADS: usize = 4;

/// Takes back the last migration of the metadata, as if the store were of the release before. Nobody
/// without a token uses its table.
const DOWNGRADE: &str = "BEGIN; DROP TABLE m.encryptions; \
                         DELETE FROM m.schema_migrations WHERE number = 2; COMMIT";
const SCHEMA: &str = "SELECT max(number) FROM m.schema_migrations";
const CONNECTIONS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'strongroom'";

fn new_store(folder: &Path) -> (Cluster, Store) {
    let cluster = Cluster::start_with(&["max_connections=200"], |_| {});
    let place = |schema| PathBuf::from(format!("{}?schema={schema}", cluster.admin_dsn()));
    let layout = Layout::in_folder(folder);
    let layout = Layout { metadata: place("m"), shelf: place("s"), ..layout };
    let store = Store::create(&layout).unwrap();
    (cluster, store)
}

#[test]
fn no_update_is_lost_and_nobody_starves_while_the_schema_is_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, store) = new_store(folder.path());
    fill(&store);
    drop(store);
    let mut upgrader = Watcher::start(folder.path());
    let (mut upgrades, mut connections) = (0, 0);
    let reports = run(folder.path(), &[THREADS; PROCESSES], &mut || {
        cluster.sql(DOWNGRADE);
        assert_eq!(upgrader.ask("open"), "opened");
        assert_eq!(cluster.sql(SCHEMA), "2");
        upgrades += 1;
        connections = connections.max(cluster.sql(CONNECTIONS).parse().unwrap());
    });
    println!("{connections} connections at most, {upgrades} upgrades of the schema");
    assert!(connections >= PROCESSES * THREADS, "{connections} connections");
    assert!(upgrades > 1, "{upgrades} upgrades");
    check_everything(folder.path(), &reports);
    assert!(!cluster.log().contains("deadlock detected"), "{}", cluster.log());
}

/// Three other processes, all of which have just used what is ended.
fn watchers(folder: &Path) -> [Watcher; 3] {
    [(); 3].map(|()| Watcher::start(folder))
}

fn expect(watchers: &mut [Watcher], order: &str, answer: &str) {
    assert_eq!(differing(watchers, order, answer), Vec::<String>::new(), "{order}, not {answer}");
}

/// What those say whose answer is another.
fn differing(watchers: &mut [Watcher], order: &str, answer: &str) -> Vec<String> {
    let said = watchers.iter_mut().map(|watcher| watcher.ask(order));
    said.filter(|said| !said.starts_with(answer)).collect()
}

/// The controls of the checks, on this database.
#[test]
fn a_lost_update_and_a_version_of_two_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (_cluster, store) = new_store(folder.path());
    fill(&store);
    crate::lose_an_update(&store);
    crate::misreport_versions(&store);
}

/// The control: an erase is undone in the tables, as if it had never come to the others.
#[test]
fn an_erased_secret_that_others_serve_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (cluster, store) = new_store(folder.path());
    let (mut watchers, session) = (watchers(folder.path()), store.session());
    put(&session, "p/s", b"old").unwrap();
    expect(&mut watchers, "get p/s", "old");
    let kept = ["m.secrets", "m.versions", "m.erasures", "m.claims", "s.payloads"];
    for (n, table) in kept.iter().enumerate() {
        cluster.sql(&format!("CREATE TABLE kept_{n} AS TABLE {table}"));
    }
    session.erase(&path("p/s")).unwrap();
    expect(&mut watchers, "get p/s", "NotFound");
    for (n, table) in kept.iter().enumerate() {
        cluster.sql(&format!("DELETE FROM {table}; INSERT INTO {table} TABLE kept_{n}"));
    }
    assert_eq!(differing(&mut watchers, "get p/s", "NotFound"), ["old"; 3]);
}

#[test]
fn what_one_process_has_erased_no_other_serves() {
    let folder = tempfile::tempdir().unwrap();
    let (_cluster, store) = new_store(folder.path());
    let (mut watchers, session) = (watchers(folder.path()), store.session());
    for round in 0..20 {
        let (secret, project) = (format!("p/s{round}"), format!("erased-{round}"));
        let of_project = format!("{project}/s");
        put(&session, &secret, b"old").unwrap();
        put(&session, &of_project, b"old").unwrap();
        // Twice, so that each has it in all its caches.
        for at in [&secret, &secret, &of_project, &of_project] {
            expect(&mut watchers, &format!("get {at}"), "old");
        }
        session.erase(&path(&secret)).unwrap();
        expect(&mut watchers, &format!("get {secret}"), "NotFound");
        session.erase_project(&project).unwrap();
        expect(&mut watchers, &format!("get {of_project}"), "NotFound");
        // The project's key is gone too. Whoever still knows it must not encrypt with it.
        for (n, watcher) in watchers.iter_mut().enumerate() {
            assert_eq!(watcher.ask(&format!("put {project}/new{n} new{n}")), "1");
        }
        for n in 0..3 {
            expect(&mut watchers, &format!("get {project}/new{n}"), &format!("new{n}"));
        }
        expect(&mut watchers, &format!("get {of_project}"), "NotFound");
    }
}

#[test]
fn a_root_key_that_one_process_has_retired_no_other_uses() {
    let folder = tempfile::tempdir().unwrap();
    let (_cluster, store) = new_store(folder.path());
    let mut watchers = watchers(folder.path());
    put(&store.session(), "p/kept", b"kept").unwrap();
    expect(&mut watchers, "get p/kept", "kept");
    for round in 0..5 {
        let active = |key: &strongroom::RootKeyInfo| key.state == KeyState::Active;
        let old = store.root_keys().unwrap().into_iter().find(active).unwrap();
        store.rotate_keys(&RotateOptions::default(), &mut |_| {}).unwrap();
        let id = RootKeyId::new(old.id).unwrap();
        store.retire_key(&old.backend, &id).unwrap();
        for (n, watcher) in watchers.iter_mut().enumerate() {
            // A project of its own needs a key of its own, under the root key of now.
            assert_eq!(watcher.ask(&format!("put p{round}-{n}/s new")), "1");
        }
        expect(&mut watchers, "get p/kept", "kept");
        let keys = store.root_keys().unwrap();
        let used: Vec<_> = keys.iter().filter(|key| key.wraps > 0).collect();
        assert!(used.len() == 1 && active(used[0]), "{used:?}");
        assert!(store.check_keys().unwrap().iter().all(|check| check.result.is_ok()));
    }
}

/// A put is before the erase of its project, and then erased, or after it: what it was told counts.
#[test]
fn a_put_that_races_a_rotation_and_an_erase_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_cluster, store) = new_store(folder.path());
    let (mut watchers, session) = (watchers(folder.path()), store.session());
    let (mut before, mut after) = (0, 0);
    for round in 0..15 {
        put(&session, "race/first", b"first").unwrap();
        for (n, watcher) in watchers.iter_mut().enumerate() {
            watcher.begin(&format!("put race/s{n} {round}"));
        }
        std::thread::scope(|scope| {
            scope.spawn(|| store.rotate_keys(&RotateOptions::default(), &mut |_| {}).unwrap());
            session.erase_project("race").unwrap();
        });
        let puts: Vec<_> = watchers.iter().map(Watcher::answer).collect();
        assert!(puts.iter().all(|put| put.parse::<u32>().is_ok()), "{puts:?}");
        for n in 0..watchers.len() {
            match watchers[0].ask(&format!("get race/s{n}")) {
                got if got == round.to_string() => after += 1,
                got if got.starts_with("NotFound") => before += 1,
                got => panic!("race/s{n} in round {round}: {got}"),
            }
        }
        // After both, nothing of it is lost any more.
        for (n, watcher) in watchers.iter_mut().enumerate() {
            assert!(watcher.ask(&format!("put race/later{n} {round}")).parse::<u32>().is_ok());
        }
        for n in 0..3 {
            expect(&mut watchers, &format!("get race/later{n}"), &round.to_string());
        }
        session.erase_project("race").unwrap();
    }
    println!("{before} puts before the erase, {after} after it");
    crate::check::clean(&store).unwrap();
}
