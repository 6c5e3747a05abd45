//! A shelf in a PostgreSQL schema of its own (`docs/format.md` section 6).

#[cfg(feature = "sqlite")]
mod copy;

use std::path::Path;

use strongroom_backend::{
    Destroyed, Error, ErrorKind, GetAhead, Getting, Health, Locator, Marker, Reference, Result,
    SecretBytes, Shelf, StoreId, random_bytes, step,
};
use strongroom_postgres::{Connection, Database, Limits, Migration, Schema, Settings, Value};

use crate::errors;

/// The schema where the connection string names none.
pub const DEFAULT_SCHEMA: &str = "strongroom_shelf";

const SCHEMA: Schema = Schema {
    what: "shelf",
    migrations: &[Migration {
        number: 1,
        name: "payloads",
        sql: include_str!("migrations/postgres/0001_payloads.sql"),
        needed_to_read: true,
    }],
};

const SELECT: &str = "SELECT envelope FROM payloads WHERE reference = ?1";

/// Keeps envelopes in a PostgreSQL schema, for any number of machines.
///
/// What is removed is out of reach at once, and its bytes go when the server writes over them: after a
/// vacuum of the table, and with the log that the server recycles.
pub struct PostgresShelf {
    database: Database,
}

impl PostgresShelf {
    /// Makes a new shelf. `AlreadyExists` when the schema holds one.
    pub fn create(settings: Settings) -> Result<PostgresShelf> {
        let settings = settings.or_schema(DEFAULT_SCHEMA);
        let database = Database::create(&settings, &SCHEMA, Limits::default())?;
        Ok(PostgresShelf { database })
    }

    /// Opens a shelf; never makes one.
    pub fn open(settings: Settings) -> Result<PostgresShelf> {
        let settings = settings.or_schema(DEFAULT_SCHEMA);
        let database = Database::open(&settings, &SCHEMA, Limits::default())?;
        Ok(PostgresShelf { database })
    }

    /// Where it is.
    pub fn settings(&self) -> &Settings {
        self.database.settings()
    }

    /// Whether the server or the role allows reading alone.
    pub fn is_read_only(&self) -> bool {
        self.database.is_read_only()
    }

    /// Puts, gets and removes an envelope.
    fn rehearse(&self) -> Result<()> {
        let reference = Reference::from_bytes(random_bytes()?);
        let envelope = random_bytes::<64>()?;
        self.database.write(|connection| {
            insert(connection, reference, &envelope)?;
            let same = holds(connection, reference, &envelope)?;
            delete(connection, &[reference])?;
            if same { Ok(()) } else { Err(other_type()) }
        })
    }
}

impl Shelf for PostgresShelf {
    fn is_durable(&self) -> bool {
        true
    }

    /// One statement, and so one round trip. It may run again: the same envelope is then there already.
    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator> {
        let mut attempts = 0;
        let put = self.database.repeat(|connection| {
            attempts += 1;
            if insert(connection, reference, &envelope)? {
                return Ok(true);
            }
            Ok(attempts > 1 && holds(connection, reference, &envelope)?)
        })?;
        if !put {
            return Err(errors::taken(reference));
        }
        step("shelf.put-committed");
        Ok(Locator::default())
    }

    fn get(
        &self,
        reference: Reference,
        _: &Locator,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes> {
        let mut envelope = None;
        self.database.read(|connection| {
            connection.query(SELECT, &[Value::Bytes(reference.as_bytes())], &mut |row| {
                envelope = Some(row.bytes(0)?.to_vec());
                Ok(())
            })
        })?;
        open(&envelope.ok_or_else(|| errors::absent(reference))?)
    }

    fn ahead(&self) -> Option<&dyn GetAhead> {
        Some(self)
    }

    fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        let references: Vec<Reference> = targets.iter().map(|(reference, _)| *reference).collect();
        self.database.repeat(|connection| delete(connection, &references))?;
        step("shelf.removed");
        Ok(Destroyed::Gone)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        const PAGE: &str =
            "SELECT reference FROM payloads WHERE reference > ?1 ORDER BY reference LIMIT ?2";
        let after = after.as_ref().map_or(&[][..], |reference| reference.as_bytes());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.database.read(|connection| {
            let mut found = Vec::new();
            let parameters = [Value::Bytes(after), Value::Integer(limit)];
            connection.query(PAGE, &parameters, &mut |row| {
                found.push(Reference::from_slice(row.bytes(0)?)?);
                Ok(())
            })?;
            Ok(found)
        })
    }

    fn marker(&self) -> Result<Option<Marker>> {
        self.database.read(marker)
    }

    fn set_marker(&self, expected: Option<Marker>, new: Marker) -> Result<()> {
        const REPLACE: &str = "INSERT INTO marker (id, store_id, epoch) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET store_id = excluded.store_id, epoch = excluded.epoch";
        self.database.write(|connection| {
            if marker(connection)? != expected {
                return Err(errors::other_marker());
            }
            let store = Value::Bytes(new.store.as_bytes());
            connection.execute(REPLACE, &[store, Value::Integer(new.epoch)]).map(|_| ())
        })?;
        step("shelf.marker-written");
        Ok(())
    }

    /// The copy is a shelf in a SQLite file.
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

    fn health(&self) -> Vec<Health> {
        let name = self.settings();
        if let Err(error) = self.list(None, 1) {
            return vec![Health::error("shelf", error.to_string())];
        }
        if self.is_read_only() {
            let found = format!("{name} can only be read: payloads can be loaded, not stored");
            return vec![Health::warning("shelf", found)];
        }
        match self.rehearse() {
            Ok(()) => vec![Health::ok("shelf", format!("{name} can be read and written"))],
            Err(error) => vec![Health::error("shelf", error.to_string())],
        }
    }
}

impl GetAhead for PostgresShelf {
    fn begin(&self, reference: Reference, _: &Locator) -> Option<Getting<'_>> {
        let sent = self.database.send(SELECT, &[reference.as_bytes()])?;
        Some(Box::new(move |open| {
            let rows = match sent.rows()? {
                Ok(rows) => rows,
                Err(error) => return Some(Err(error)),
            };
            Some(rows.first()?.bytes(0).and_then(open))
        }))
    }
}

/// False when the reference is taken.
fn insert(connection: &Connection<'_>, reference: Reference, envelope: &[u8]) -> Result<bool> {
    const INSERT: &str =
        "INSERT INTO payloads (reference, envelope) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let parameters = [Value::Bytes(reference.as_bytes()), Value::Bytes(envelope)];
    Ok(connection.execute(INSERT, &parameters)? == 1)
}

fn holds(connection: &Connection<'_>, reference: Reference, envelope: &[u8]) -> Result<bool> {
    const HOLDS: &str = "SELECT 1 FROM payloads WHERE reference = ?1 AND envelope = ?2";
    let mut held = false;
    let parameters = [Value::Bytes(reference.as_bytes()), Value::Bytes(envelope)];
    connection.query(HOLDS, &parameters, &mut |_| {
        held = true;
        Ok(())
    })?;
    Ok(held)
}

/// One statement, however many there are: each round trip may be a long one.
fn delete(connection: &Connection<'_>, references: &[Reference]) -> Result<()> {
    const DELETE: &str = "DELETE FROM payloads WHERE reference = ANY (ARRAY( \
         SELECT substring(?1::bytea FROM n * 16 + 1 FOR 16) \
         FROM generate_series(0, octet_length(?1::bytea) / 16 - 1) AS n))";
    let all = references.iter().map(Reference::as_bytes).fold(Vec::new(), |mut all, one| {
        all.extend_from_slice(one);
        all
    });
    connection.execute(DELETE, &[Value::Bytes(&all)]).map(|_| ())
}

fn marker(connection: &Connection<'_>) -> Result<Option<Marker>> {
    const SELECT: &str = "SELECT store_id, epoch FROM marker WHERE id = 1";
    let mut found = None;
    connection.query(SELECT, &[], &mut |row| {
        let store = StoreId::from_slice(row.bytes(0)?)?;
        found = Some(Marker { store, epoch: row.integer(1)? });
        Ok(())
    })?;
    Ok(found)
}

fn other_type() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the shelf holds something else than was stored",
        "run `strongroom doctor`, and restore the shelf from a backup",
    )
}
