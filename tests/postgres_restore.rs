//! A store whose server is restored to a point in time, of a base backup and an archive of its log.
#![cfg(feature = "postgres")]

mod common;

use std::time::{Duration, Instant};

use common::{open_on, path, put};
use strongroom::{DoctorOptions, ErrorKind, Layout, Store};
use strongroom_test_support::fast_folder;
use strongroom_test_support::postgres::Cluster;

#[test]
fn a_restored_server_has_the_store_as_of_that_point() {
    let folder = fast_folder();
    let archive = folder.path().join("archive");
    let place = archive.display();
    let command = format!("archive_command=mkdir -p {place} && cp %p {place}/%f");
    let cluster = Cluster::start_in(folder, &["archive_mode=on", &command], |_| {});
    let [metadata, shelf] = ["metadata", "shelf"].map(|name| cluster.new_database(name));
    let files = tempfile::tempdir().unwrap();
    let places = Layout::in_folder(files.path());
    let layout = Layout { metadata: metadata.into(), shelf: shelf.into(), ..places };
    let store = Store::create(&layout).unwrap();
    let session = store.session();
    put(&session, "web1/first", b"first").unwrap();
    let base = cluster.base_backup(&[]);
    put(&session, "web1/second", b"second").unwrap();
    cluster.sql("SELECT pg_create_restore_point('then')");
    session.erase(&path("web1/first")).unwrap();
    put(&session, "web1/third", b"third").unwrap();
    archive_all(&cluster);

    let restored = base.restored(&archive, "then");
    let store = open_on(&restored, &cluster, files.path());
    let session = store.session();
    assert!(session.get(&path("web1/first")).unwrap().equals(b"first"));
    assert!(session.get(&path("web1/second")).unwrap().equals(b"second"));
    let later = session.get(&path("web1/third")).unwrap_err();
    assert_eq!(later.kind(), ErrorKind::NotFound, "{later}");
    let adopt = DoctorOptions { adopt: true, ..Default::default() };
    let report = store.doctor(&adopt, &mut |_| {}).unwrap();
    assert!(report.adopted && report.damaged.is_empty(), "{report:?}");
    assert_eq!((report.versions, report.strays), (2, 0), "{report:?}");
    // It is the store from now on.
    session.erase(&path("web1/first")).unwrap();
    assert_eq!(put(&session, "web1/second", b"changed").unwrap(), 2);
    assert!(session.get(&path("web1/second")).unwrap().equals(b"changed"));
}

/// Waits until all that was written is in the archive.
fn archive_all(cluster: &Cluster) {
    let last = cluster.sql("SELECT pg_walfile_name(pg_switch_wal())");
    let archived = format!("SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver");
    let end = Instant::now() + Duration::from_secs(60);
    while cluster.sql(&archived) != "t" {
        assert!(Instant::now() < end, "nothing is archived: {}", cluster.log());
    }
}
