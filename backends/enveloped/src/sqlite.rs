//! A shelf in a SQLite file of its own (`docs/format.md` section 6).

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use strongroom_backend::{
    Destroyed, Error, ErrorKind, Health, Locator, Marker, Reference, Result, SecretBytes, Shelf,
    StoreId, random_bytes, step,
};
use strongroom_sqlite::{Database, Migration, Schema, Truncated, sql_error};

use crate::errors;

const SCHEMA: Schema = Schema {
    application_id: 0x5352_5348,
    what: "shelf",
    migrations: &[Migration {
        number: 1,
        name: "payloads",
        sql: include_str!("migrations/0001_payloads.sql"),
        needed_to_read: true,
    }],
};

/// Keeps envelopes in a SQLite file. Threads that put at the same time share a commit.
pub struct SqliteShelf {
    database: Database,
}

impl SqliteShelf {
    /// Makes a new shelf, for its owner alone. `AlreadyExists` when the file is there.
    pub fn create(path: &Path) -> Result<SqliteShelf> {
        Database::create(path, &SCHEMA).map(|database| SqliteShelf { database })
    }

    /// Opens a shelf; never makes one.
    pub fn open(path: &Path) -> Result<SqliteShelf> {
        Database::open(path, &SCHEMA).map(|database| SqliteShelf { database })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Whether the medium, or this user's rights, allow reading alone.
    pub fn is_read_only(&self) -> bool {
        self.database.is_read_only()
    }

    /// Looks for damage in the file's structure; returns what was found. Takes time with its size.
    pub fn check(&self) -> Result<Vec<String>> {
        self.database.check()
    }

    /// Puts, gets and removes an envelope in one transaction, which leaves nothing behind.
    fn rehearse(&self) -> Result<()> {
        let reference = Reference::from_bytes(random_bytes()?);
        let envelope = random_bytes::<64>()?;
        self.database.write(move |connection| {
            insert(connection, reference, &envelope)?;
            let same = read(connection, reference, |found| Ok(found == envelope))?;
            delete(connection, reference)?;
            if same { Ok(()) } else { Err(other_type()) }
        })
    }

    /// Lays several envelopes down in one transaction.
    #[cfg(feature = "postgres")]
    pub(crate) fn put_all(&self, envelopes: Vec<(Reference, Vec<u8>)>) -> Result<()> {
        self.database.write(move |connection| {
            let mut envelopes = envelopes.iter();
            envelopes.try_for_each(|(reference, envelope)| insert(connection, *reference, envelope))
        })
    }

    fn name(&self) -> std::path::Display<'_> {
        self.path().display()
    }
}

impl Shelf for SqliteShelf {
    fn is_durable(&self) -> bool {
        true
    }

    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator> {
        self.database.write(move |connection| insert(connection, reference, &envelope))?;
        step("shelf.put-committed");
        Ok(Locator::default())
    }

    fn get(
        &self,
        reference: Reference,
        _: &Locator,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes> {
        self.database.read(|connection| read(connection, reference, open))
    }

    fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        let references: Vec<Reference> = targets.iter().map(|(reference, _)| *reference).collect();
        self.database.write(move |connection| {
            references.iter().try_for_each(|reference| delete(connection, *reference))
        })?;
        step("shelf.removed");
        let why = match self.database.truncate_wal() {
            Ok(Truncated::Done) => {
                step("shelf.wal-truncated");
                return Ok(Destroyed::Gone);
            }
            Ok(Truncated::Busy) => format!("a reader is using the file {}", self.name()),
            // What was removed is removed: an error would say that nothing happened.
            Err(error) => error.to_string(),
        };
        Ok(Destroyed::Remains(why))
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        const PAGE: &str =
            "SELECT reference FROM payloads WHERE reference > ?1 ORDER BY reference LIMIT ?2";
        let after = after.as_ref().map_or(&[][..], |reference| reference.as_bytes());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.database.read(|connection| {
            let mut page = connection.prepare_cached(PAGE).map_err(sql_error)?;
            let mut rows = page.query(params![after, limit]).map_err(sql_error)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next().map_err(sql_error)? {
                found.push(Reference::from_slice(blob(row.get_ref(0).map_err(sql_error)?)?)?);
            }
            Ok(found)
        })
    }

    fn marker(&self) -> Result<Option<Marker>> {
        self.database.read(marker)
    }

    fn set_marker(&self, expected: Option<Marker>, new: Marker) -> Result<()> {
        const REPLACE: &str = "INSERT INTO marker (id, store_id, epoch) VALUES (1, ?1, ?2)
             ON CONFLICT (id) DO UPDATE SET store_id = excluded.store_id, epoch = excluded.epoch";
        self.database.write(move |connection| {
            if marker(connection)? != expected {
                return Err(errors::other_marker());
            }
            let mut replace = connection.prepare_cached(REPLACE).map_err(sql_error)?;
            replace.execute(params![new.store.as_bytes(), new.epoch]).map_err(sql_error)?;
            Ok(())
        })?;
        step("shelf.marker-written");
        Ok(())
    }

    fn copy_to(&self, target: &Path) -> Result<()> {
        self.database.copy_to(target)
    }

    fn health(&self) -> Vec<Health> {
        let name = self.name();
        if let Err(error) = self.list(None, 1) {
            return vec![Health::error("shelf", error.to_string())];
        }
        if self.is_read_only() {
            let found = format!("{name} is read-only: payloads can be loaded, not stored");
            return vec![Health::warning("shelf", found)];
        }
        match self.rehearse() {
            Ok(()) => vec![Health::ok("shelf", format!("{name} can be read and written"))],
            Err(error) => vec![Health::error("shelf", error.to_string())],
        }
    }
}

fn insert(connection: &Connection, reference: Reference, envelope: &[u8]) -> Result<()> {
    const INSERT: &str = "INSERT INTO payloads (reference, envelope) VALUES (?1, ?2)";
    let mut insert = connection.prepare_cached(INSERT).map_err(sql_error)?;
    match insert.execute(params![reference.as_bytes(), envelope]) {
        Ok(_) => Ok(()),
        Err(e) if is_taken(&e) => Err(errors::taken(reference)),
        Err(e) => Err(sql_error(e)),
    }
}

fn is_taken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|e| e.extended_code);
    code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

fn read<T>(
    connection: &Connection,
    reference: Reference,
    open: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    const SELECT: &str = "SELECT envelope FROM payloads WHERE reference = ?1";
    let mut select = connection.prepare_cached(SELECT).map_err(sql_error)?;
    let mut rows = select.query([reference.as_bytes()]).map_err(sql_error)?;
    match rows.next().map_err(sql_error)? {
        Some(row) => open(blob(row.get_ref(0).map_err(sql_error)?)?),
        None => Err(errors::absent(reference)),
    }
}

fn delete(connection: &Connection, reference: Reference) -> Result<()> {
    const DELETE: &str = "DELETE FROM payloads WHERE reference = ?1";
    let mut delete = connection.prepare_cached(DELETE).map_err(sql_error)?;
    delete.execute([reference.as_bytes()]).map_err(sql_error)?;
    Ok(())
}

fn marker(connection: &Connection) -> Result<Option<Marker>> {
    const SELECT: &str = "SELECT store_id, epoch FROM marker WHERE id = 1";
    let mut select = connection.prepare_cached(SELECT).map_err(sql_error)?;
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found: Option<([u8; 16], i64)> =
        select.query_row([], columns).optional().map_err(sql_error)?;
    Ok(found.map(|(store, epoch)| Marker { store: StoreId::from_bytes(store), epoch }))
}

fn blob(value: ValueRef<'_>) -> Result<&[u8]> {
    value.as_blob().map_err(|_| other_type())
}

fn other_type() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the shelf holds something else than was stored",
        "run `strongroom doctor`, and restore the shelf from a backup",
    )
}
