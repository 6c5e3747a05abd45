//! A whole store in PostgreSQL: metadata and shelf, each under a role of its own.
#![cfg(feature = "postgres")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use strongroom::{
    DoctorOptions, ErrorKind, Layout, ListOptions, PutOptions, SecretBytes, SecretPath, Session,
    Store,
};
use strongroom_test_support::postgres::Cluster;
use tempfile::TempDir;

struct Fixture {
    cluster: Cluster,
    folder: TempDir,
    store: Store,
    session: Session,
}

fn fixture() -> Fixture {
    let cluster = Cluster::start();
    let (metadata, shelf) = (cluster.new_database("metadata"), cluster.new_database("shelf"));
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout {
        metadata: PathBuf::from(&metadata),
        shelf: PathBuf::from(&shelf),
        ..Layout::in_folder(folder.path())
    };
    let store = Store::create(&layout).unwrap();
    let session = store.session();
    Fixture { cluster, folder, store, session }
}

impl Fixture {
    fn open(&self) -> Store {
        Store::open(&self.folder.path().join("strongroom.toml")).unwrap()
    }
}

fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

fn put(session: &Session, at: &str, payload: &str) -> strongroom::Result<u32> {
    let payload = SecretBytes::copy_of(payload.as_bytes())?;
    session.put(&path(at), &payload, &PutOptions::default()).map(|receipt| receipt.version)
}

fn get(session: &Session, at: &str) -> strongroom::Result<String> {
    let payload = session.get(&path(at))?;
    Ok(String::from_utf8(payload.to_vec()).unwrap())
}

#[test]
fn what_one_process_puts_another_gets_lists_and_erases() {
    let fixture = fixture();
    assert_eq!(put(&fixture.session, "web1/db", "one").unwrap(), 1);
    assert_eq!(put(&fixture.session, "web1/db", "two").unwrap(), 2);
    let other = fixture.open();
    let session = other.session();
    assert_eq!(get(&session, "web1/db").unwrap(), "two");
    let page = session.list("web1", &ListOptions::default()).unwrap();
    assert_eq!(page.items.len(), 1);
    session.erase(&path("web1/db")).unwrap();
    assert_eq!(get(&fixture.session, "web1/db").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(put(&fixture.session, "web1/db", "three").unwrap(), 1);
    assert!(fixture.store.health().iter().all(|f| f.severity != strongroom::Severity::Error));
    let report = fixture.store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
}

/// Each part that needs the metadata would wait for it anew.
#[test]
fn health_asks_a_server_that_is_away_once_for_each_of_its_databases() {
    let mut fixture = fixture();
    put(&fixture.session, "web1/db", "one").unwrap();
    let parts = |fixture: &Fixture| {
        let errors = fixture.store.health().into_iter();
        let errors = errors.filter(|f| f.severity == strongroom::Severity::Error);
        errors.map(|f| f.part).collect::<Vec<_>>()
    };
    assert!(parts(&fixture).is_empty());
    fixture.cluster.crash();
    let away = parts(&fixture);
    for part in ["metadata", "clock", "backup", "expiry", "erasures", "root keys", "shelf main"] {
        assert!(away.iter().any(|found| found == part), "{part}: {away:?}");
    }
    let about_the_metadata: Vec<_> =
        fixture.store.health().into_iter().filter(|f| f.part == "clock").collect();
    assert!(about_the_metadata[0].message.contains("not tested"), "{about_the_metadata:?}");
    fixture.cluster.resume();
    assert!(parts(&fixture).is_empty());
}

#[test]
fn neither_place_holds_what_belongs_to_the_other() {
    let fixture = fixture();
    put(&fixture.session, "web1/planted-name", "planted-payload").unwrap();
    let dump = |database: &str| {
        let mut command = fixture.cluster.client("pg_dump");
        let output = command.args(["--inserts", database]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let (metadata, shelf) = (dump("metadata"), dump("shelf"));
    assert!(metadata.contains("planted-name") && !shelf.contains("planted"));
    let hex: String = b"planted-payload".iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!metadata.contains(&hex) && !shelf.contains(&hex));
}

#[test]
fn neither_role_may_read_the_tables_of_the_other() {
    let cluster = Cluster::start();
    cluster.sql("CREATE DATABASE store");
    let owner = |role: &str| {
        cluster.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'its-password'"));
        let mut psql = cluster.client("psql");
        let schema = format!("CREATE SCHEMA {role} AUTHORIZATION {role}");
        let output = psql.args(["-Xqc", &schema]).env("PGDATABASE", "store").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        cluster.dsn(role, "its-password", "store")
    };
    let (metadata, shelf) = (owner("strongroom"), owner("strongroom_shelf"));
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout {
        metadata: PathBuf::from(&metadata),
        shelf: PathBuf::from(&shelf),
        ..Layout::in_folder(folder.path())
    };
    let session = Store::create(&layout).unwrap().session();
    put(&session, "web1/db", "one").unwrap();
    let may_read = |dsn: &str, table: &str| {
        let select = format!("SELECT count(*) FROM {table}");
        let output = cluster.client("psql").args(["-XAtc", &select, dsn]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || said.contains("permission denied"), "{said}");
        output.status.success()
    };
    assert!(may_read(&metadata, "strongroom.secrets"));
    assert!(may_read(&shelf, "strongroom_shelf.payloads"));
    assert!(!may_read(&metadata, "strongroom_shelf.payloads"));
    assert!(!may_read(&shelf, "strongroom.secrets"));
}

#[test]
fn no_version_is_lost_or_given_twice_between_processes() {
    let fixture = fixture();
    let others: Vec<Store> = (0..3).map(|_| fixture.open()).collect();
    let numbers = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for (n, store) in others.iter().enumerate() {
            for thread in 0..2 {
                let numbers = &numbers;
                scope.spawn(move || {
                    let session = store.session();
                    for round in 0..10 {
                        let number = put(&session, "web1/shared", "payload").unwrap();
                        assert!(numbers.lock().unwrap().insert(number), "{number} given twice");
                        let own = format!("web1/own-{n}-{thread}-{round}");
                        put(&session, &own, &own).unwrap();
                        assert_eq!(get(&session, &own).unwrap(), own);
                    }
                });
            }
        }
    });
    let numbers: Vec<u32> = numbers.into_inner().unwrap().into_iter().collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
}

struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn every_acknowledged_put_survives_crashes_of_the_server_under_load() {
    let mut fixture = fixture();
    put(&fixture.session, "load/first", "first").unwrap();
    let session = &fixture.session.clone();
    let (stop, acknowledged) = (&AtomicBool::new(false), &Mutex::new(Vec::new()));
    let progress = || {
        let before = acknowledged.lock().unwrap().len();
        let end = Instant::now() + Duration::from_secs(120);
        while acknowledged.lock().unwrap().len() < before + 20 {
            assert!(Instant::now() < end, "nothing goes on");
            thread::sleep(Duration::from_millis(1));
        }
    };
    thread::scope(|scope| {
        // Also when an assertion fails: the scope waits for its threads.
        let _stop = StopAtEnd(stop);
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let at = format!("load/{thread}-{round}");
                    match put(session, &at, &at) {
                        Ok(_) => acknowledged.lock().unwrap().push(at),
                        Err(error) => assert!(
                            matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout),
                            "{error}"
                        ),
                    }
                }
            });
        }
        for mode in ["immediate", "fast"] {
            progress();
            fixture.cluster.stop(mode);
            fixture.cluster.resume();
        }
        progress();
    });
    for at in acknowledged.lock().unwrap().iter() {
        assert_eq!(&get(session, at).unwrap(), at);
    }
    let report = fixture.store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
}

type Act = Box<dyn FnOnce()>;

thread_local! {
    /// What this thread does at a step, once.
    static AT_STEP: RefCell<Option<(&'static str, Act)>> = RefCell::default();
}

fn at_step(step: &'static str, act: impl FnOnce() + 'static) {
    AT_STEP.set(Some((step, Box::new(act))));
    strongroom_backend::on_step(|step| {
        let due = AT_STEP.with_borrow_mut(|planned| planned.take_if(|(at, _)| *at == step));
        if let Some((_, act)) = due {
            act();
        }
    });
}

#[test]
fn a_backup_whose_hold_on_erasures_is_lost_fails_and_leaves_no_file() {
    let fixture = fixture();
    put(&fixture.session, "web1/db", "one").unwrap();
    let backup = |name: &str| {
        let file = fixture.folder.path().join(name);
        (fixture.store.backup(&file, None, &mut |_| {}), file.exists())
    };
    // Whoever is here meanwhile, only the session that holds the lock is ended.
    let mut psql = fixture.cluster.client("psql");
    psql.arg("-XAtc");
    at_step("backup.metadata-copied", move || {
        let holders = "FROM pg_locks WHERE locktype = 'advisory'";
        let end = format!("SELECT count(pg_terminate_backend(pid)) {holders}");
        let mut count = |sql: &str| String::from_utf8(psql.arg(sql).output().unwrap().stdout);
        assert_eq!(count(&end).unwrap().trim(), "1");
    });
    let (failed, left) = backup("lost");
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
    let files: Vec<_> = fixture.folder.path().read_dir().unwrap().map(|f| f.unwrap()).collect();
    let rest = files.iter().any(|f| f.file_name().to_string_lossy().contains("backup"));
    assert!(!left && !rest, "{files:?}");
    // The control: nobody interferes.
    let (made, there) = backup("whole");
    assert_eq!(made.unwrap().versions, 1);
    assert!(there);
}

/// A stray as old as can be.
fn lay_stray(fixture: &Fixture) {
    let mut psql = fixture.cluster.client("psql");
    let sql = "INSERT INTO strongroom_shelf.payloads VALUES (decode(repeat('01', 16), 'hex'), 'x')";
    assert!(psql.args(["-Xqd", "shelf", "-c", sql]).status().unwrap().success());
}

#[test]
fn strays_stay_after_a_promotion_until_the_store_is_adopted() {
    let mut fixture = fixture();
    put(&fixture.session, "web1/db", "one").unwrap();
    let repair = |fixture: &Fixture, adopt: bool| {
        let options = DoctorOptions { repair: true, adopt };
        fixture.store.doctor(&options, &mut |_| {}).unwrap()
    };
    // The control: the server as it was.
    lay_stray(&fixture);
    let report = repair(&fixture, false);
    assert_eq!((report.strays, report.strays_removed, report.refused), (1, 1, None));
    // What a restored archive does in place, without an archive.
    fixture.cluster.stop("fast");
    fixture.cluster.resume_on_a_new_timeline();
    lay_stray(&fixture);
    let report = repair(&fixture, false);
    assert_eq!((report.strays, report.strays_removed), (1, 0));
    let why = report.refused.unwrap();
    assert!(why.contains("doctor --adopt"), "{why}");
    // All else goes on.
    assert_eq!(put(&fixture.session, "web1/db", "two").unwrap(), 2);
    assert_eq!(get(&fixture.session, "web1/db").unwrap(), "two");
    fixture.session.erase(&path("web1/db")).unwrap();
    let report = repair(&fixture, true);
    assert_eq!((report.strays_removed, report.refused), (1, None));
}

/// The primary is gone when the erase is recorded, and the standby has it and does not show it yet.
#[test]
fn an_erase_is_not_done_because_a_standby_that_lags_knows_nothing_of_it() {
    let primary = Cluster::start();
    primary.new_database("metadata");
    let standby = primary.synchronous_standby();
    let hosts = [&primary, &standby].map(|server| server.socket_folder().display().to_string());
    let ports = [&primary, &standby].map(|server| server.port().to_string());
    let (hosts, ports) = (hosts.join(","), ports.join(","));
    let place = format!("host={hosts} port={ports} user=metadata password=metadata-password");
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout { metadata: PathBuf::from(place), ..Layout::in_folder(folder.path()) };
    let store = Store::create(&layout).unwrap();
    let session = store.session();
    put(&session, "web1/db", "one").unwrap();
    put(&session, "web1/other", "one").unwrap();
    // The control: with its primary an erase is done.
    session.erase(&path("web1/other")).unwrap();
    wait_for_replay(&primary, &standby);
    standby.sql("SELECT pg_wal_replay_pause()");
    let primary = std::rc::Rc::new(RefCell::new(primary));
    let goes = primary.clone();
    at_step("erase.recorded", move || goes.borrow_mut().crash());
    let error = session.erase(&path("web1/db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pending, "{error}");
    // The control: this is what whoever reads would have concluded from.
    session.describe(&path("web1/db")).unwrap();
}

fn wait_for_replay(primary: &Cluster, standby: &Cluster) {
    let written = primary.sql("SELECT pg_current_wal_lsn()");
    let end = Instant::now() + Duration::from_secs(60);
    while standby.sql(&format!("SELECT pg_last_wal_replay_lsn() >= '{written}'")) != "t" {
        assert!(Instant::now() < end, "{}", standby.log());
    }
}
