//! A store in a private folder, and short words for the tests.

use std::path::{Path, PathBuf};

use strongroom::{ErrorKind, PutOptions, Result, SecretBytes, SecretPath, Session, Store};
use tempfile::TempDir;

pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) session: Session,
}

pub(crate) fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::common::create(folder.path());
    let session = store.session();
    Fixture { folder, store, session }
}

impl Fixture {
    pub(crate) fn config(&self) -> PathBuf {
        self.file("strongroom.toml")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, at: &str, payload: &str) -> u32 {
        self.session.put(&path(at), &bytes(payload), &PutOptions::default()).unwrap().version
    }

    pub(crate) fn get(&self, at: &str) -> Result<String> {
        let payload = self.session.get(&path(at))?;
        Ok(String::from_utf8(payload.to_vec()).unwrap())
    }

    /// Closes the store and changes its metadata behind its back.
    pub(crate) fn tamper(self, sql: &str) -> TempDir {
        let Fixture { folder, store, session } = self;
        drop((store, session));
        sql_on(&folder.path().join("metadata.db"), sql);
        folder
    }
}

pub(crate) fn sql_on(file: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(sql).unwrap();
    assert!(connection.changes() > 0, "nothing was changed by {sql}");
}

pub(crate) fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub(crate) fn bytes(text: &str) -> SecretBytes {
    SecretBytes::copy_of(text.as_bytes()).unwrap()
}

pub(crate) fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}
