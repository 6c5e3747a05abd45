//! Metadata in a SQLite file.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use strongroom_backend::{file_error, host_micros};
use strongroom_sqlite::{Database, FileLock, Migration, Schema, sql_error};

use super::{Held, Hold, Metadata, Queries, Row, Value, Work};
use crate::{Error, ErrorKind, Result};

const SCHEMA: Schema = Schema {
    application_id: 0x5352_4D44,
    what: "metadata",
    migrations: &[
        Migration {
            number: 1,
            name: "first",
            sql: include_str!("migrations/0001_first.sql"),
            needed_to_read: true,
        },
        Migration {
            number: 2,
            name: "encryptions",
            sql: include_str!("migrations/0002_encryptions.sql"),
            needed_to_read: false,
        },
    ],
};

/// Names the lock that whoever destroys payloads shares, and that a backup has alone.
const ERASING: &str = "-erasing";

/// How long a backup waits for erasures that are under way.
const HOLD_WAIT: Duration = Duration::from_secs(10);

/// Metadata in a SQLite file, shared by the processes of one machine.
pub(crate) struct SqliteMetadata {
    database: Database,
}

impl SqliteMetadata {
    pub(crate) fn create(path: &Path) -> Result<SqliteMetadata> {
        Database::create(path, &SCHEMA).map(|database| SqliteMetadata { database })
    }

    pub(crate) fn open(path: &Path) -> Result<SqliteMetadata> {
        Database::open(path, &SCHEMA).map(|database| SqliteMetadata { database })
    }
}

impl Metadata for SqliteMetadata {
    fn read(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()> {
        self.database.read(|connection| work(&Statements(connection)))
    }

    fn read_before_write(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()> {
        self.database.read_snapshot(|connection| work(&Statements(connection)))
    }

    fn write(&self, mut work: Work) -> Result<()> {
        self.database.write(move |connection| work(&Statements(connection)))
    }

    fn identity(&self) -> Result<Option<Vec<u8>>> {
        identity_of(self.database.path()).map(Some)
    }

    fn is_read_only(&self) -> bool {
        self.database.is_read_only()
    }

    fn hold_erasures(&self) -> Result<Held> {
        let Some(lock) = self.database.open_lock(ERASING)? else {
            // Nobody has ever destroyed anything here, and we cannot.
            return Ok(Box::new(()));
        };
        if lock.lock_within(HOLD_WAIT)? {
            return Ok(Box::new(lock));
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "another backup, or an erase, has been running for 10 seconds",
            "try again when it is done",
        ))
    }

    fn permit_erasures(&self) -> Result<Option<Held>> {
        if self.is_read_only() {
            // Payloads elsewhere may still be within reach, but what is done could not be recorded.
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the metadata cannot be written here, so nothing is destroyed",
                "erase where the store can be written",
            ));
        }
        match self.database.open_lock(ERASING)? {
            Some(lock) if lock.try_share()? => Ok(Some(Box::new(lock))),
            _ => Ok(None),
        }
    }

    fn copy_to(&self, target: &Path) -> Result<()> {
        self.database.copy_to(target)
    }

    fn check(&self) -> Result<Vec<String>> {
        self.database.check()
    }
}

/// It is a lock of the kernel, held until it is given back.
impl Hold for FileLock {}

/// A copy of a file has another inode, or another birth time where it got the same one again.
fn identity_of(path: &Path) -> Result<Vec<u8>> {
    let metadata = std::fs::metadata(path).map_err(|e| file_error("read", path, e))?;
    let born = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let born = born.map_or(0, |since| since.as_micros() as i64);
    Ok([metadata.ino().to_be_bytes(), born.to_be_bytes()].concat())
}

struct Statements<'a>(&'a Connection);

impl Queries for Statements<'_> {
    fn select(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.0.prepare_cached(sql).map_err(sql_error)?;
        let parameters = rusqlite::params_from_iter(parameters);
        let mut rows = statement.query(parameters).map_err(sql_error)?;
        while let Some(row) = rows.next().map_err(sql_error)? {
            each(row)?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        let mut statement = self.0.prepare_cached(sql).map_err(sql_error)?;
        statement.execute(rusqlite::params_from_iter(parameters)).map_err(|error| {
            match error.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => Error::new(
                    ErrorKind::AlreadyExists,
                    "the row is there already",
                    "choose another name",
                )
                .with_source(error),
                _ => sql_error(error),
            }
        })
    }

    fn now(&self) -> Result<i64> {
        Ok(host_micros())
    }
}

impl Row for rusqlite::Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>> {
        let unreadable = || {
            Error::new(ErrorKind::Corrupt, "a metadata column is unreadable", "restore a backup")
        };
        match self.get_ref(column).map_err(sql_error)? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Integer(number)),
            ValueRef::Text(text) => {
                std::str::from_utf8(text).map(Value::Text).map_err(|_| unreadable())
            }
            ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
            ValueRef::Real(_) => Err(unreadable()),
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const READ_ONLY_FOLDER: &str = "STRONGROOM_TEST_READ_ONLY_FOLDER";

    fn create(folder: &Path) -> SqliteMetadata {
        SqliteMetadata::create(&folder.join("metadata.db")).unwrap()
    }

    #[test]
    fn a_backup_and_erasures_keep_each_other_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = create(folder.path());
        let permits = [metadata.permit_erasures(), metadata.permit_erasures()];
        assert!(permits.into_iter().all(|permit| permit.unwrap().is_some()));
        let held = metadata.hold_erasures().unwrap();
        assert!(metadata.permit_erasures().unwrap().is_none());
        drop(held);
        assert!(metadata.permit_erasures().unwrap().is_some());
    }

    /// Runs this test again where `folder` is mounted read-only, unseen by others.
    fn run_where_read_only(folder: &Path) -> bool {
        let root = rustix::process::geteuid().is_root();
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(if root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
            command
        };
        if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
            println!("SKIP - mounting needs root, or user namespaces");
            return false;
        }
        let mount = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$0\" \
                     --exact metadata::sqlite::tests::a_read_only_medium_can_be_backed_up";
        let mut command = unshare();
        command.args(["sh", "-c", mount]).arg(std::env::current_exe().unwrap()).arg(folder);
        let output = command.env(READ_ONLY_FOLDER, folder).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && shown.contains("1 passed"), "{output:?}");
        true
    }

    #[test]
    fn a_read_only_medium_can_be_backed_up() {
        let Some(folder) = std::env::var_os(READ_ONLY_FOLDER) else {
            let folder = tempfile::tempdir().unwrap();
            drop(create(folder.path()));
            assert!(!folder.path().join("metadata.db-erasing").exists());
            if run_where_read_only(folder.path()) {
                let metadata = SqliteMetadata::open(&folder.path().join("metadata.db")).unwrap();
                drop(metadata.permit_erasures().unwrap());
                assert!(folder.path().join("metadata.db-erasing").exists());
                run_where_read_only(folder.path());
            }
            return;
        };
        let folder = Path::new(&folder);
        let metadata = SqliteMetadata::open(&folder.join("metadata.db")).unwrap();
        assert!(metadata.is_read_only());
        let held = metadata.hold_erasures().unwrap();
        let target = tempfile::tempdir().unwrap();
        metadata.copy_to(&target.path().join("copy")).unwrap();
        drop(held);
        let refused = metadata.permit_erasures().err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert!(SqliteMetadata::open(&target.path().join("copy")).is_ok());
    }
}
