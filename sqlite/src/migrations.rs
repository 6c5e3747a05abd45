//! Schemas that grow by numbered, checksummed steps.

use rusqlite::{Connection, ErrorCode, params};
use sha2::{Digest, Sha256};
use strongroom_backend::{Error, ErrorKind, Result, host_micros, step};

use crate::sql_error;

/// What a database file is, and how its schema came to be.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// SQLite's `application_id`, which tells our files apart.
    pub application_id: i32,
    /// What the file is called in messages: `metadata`, `shelf`.
    pub what: &'static str,
    /// Every migration, numbered from 1 without a gap.
    pub migrations: &'static [Migration],
}

/// One step of a schema. Its text never changes once it was released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, from 1.
    pub number: u32,
    /// Its name, for people.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
    /// Whether what reads needs it. A migration that only adds what writers use is not needed, and a
    /// database without it can be read on a read-only medium.
    pub needed_to_read: bool,
}

impl Migration {
    fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.sql).into()
    }
}

impl Schema {
    /// Refuses a file of another kind, a newer one, and one whose migrations were others than ours.
    /// Returns how many migrations are still to be applied.
    pub(crate) fn inspect(&self, connection: &Connection) -> Result<usize> {
        let id: i32 = connection
            .query_row("PRAGMA application_id", [], |row| row.get(0))
            .map_err(sql_error)?;
        if id != self.application_id {
            return Err(self.wrong_file());
        }
        let applied = self.applied(connection)?;
        if applied.len() > self.migrations.len() {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the {} database has schema {}, newer than this program's {}",
                    self.what,
                    applied.len(),
                    self.migrations.len()
                ),
                "use a newer Strongroom; nothing was changed",
            ));
        }
        for ((number, checksum), migration) in applied.iter().zip(self.migrations) {
            if *number != migration.number || checksum[..] != migration.checksum() {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("migration {number} of the {} database is not ours", self.what),
                    "use the Strongroom build that made this store, or restore a backup",
                ));
            }
        }
        Ok(self.migrations.len() - applied.len())
    }

    /// Whether a database that lacks the last `missing` migrations can be read as it is.
    pub(crate) fn can_be_read_without(&self, missing: usize) -> bool {
        let first = self.migrations.len() - missing;
        self.migrations[first..].iter().all(|migration| !migration.needed_to_read)
    }

    /// Applies what is missing, in one transaction that this process alone holds.
    pub(crate) fn migrate(&self, connection: &Connection) -> Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE").map_err(sql_error)?;
        let outcome = self.apply_missing(connection).and_then(|()| {
            step("schema.applied");
            connection.execute_batch("COMMIT").map_err(sql_error)
        });
        if outcome.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        outcome
    }

    fn apply_missing(&self, connection: &Connection) -> Result<()> {
        connection
            .execute_batch(&format!(
                "PRAGMA application_id = {};
                 CREATE TABLE IF NOT EXISTS schema_migrations (
                     number     INTEGER PRIMARY KEY,
                     name       TEXT    NOT NULL,
                     checksum   BLOB    NOT NULL,
                     applied_at INTEGER NOT NULL
                 ) STRICT;",
                self.application_id
            ))
            .map_err(sql_error)?;
        let missing = self.inspect(connection)?;
        for migration in &self.migrations[self.migrations.len() - missing..] {
            connection.execute_batch(migration.sql).map_err(sql_error)?;
            connection
                .execute(
                    "INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)",
                    params![migration.number, migration.name, migration.checksum(), host_micros()],
                )
                .map_err(sql_error)?;
        }
        Ok(())
    }

    fn applied(&self, connection: &Connection) -> Result<Vec<(u32, Vec<u8>)>> {
        let mut statement =
            match connection.prepare("SELECT number, checksum FROM schema_migrations ORDER BY 1") {
                // No such table.
                Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) => {
                    return Err(self.wrong_file());
                }
                prepared => prepared.map_err(sql_error)?,
            };
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(sql_error)?;
        rows.collect::<rusqlite::Result<_>>().map_err(sql_error)
    }

    /// For a database that needs a migration and cannot be written.
    pub(crate) fn outdated(&self) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("the {} database has an older schema and is read-only", self.what),
            "open it once where it can be written, so that it can be upgraded",
        )
    }

    fn wrong_file(&self) -> Error {
        Error::new(
            ErrorKind::Config,
            format!("this file is not a Strongroom {} database", self.what),
            "check the path in the config, or restore a backup",
        )
    }
}
