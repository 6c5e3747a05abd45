//! A server whose disk is full: that of its tables, or that of its log too.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use strongroom::{DoctorOptions, ErrorKind, Layout, Store};
use strongroom_test_support::postgres::Cluster;

use crate::full_disk::{Filled, fill_then_free};
use crate::mounts::{Disk, can_mount};

const MIB: usize = 1_024 * 1_024;

/// What the server writes its log into, one after the other.
const LOG_FILE: usize = 16 * MIB;

/// Who runs the server.
const NOBODY: u32 = 65534;

/// One operation, while the server starts again and the outcome of its commit is asked for.
const LIMIT: Duration = Duration::from_secs(40);

/// Whether this process may mount, and be two users. If not, see [`can_mount`].
fn can_mount_for_a_server(name: &str) -> bool {
    if rustix::process::geteuid().is_root() {
        return can_mount(name);
    }
    println!("SKIP - {name}: a server on a disk of its own needs root");
    false
}

fn layout(cluster: &Cluster, folder: &Path) -> Layout {
    let place = |schema| PathBuf::from(format!("{}?schema={schema}", cluster.admin_dsn()));
    Layout { metadata: place("m"), shelf: place("s"), ..Layout::in_folder(folder) }
}

#[test]
fn the_tables_of_a_server_on_the_full_disk() {
    if !can_mount_for_a_server("postgres::the_tables_of_a_server_on_the_full_disk") {
        return;
    }
    let (small, folder, cluster) =
        (Disk::new(6_000), tempfile::tempdir().unwrap(), Cluster::start());
    chown(small.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    cluster.sql(&format!("CREATE TABLESPACE small LOCATION '{}'", small.path().display()));
    cluster.sql("ALTER ROLE postgres SET default_tablespace = small");
    let ballast = small.path().join("ballast");
    fs::write(&ballast, vec![1; 2 * MIB]).unwrap();
    let layout = layout(&cluster, folder.path());
    let store = Store::create(&layout).unwrap();
    fill_then_free(store, &layout.config, &ballast);
    assert!(!cluster.log().contains("PANIC"), "{}", cluster.log());
}

/// A server that cannot write its log ends, and its clients do not learn what became of their commits.
#[test]
fn the_log_of_a_server_on_the_full_disk() {
    if !can_mount_for_a_server("postgres::the_log_of_a_server_on_the_full_disk") {
        return;
    }
    // Room for one file of the log, of 16 MiB.
    let (disk, folder) = (Disk::new(20 * 1_024), tempfile::tempdir().unwrap());
    let mut cluster = Cluster::start_with(&[], |data| move_to(&data.join("pg_wal"), disk.path()));
    let layout = layout(&cluster, folder.path());
    let mut filled = Filled::new(Store::create(&layout).unwrap());
    let used: usize = cluster.sql("SELECT pg_current_wal_lsn() - '0/0'").parse().unwrap();
    let left = LOG_FILE - used % LOG_FILE;
    let rows = left.saturating_sub(MIB) / 1_024;
    cluster.sql("CREATE TABLE filler (text text)");
    cluster.sql(&format!(
        "INSERT INTO filler SELECT repeat('x', 900) FROM generate_series(1, {rows})"
    ));

    let mut failed = Vec::new();
    let end = Instant::now() + Duration::from_secs(120);
    while !cluster.log().contains("PANIC") {
        assert!(Instant::now() < end, "{} puts: {}", filled.acknowledged.len(), cluster.log());
        failed.extend(filled.put_within(LIMIT).err());
    }
    let before = filled.acknowledged.len();
    failed.extend(filled.put_within(LIMIT).err());
    assert!(before > 5 && !failed.is_empty(), "the control: {before} puts, then {failed:?}");
    // Full, away, or gone before it could tell: nothing else.
    use ErrorKind::{StorageFull, Timeout, Unavailable};
    for error in &failed {
        assert!([StorageFull, Timeout, Unavailable].contains(&error.kind()), "{error}");
    }
    cluster.stop("immediate");
    run("mount", &[Path::new("-o"), Path::new("remount,size=100m"), disk.path()]);
    cluster.resume();
    filled.expect_acknowledged(&filled.store);
    for _ in 0..5 {
        filled.put_within(LIMIT).unwrap();
    }
    let options = DoctorOptions { repair: true, ..Default::default() };
    let report = filled.store.doctor(&options, &mut |_| {}).unwrap();
    assert_eq!(report.damaged, [], "{report:?}");
    filled.expect_acknowledged(&Store::open(&layout.config).unwrap());
    println!("{before} puts until the server ended, {} not acknowledged: {failed:?}", failed.len());
}

/// Has what is in a folder of the server on a disk, at the place where it was.
fn move_to(folder: &Path, disk: &Path) {
    run("cp", &[Path::new("-aT"), folder, disk]);
    run("mount", &[Path::new("--bind"), disk, folder]);
}

fn run(program: &str, arguments: &[&Path]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}
