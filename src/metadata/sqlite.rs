//! Metadata in a SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use strongroom_backend::{file_error, host_micros};
use strongroom_sqlite::{Database, Migration, Schema, sql_error};

use super::{Held, Metadata, Queries, Row, Value, Work};
use crate::{Error, ErrorKind, Result};

const SCHEMA: Schema = Schema {
    application_id: 0x5352_4D44,
    what: "metadata",
    migrations: &[Migration {
        number: 1,
        name: "first",
        sql: include_str!("migrations/0001_first.sql"),
    }],
};

/// How long a backup waits for erasures that are under way.
const HOLD_WAIT: Duration = Duration::from_secs(10);

/// Metadata in a SQLite file, shared by the processes of one machine.
pub(crate) struct SqliteMetadata {
    database: Database,
    erasing: PathBuf,
}

impl SqliteMetadata {
    pub(crate) fn create(path: &Path) -> Result<SqliteMetadata> {
        Database::create(path, &SCHEMA).map(SqliteMetadata::over)
    }

    pub(crate) fn open(path: &Path) -> Result<SqliteMetadata> {
        Database::open(path, &SCHEMA).map(SqliteMetadata::over)
    }

    fn over(database: Database) -> SqliteMetadata {
        let mut erasing = database.path().as_os_str().to_owned();
        erasing.push("-erasing");
        SqliteMetadata { database, erasing: erasing.into() }
    }

    /// Whoever destroys payloads shares this lock; a backup has it alone. The kernel takes it back
    /// from a process that dies.
    fn erasing_lock(&self) -> Result<File> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.erasing)
            .map_err(|e| file_error("open", &self.erasing, e))
    }
}

impl Metadata for SqliteMetadata {
    fn read(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()> {
        self.database.read(|connection| work(&Statements(connection)))
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

    fn now(&self) -> i64 {
        host_micros()
    }

    fn hold_erasures(&self) -> Result<Held> {
        let file = self.erasing_lock()?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Box::new(file)),
                Err(TryLockError::WouldBlock) if started.elapsed() < HOLD_WAIT => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "another backup, or an erase, has been running for 10 seconds",
                        "try again when it is done",
                    ));
                }
                Err(TryLockError::Error(e)) => return Err(file_error("lock", &self.erasing, e)),
            }
        }
    }

    fn permit_erasures(&self) -> Result<Option<Held>> {
        let file = self.erasing_lock()?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(file_error("lock", &self.erasing, e)),
        }
    }

    fn copy_to(&self, target: &Path) -> Result<()> {
        self.database.copy_to(target)
    }

    fn check(&self) -> Result<Vec<String>> {
        self.database.check()
    }
}

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
