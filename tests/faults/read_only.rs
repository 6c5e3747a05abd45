//! A store that can only be read: by rights, and on a read-only medium.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{ErrorKind, GetOptions, ListOptions, Result, Severity, State};
use strongroom_test_support::{Victim, hear, tell};

use crate::common::{copy_files, create, files_of, open, path, put};
use crate::helper::{self, folder, this_program, variables};
use crate::mounts::{Disk, can_mount};

const PAYLOADS: [(&str, u32, &str); 4] =
    [("a/b", 1, "first"), ("a/b", 2, "second"), ("a/c", 1, "third"), ("b/d", 1, "last")];

/// Whom root becomes to have no rights.
const NOBODY: u32 = 65_534;

/// What the last writer has left.
#[derive(Debug, Clone, Copy)]
enum Left {
    Nothing,
    LogAlone,
    LogAndIndex,
}

/// A store with the payloads, in a new folder in `parent`.
fn store_with(parent: &Path, left: Left) -> PathBuf {
    let folder = parent.join("store");
    fs::create_dir(&folder).unwrap();
    drop(create(&folder));
    match left {
        Left::Nothing => {
            let store = open(&folder).unwrap();
            put_all(&store.session());
        }
        Left::LogAlone | Left::LogAndIndex => {
            let task = "put and wait to be killed";
            let mut writer = Victim::start_test("helper_process", &variables(task, &folder));
            assert_eq!(writer.answer().as_deref(), Some("put"));
            writer.kill();
        }
    }
    for database in ["metadata.db", "payloads.db"] {
        let (log, index) = (format!("{database}-wal"), format!("{database}-shm"));
        if let Left::LogAlone = left {
            fs::remove_file(folder.join(&index)).unwrap();
        }
        let has = |name| fs::metadata(folder.join(name)).is_ok_and(|m| m.len() > 0);
        let expected = match left {
            Left::Nothing => (false, false),
            Left::LogAlone => (true, false),
            Left::LogAndIndex => (true, true),
        };
        assert_eq!((has(&log), has(&index)), expected, "{left:?}");
    }
    folder
}

fn put_all(session: &strongroom::Session) {
    for (at, version, payload) in PAYLOADS {
        assert_eq!(put(session, at, payload.as_bytes()).unwrap(), version);
    }
}

/// In the writer that is killed.
pub(crate) fn put_and_wait() {
    let store = open(&folder()).unwrap();
    put_all(&store.session());
    tell("put");
    hear();
}

/// In a process that can only read: everything that reads works, and what writes says why it cannot.
pub(crate) fn use_read_only() {
    let store = open(&folder()).unwrap();
    let session = store.session();
    assert!(store.is_read_only());
    for (at, version, payload) in PAYLOADS {
        let options = GetOptions { version: Some(version), ..Default::default() };
        assert!(session.get_with(&path(at), &options).unwrap().payload.equals(payload.as_bytes()));
    }
    assert!(session.get(&path("a/b")).unwrap().equals(b"second"));
    let listed = session.list("a", &ListOptions::default()).unwrap().items;
    assert_eq!(listed.iter().map(|info| info.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(session.projects(&ListOptions::default()).unwrap().items.len(), 2);
    assert_eq!(session.describe(&path("a/b")).unwrap().current, Some(2));
    assert_eq!(session.versions(&path("a/b")).unwrap().len(), 2);
    let health = store.health();
    assert!(health.iter().all(|h| h.severity != Severity::Error), "{health:?}");
    assert!(health.iter().any(|h| h.message.contains("read-only")), "{health:?}");
    let report = store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.versions, report.strays, report.damaged.len()), (4, 0, 0));
    let refused = |what: &str, result: Result<()>| {
        let error = result.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{what}: {error}");
        assert!(error.next().contains("writable"), "{what}: {error}");
    };
    refused("put", put(&session, "a/b", b"x").map(|_| ()));
    refused("put a new secret", put(&session, "c/e", b"x").map(|_| ()));
    refused("set state", session.set_state(&path("a/b"), 1, State::Deactivated));
    refused("erase", session.erase(&path("a/b")));
    refused("erase project", session.erase_project("a"));
    assert!(session.get(&path("a/b")).unwrap().equals(b"second"));
}

/// Name, length, content and times of all that is in a folder.
fn picture(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, i64, i64)> {
    let entry = |file: PathBuf| {
        let about = fs::metadata(&file).unwrap();
        let content = fs::read(&file).unwrap();
        (file, (content, about.mtime(), about.mtime_nsec()))
    };
    files_of(folder).into_iter().map(entry).collect()
}

/// The log is needed: without it the payloads are not there, so reading them proves that it is read.
fn expect_log_matters(folder: &Path) {
    let copy = tempfile::tempdir().unwrap();
    copy_files(folder, copy.path());
    for database in ["metadata.db", "payloads.db"] {
        fs::remove_file(copy.path().join(format!("{database}-wal"))).unwrap();
        let _ = fs::remove_file(copy.path().join(format!("{database}-shm")));
    }
    let store = open(copy.path()).unwrap();
    assert!(store.session().get(&path("b/d")).is_err());
}

fn by_rights(left: Left) {
    let parent = tempfile::tempdir().unwrap();
    let folder = store_with(parent.path(), left);
    if !matches!(left, Left::Nothing) {
        expect_log_matters(&folder);
    }
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    for file in files_of(&folder) {
        mode(&file, 0o400);
    }
    let mut program = Command::new(this_program());
    if rustix::process::geteuid().is_root() {
        // Nobody must be able to reach the program, and owns the keyring, which is for its owner.
        let copy = parent.path().join("program");
        fs::copy(this_program(), &copy).unwrap();
        mode(&copy, 0o755);
        mode(parent.path(), 0o755);
        for path in files_of(&folder).iter().chain([&folder]) {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        program = Command::new("setpriv");
        let id = NOBODY.to_string();
        // A log that was left behind is read from a copy.
        let temporary = parent.path().join("temporary");
        fs::create_dir(&temporary).unwrap();
        chown(&temporary, Some(NOBODY), None).unwrap();
        program.env("TMPDIR", temporary);
        program.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(copy);
    }
    mode(&folder, 0o500);
    let before = picture(&folder);
    helper::run(program, "use a read-only store", &folder);
    assert!(picture(&folder) == before, "reading changed the folder: {:?}", files_of(&folder));
    // The control: with rights the same process can write, and so fails its checks.
    let owner = rustix::process::geteuid().as_raw();
    files_of(&folder).iter().for_each(|file| chown(file, Some(owner), None).unwrap());
    mode(&folder, 0o700);
    files_of(&folder).iter().for_each(|file| mode(file, 0o600));
    let store = open(&folder).unwrap();
    assert!(!store.is_read_only());
    assert_eq!(put(&store.session(), "a/b", b"x").unwrap(), 3);
}

fn by_medium(left: Left) {
    let disk = Disk::new(16 * 1_024);
    let folder = store_with(disk.path(), left);
    disk.make_read_only();
    let before = picture(&folder);
    helper::run(Command::new(this_program()), "use a read-only store", &folder);
    assert!(picture(&folder) == before, "reading changed the folder: {:?}", files_of(&folder));
}

#[test]
fn without_rights_after_a_clean_close() {
    by_rights(Left::Nothing);
}

#[test]
fn without_rights_with_a_log_left_behind() {
    by_rights(Left::LogAlone);
}

#[test]
fn without_rights_with_a_log_and_its_index_left_behind() {
    by_rights(Left::LogAndIndex);
}

#[test]
fn on_a_read_only_medium_after_a_clean_close() {
    if can_mount("read_only::on_a_read_only_medium_after_a_clean_close") {
        by_medium(Left::Nothing);
    }
}

#[test]
fn on_a_read_only_medium_with_a_log_left_behind() {
    if can_mount("read_only::on_a_read_only_medium_with_a_log_left_behind") {
        by_medium(Left::LogAlone);
    }
}

#[test]
fn on_a_read_only_medium_with_a_log_and_its_index_left_behind() {
    if can_mount("read_only::on_a_read_only_medium_with_a_log_and_its_index_left_behind") {
        by_medium(Left::LogAndIndex);
    }
}
