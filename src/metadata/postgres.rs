//! Metadata in a PostgreSQL schema, shared by any number of machines.

#[cfg(feature = "sqlite")]
mod copy;

use std::path::Path;
use std::time::Duration;

use strongroom_postgres::{Connection, Database, Limits, Lock, Migration, Schema, Settings};

use super::{Asked, Held, Hold, Metadata, Queries, Row, Value, Work};
use crate::{Error, ErrorKind, Result};

/// The schema where the connection string names none.
pub(crate) const DEFAULT_SCHEMA: &str = "strongroom";

const SCHEMA: Schema = Schema {
    what: "metadata",
    migrations: &[
        Migration {
            number: 1,
            name: "first",
            sql: include_str!("migrations/postgres/0001_first.sql"),
            needed_to_read: true,
        },
        Migration {
            number: 2,
            name: "encryptions",
            sql: include_str!("migrations/postgres/0002_encryptions.sql"),
            needed_to_read: false,
        },
    ],
};

/// Names the lock that whoever destroys payloads shares, and that a backup has alone.
const ERASING: &str = "erasing";

/// How long a backup waits for erasures that are under way.
const HOLD_WAIT: Duration = Duration::from_secs(10);

/// What a server answers that does not tell its history: no such function, not for this role, not here.
const UNTOLD: [&str; 3] = ["SQLSTATE 42883", "SQLSTATE 42501", "SQLSTATE 0A000"];

/// Metadata in a PostgreSQL schema.
pub(crate) struct PostgresMetadata {
    database: Database,
}

impl PostgresMetadata {
    pub(crate) fn create(settings: Settings) -> Result<PostgresMetadata> {
        let settings = settings.or_schema(DEFAULT_SCHEMA);
        let database = Database::create(&settings, &SCHEMA, Limits::default())?;
        Ok(PostgresMetadata { database })
    }

    /// `AlreadyExists` where there are such tables; any other error where they could not be made either.
    pub(crate) fn check_is_free(settings: Settings) -> Result<()> {
        Database::check_is_free(&settings.or_schema(DEFAULT_SCHEMA), &SCHEMA, Limits::default())
    }

    pub(crate) fn open(settings: Settings) -> Result<PostgresMetadata> {
        let settings = settings.or_schema(DEFAULT_SCHEMA);
        let database = Database::open(&settings, &SCHEMA, Limits::default())?;
        Ok(PostgresMetadata { database })
    }
}

impl Metadata for PostgresMetadata {
    fn read(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()> {
        self.database.read(|connection| work(&Statements(connection)))
    }

    fn read_before_write(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()> {
        self.read(work)
    }

    fn write(&self, mut work: Work) -> Result<()> {
        self.database.write(|connection| work(&Statements(connection)))
    }

    /// A copy of the database is another one only for whoever knows the server: the markers in the
    /// backends tell.
    fn identity(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// The server's system identifier, which its standbys share, and its timeline, which they do not once
    /// promoted.
    fn history(&self) -> Result<Option<Vec<u8>>> {
        // In a transaction that could write, which no standby takes.
        match self.database.write(history) {
            Err(error) if error.native().is_some_and(|native| UNTOLD.contains(&native)) => Ok(None),
            history => history.map(Some),
        }
    }

    fn is_read_only(&self) -> bool {
        self.database.is_read_only()
    }

    fn hold_erasures(&self) -> Result<Held> {
        if self.is_read_only() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "erasures cannot be held back from a server or role that may only read",
                "use the primary, and a role that may write",
            ));
        }
        match self.database.lock_within(ERASING, HOLD_WAIT)? {
            Some(lock) => Ok(Box::new(lock)),
            None => Err(Error::new(
                ErrorKind::Unavailable,
                "another backup, or an erase, has been running for 10 seconds",
                "try again when it is done",
            )),
        }
    }

    fn permit_erasures(&self) -> Result<Option<Held>> {
        if self.is_read_only() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the metadata cannot be written here, so nothing is destroyed",
                "erase where the store can be written",
            ));
        }
        let lock = self.database.try_share(ERASING)?;
        Ok(lock.map(|lock| Box::new(lock) as Held))
    }

    /// The copy is a SQLite file.
    #[cfg(feature = "sqlite")]
    fn copy_to(&self, target: &Path) -> Result<()> {
        copy::to_sqlite(&self.database, target)
    }

    #[cfg(not(feature = "sqlite"))]
    fn copy_to(&self, _: &Path) -> Result<()> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "this build of Strongroom has no SQLite, and so no files into which PostgreSQL is copied",
            "build it with the feature `sqlite`, or use pg_dump: docs/postgresql.md",
        ))
    }

    fn check(&self) -> Result<Vec<String>> {
        // The server checks its own pages; every row that decides something has a MAC.
        Ok(Vec::new())
    }
}

impl Hold for Lock {
    fn check(&self) -> Result<()> {
        Lock::check(self)
    }
}

/// System identifier (u64) || timeline (u32).
fn history(connection: &Connection<'_>) -> Result<Vec<u8>> {
    const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";
    const MAY_ASK: &str =
        "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";
    const SYSTEM: &str = "SELECT system_identifier FROM pg_catalog.pg_control_system()";
    let mut history = Vec::new();
    let mut may_ask = false;
    connection.query(MAY_ASK, &[], &mut |row| {
        may_ask = row.integer(0)? == 1;
        Ok(())
    })?;
    if may_ask {
        connection.query(SYSTEM, &[], &mut |row| {
            history.extend(row.integer(0)?.to_be_bytes());
            Ok(())
        })?;
    }
    history.resize(8, 0);
    connection.query(TIMELINE, &[], &mut |row| {
        let timeline = u32::from_str_radix(row.text(0)?, 16).unwrap_or_default();
        history.extend(timeline.to_be_bytes());
        Ok(())
    })?;
    Ok(history)
}

struct Statements<'a>(&'a Connection<'a>);

impl Queries for Statements<'_> {
    fn select(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.0.query(sql, &outwards(parameters), &mut |row| each(row))
    }

    fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        self.0.execute(sql, &outwards(parameters)).map(|rows| rows as usize)
    }

    fn ask_ahead(&self, queries: &[Asked<'_>]) -> Result<()> {
        with_all(queries, |queries| self.0.ask_ahead(queries))
    }

    fn execute_all(&self, statements: &[Asked<'_>]) -> Result<Vec<usize>> {
        let changed = with_all(statements, |statements| self.0.execute_all(statements))?;
        Ok(changed.into_iter().map(|rows| rows as usize).collect())
    }

    fn now(&self) -> Result<i64> {
        self.0.now()
    }

    fn stamp_lag(&self) -> i64 {
        // Whoever moves the stamp makes the others wait: once a second is enough.
        1_000_000
    }
}

impl Row for strongroom_postgres::Row {
    fn value(&self, column: usize) -> Result<Value<'_>> {
        use strongroom_postgres::Value as Theirs;
        Ok(match self.value(column)? {
            Theirs::Null => Value::Null,
            Theirs::Integer(number) => Value::Integer(number),
            Theirs::Text(text) => Value::Text(text),
            Theirs::Bytes(bytes) => Value::Bytes(bytes),
        })
    }
}

/// Hands statements over as the database takes them.
fn with_all<T>(
    asked: &[Asked<'_>],
    hand_over: impl FnOnce(&[strongroom_postgres::Asked<'_>]) -> Result<T>,
) -> Result<T> {
    let parameters: Vec<_> = asked.iter().map(|asked| outwards(&asked.parameters)).collect();
    let asked = asked.iter().zip(&parameters);
    hand_over(&asked.map(|(asked, given)| (asked.sql, &given[..])).collect::<Vec<_>>())
}

fn outwards<'v>(values: &[Value<'v>]) -> Vec<strongroom_postgres::Value<'v>> {
    use strongroom_postgres::Value as Theirs;
    let outwards = |value: &Value<'v>| match *value {
        Value::Null => Theirs::Null,
        Value::Integer(number) => Theirs::Integer(number),
        Value::Text(text) => Theirs::Text(text),
        Value::Bytes(bytes) => Theirs::Bytes(bytes),
    };
    values.iter().map(outwards).collect()
}
