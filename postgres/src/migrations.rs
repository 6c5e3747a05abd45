//! Schemas that grow by numbered, checksummed steps.

use std::time::Duration;

use sha2::{Digest, Sha256};
use strongroom_backend::{Error, ErrorKind, Result};

use crate::connection::Connection;
use crate::database::Database;
use crate::settings::Settings;
use crate::turns;
use crate::value::Value;

/// The longest that a change of the schema, or waiting for another process that makes it, may take.
const LONGEST: Duration = Duration::from_secs(300);

/// Which migrations were applied, and the marks of transactions.
const OWN_TABLES: &str = "
    CREATE TABLE schema_migrations (
        number     bigint NOT NULL PRIMARY KEY,
        name       text   NOT NULL,
        checksum   bytea  NOT NULL,
        applied_at bigint NOT NULL
    );
    CREATE TABLE commits (
        session bytea  NOT NULL PRIMARY KEY,
        number  bigint NOT NULL,
        fences  bigint NOT NULL DEFAULT 0,
        made_at bigint NOT NULL
    ) WITH (fillfactor = 50);";

/// Whether the role may make tables in the schema, or the schema where there is none.
const MAY_CREATE: &str = "SELECT coalesce( \
     has_schema_privilege(to_regnamespace(?1), 'CREATE') \
         AND has_schema_privilege(to_regnamespace(?1), 'USAGE'), \
     has_database_privilege(current_database(), 'CREATE'))";

/// What a schema holds, and how it came to be.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// What it is called in messages: `metadata`, `shelf`.
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
    /// database without it can be read on a standby.
    pub needed_to_read: bool,
}

impl Migration {
    fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.sql).into()
    }
}

impl Schema {
    /// Makes the schema, its tables and all that they need.
    pub(crate) fn create(&self, database: &Database) -> Result<()> {
        let (name, schema) = (database.settings().schema().to_owned(), *self);
        database.change_schema(LONGEST, move |connection| {
            if !exists(connection, "SELECT to_regnamespace(?1) IS NOT NULL", &name)? {
                connection.batch(&format!("CREATE SCHEMA \"{name}\""))?;
            }
            refuse_tables(connection, &name)?;
            connection.batch(OWN_TABLES)?;
            schema.apply(connection, 0)
        })
    }

    /// `AlreadyExists` where tables are there already, `Denied` where this role may make none.
    pub(crate) fn check_is_free(&self, database: &Database) -> Result<()> {
        let name = database.settings().schema();
        database.read(|connection| {
            refuse_tables(connection, name)?;
            if exists(connection, MAY_CREATE, name)? {
                return Ok(());
            }
            Err(Error::new(
                ErrorKind::Denied,
                format!("the role may not make tables in the schema {name}, or the schema itself"),
                "grant what `strongroom init --print-sql` prints, or use the role that owns the schema",
            ))
        })
    }

    /// Checks what is there, and applies what is missing.
    pub(crate) fn open(&self, database: &Database) -> Result<()> {
        let inspected = database.read(|connection| self.inspect(connection));
        let missing = inspected.map_err(|e| self.absent_in(database.settings(), e))?;
        if missing == 0 {
            return Ok(());
        }
        if !database.is_read_only() {
            let schema = *self;
            return database.change_schema(LONGEST, move |connection| {
                // Whoever writes has locked some tables, and would wait for others that are changed here.
                connection.batch(turns::ALONE)?;
                // Another process may have applied them meanwhile.
                let missing = schema.inspect(connection)?;
                schema.apply(connection, schema.migrations.len() - missing)
            });
        }
        let (_, unapplied) = self.migrations.split_at(self.migrations.len() - missing);
        if unapplied.iter().any(|migration| migration.needed_to_read) {
            return Err(self.outdated());
        }
        Ok(())
    }

    /// How many migrations are still to be applied. Refuses a schema of another kind, a newer one, and one
    /// whose migrations were others than ours.
    fn inspect(&self, connection: &Connection<'_>) -> Result<usize> {
        if !has_migrations(connection)? {
            return Err(self.absent());
        }
        let mut applied = Vec::new();
        let sql = "SELECT number, name, checksum FROM schema_migrations ORDER BY number";
        connection.query(sql, &[], &mut |row| {
            applied.push((row.integer(0)?, row.text(1)?.to_owned(), row.bytes(2)?.to_vec()));
            Ok(())
        })?;
        let first = self.migrations.first().map(|migration| migration.name);
        if applied.first().is_some_and(|(_, name, _)| Some(name.as_str()) != first) {
            return Err(self.absent());
        }
        if applied.len() > self.migrations.len() {
            return Err(self.newer(applied.len()));
        }
        for ((number, _, checksum), migration) in applied.iter().zip(self.migrations) {
            if *number != i64::from(migration.number) || checksum[..] != migration.checksum() {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("migration {number} of the {} database is not ours", self.what),
                    "use the Strongroom build that made this store, or restore a backup",
                ));
            }
        }
        Ok(self.migrations.len() - applied.len())
    }

    /// Applies the migrations after the first `applied`.
    fn apply(&self, connection: &Connection<'_>, applied: usize) -> Result<()> {
        for migration in &self.migrations[applied..] {
            connection.batch(migration.sql)?;
            let sql = "INSERT INTO schema_migrations (number, name, checksum, applied_at) \
                       VALUES (?1, ?2, ?3, ?4)";
            let checksum = migration.checksum();
            let parameters = [
                Value::Integer(migration.number.into()),
                Value::Text(migration.name),
                Value::Bytes(&checksum),
                Value::Integer(connection.now()?),
            ];
            connection.execute(sql, &parameters)?;
        }
        Ok(())
    }

    fn absent(&self) -> Error {
        Error::new(
            ErrorKind::NotFound,
            format!("there is no Strongroom {} in this database and schema", self.what),
            "check `dbname`, `schema` and `user` in the connection string, and whether this role may use the \
             schema (docs/postgresql.md, Roles)",
        )
    }

    /// Says where nothing was found.
    fn absent_in(&self, settings: &Settings, error: Error) -> Error {
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let (what, schema) = (self.what, settings.schema());
        let what =
            format!("the schema {schema} of {settings} has no Strongroom {what} for this role");
        Error::new(ErrorKind::NotFound, what, error.next())
    }

    fn newer(&self, found: usize) -> Error {
        let ours = self.migrations.len();
        Error::new(
            ErrorKind::Config,
            format!(
                "the {} database has schema {found}, newer than this program's {ours}",
                self.what
            ),
            "use a newer Strongroom; nothing was changed",
        )
    }

    fn outdated(&self) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("the {} database has an older schema and can only be read here", self.what),
            "open it once with a role that may write, so that it can be upgraded",
        )
    }
}

fn refuse_tables(connection: &Connection<'_>, schema: &str) -> Result<()> {
    if !has_migrations(connection)? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AlreadyExists,
        format!("the schema {schema} has tables of Strongroom already"),
        "open the store that is there, or choose another schema or database; what an interrupted `init` left, and \
         no store uses, goes with DROP SCHEMA … CASCADE",
    ))
}

fn has_migrations(connection: &Connection<'_>) -> Result<bool> {
    exists(connection, "SELECT to_regclass(?1) IS NOT NULL", "schema_migrations")
}

fn exists(connection: &Connection<'_>, sql: &str, name: &str) -> Result<bool> {
    let mut found = false;
    connection.query(sql, &[Value::Text(name)], &mut |row| {
        found = row.integer(0)? == 1;
        Ok(())
    })?;
    Ok(found)
}
