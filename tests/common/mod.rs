//! A store in a private folder, and short words for the tests.

// Each test target uses a part of this.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use strongroom::{Layout, PutOptions, Result, SecretBytes, SecretPath, Session, Store};
use strongroom_test_support::postgres::{Cluster, own_schema, write_private};

pub(crate) fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub(crate) fn secret(bytes: &[u8]) -> SecretBytes {
    SecretBytes::copy_of(bytes).unwrap()
}

/// A store with everything in one folder, but for what is in PostgreSQL where this run of the tests is told
/// so.
pub(crate) fn layout(folder: &Path) -> Layout {
    let place = |file| own_schema().map_or(file, PathBuf::from);
    let layout = Layout::in_folder(folder);
    Layout { metadata: place(layout.metadata), shelf: place(layout.shelf), ..layout }
}

/// Makes such a store.
pub(crate) fn create(folder: &Path) -> Store {
    Store::create(&layout(folder)).unwrap()
}

/// Opens the store in a folder.
pub(crate) fn open(folder: &Path) -> Result<Store> {
    Store::open(&folder.join("strongroom.toml"))
}

/// Opens the store in a folder, whose databases are named after their roles, where another server has them.
pub(crate) fn open_on(other: &Cluster, instead_of: &Cluster, folder: &Path) -> Store {
    let config = fs::read_to_string(folder.join("strongroom.toml")).unwrap();
    let place = |of: &Cluster, name| of.dsn(name, &format!("{name}-password"), name);
    let moved = ["metadata", "shelf"].iter().fold(config, |text, name| {
        assert!(text.contains(&place(instead_of, name)));
        text.replace(&place(instead_of, name), &place(other, name))
    });
    let file = folder.join("other.toml");
    write_private(&file, &moved);
    Store::open(&file).unwrap()
}

/// Puts a payload and returns its version.
pub(crate) fn put(session: &Session, at: &str, payload: &[u8]) -> Result<u32> {
    session.put(&path(at), &secret(payload), &PutOptions::default()).map(|put| put.version)
}

/// The files of a folder, sorted.
pub(crate) fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Copies the files of a folder, with their permissions, into one that is there.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    for file in files_of(from) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// What `work` returns. It hangs, and the test fails, when it takes longer than `limit`.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, wait) = channel();
    let thread = std::thread::spawn(move || {
        let _ = done.send(work());
    });
    match wait.recv_timeout(limit) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("{what} hangs"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("a thread that ends well has sent its value"),
        },
    }
}
