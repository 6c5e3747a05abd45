//! A store in a private folder, and short words for the tests.

use std::path::{Path, PathBuf};

use strongroom::{ErrorKind, Layout, PutOptions, Result, SecretBytes, SecretPath, Session, Store};
use tempfile::TempDir;

pub struct Fixture {
    pub folder: TempDir,
    pub store: Store,
    pub session: Session,
}

pub fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&Layout::in_folder(folder.path())).unwrap();
    let session = store.session();
    Fixture { folder, store, session }
}

impl Fixture {
    pub fn config(&self) -> PathBuf {
        self.file("strongroom.toml")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, at: &str, payload: &str) -> u32 {
        self.session.put(&path(at), &bytes(payload), &PutOptions::default()).unwrap().version
    }

    pub fn get(&self, at: &str) -> Result<String> {
        let payload = self.session.get(&path(at))?;
        Ok(String::from_utf8(payload.to_vec()).unwrap())
    }

    /// Closes the store and changes its metadata behind its back.
    pub fn tamper(self, sql: &str) -> TempDir {
        let Fixture { folder, store, session } = self;
        drop((store, session));
        sql_on(&folder.path().join("metadata.db"), sql);
        folder
    }
}

pub fn sql_on(file: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(sql).unwrap();
    assert!(connection.changes() > 0, "nothing was changed by {sql}");
}

pub fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub fn bytes(text: &str) -> SecretBytes {
    SecretBytes::copy_of(text.as_bytes()).unwrap()
}

pub fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("an error").kind()
}
