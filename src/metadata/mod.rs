//! The port to the metadata database, and the rows that live in it.
//!
//! What an operation means is written once, over [`Queries`]; a database provides only statements,
//! transactions and locks. Statements are portable SQL with numbered parameters (`?1`).

pub(crate) mod claims;
pub(crate) mod clock;
#[cfg(test)]
mod conformance;
pub(crate) mod encryptions;
pub(crate) mod erasures;
pub(crate) mod keys;
pub(crate) mod lookup;
pub(crate) mod plan;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod projects;
pub(crate) mod record;
pub(crate) mod root_keys;
pub(crate) mod scan;
pub(crate) mod secrets;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod store_row;
mod value;
pub(crate) mod versions;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "postgres")]
pub(crate) use postgres::{DEFAULT_SCHEMA as POSTGRES_SCHEMA, PostgresMetadata};
pub(crate) use record::Record;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::SqliteMetadata;
pub(crate) use value::{Field, Value};

use crate::{Error, ErrorKind, Result};

/// One row of an answer.
pub(crate) trait Row {
    fn value(&self, column: usize) -> Result<Value<'_>>;
}

/// A statement and its parameters.
pub(crate) struct Asked<'a> {
    pub(crate) sql: &'a str,
    pub(crate) parameters: Vec<Value<'a>>,
}

/// Statements, in a transaction or outside of one.
pub(crate) trait Queries {
    /// Runs a query and hands each row to `each`.
    fn select(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;

    /// Runs a statement; returns how many rows it changed. A row that breaks a unique index is
    /// `AlreadyExists`.
    fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize>;

    /// Asks queries that are going to be selected, and the clock with them, all at once where each would be a
    /// round trip. The answers are kept for the next `select` of the same, until something is executed.
    fn ask_ahead(&self, _: &[Asked<'_>]) -> Result<()> {
        Ok(())
    }

    /// As [`execute`](Self::execute) for several statements in their order, in one round trip where there are
    /// any.
    fn execute_all(&self, statements: &[Asked<'_>]) -> Result<Vec<usize>> {
        statements.iter().map(|asked| self.execute(asked.sql, &asked.parameters)).collect()
    }

    /// The database's clock: UTC microseconds. In a transaction, of its beginning.
    fn now(&self) -> Result<i64>;

    /// How far, in microseconds, the store's stamp may stay behind its newest write.
    fn stamp_lag(&self) -> i64 {
        0
    }
}

/// A transaction's work. It may run more than once.
pub(crate) type Work = Box<dyn FnMut(&dyn Queries) -> Result<()> + Send>;

/// Something that is held until it is dropped.
pub(crate) trait Hold: Send {
    /// An error when it was lost meanwhile, as what a server gave is with the connection.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

pub(crate) type Held = Box<dyn Hold>;

/// Nothing to hold.
impl Hold for () {}

/// A metadata database.
pub(crate) trait Metadata: Send + Sync {
    /// Runs `work`, which only reads.
    fn read(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()>;

    /// As [`read`](Self::read), of one who is likely to write next. Two queries need not see the same moment.
    fn read_before_write(&self, work: &mut dyn FnMut(&dyn Queries) -> Result<()>) -> Result<()>;

    /// Runs `work` in one transaction; returns when it is durable.
    fn write(&self, work: Work) -> Result<()>;

    /// What tells this database from a copy of it; nothing where a server does.
    fn identity(&self) -> Result<Option<Vec<u8>>>;

    /// Which history the server's database has: another one after a standby was promoted or an archive
    /// restored, when writes may be missing. Nothing where no server is, or it does not tell.
    fn history(&self) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Whether nothing can be written here.
    fn is_read_only(&self) -> bool;

    /// Keeps payloads from being destroyed while a backup runs. Waits for those who destroy now.
    fn hold_erasures(&self) -> Result<Held>;

    /// The right to destroy payloads, or nothing while a backup holds erasures.
    fn permit_erasures(&self) -> Result<Option<Held>>;

    /// Writes a consistent copy to the new file `target`, not synced.
    fn copy_to(&self, target: &Path) -> Result<()>;

    /// Looks for damage in the database's structure; returns what was found.
    fn check(&self) -> Result<Vec<String>>;
}

impl dyn Metadata + '_ {
    /// What the store's row says of the database that it is in.
    pub(crate) fn mark(&self) -> Result<Option<Vec<u8>>> {
        match self.identity()? {
            None => self.history(),
            identity => Ok(identity),
        }
    }

    /// The database's clock: UTC microseconds. Within a piece of work, [`Queries::now`] is asked.
    pub(crate) fn now(&self) -> Result<i64> {
        self.reading(|queries| queries.now())
    }

    /// Reads one thing.
    pub(crate) fn reading<T>(&self, mut work: impl FnMut(&dyn Queries) -> Result<T>) -> Result<T> {
        let mut answer = None;
        self.read(&mut |queries| {
            answer = Some(work(queries)?);
            Ok(())
        })?;
        answer.ok_or_else(lost)
    }

    /// Reads what a write is going to rely on.
    pub(crate) fn reading_before_write<T>(
        &self,
        mut work: impl FnMut(&dyn Queries) -> Result<T>,
    ) -> Result<T> {
        let mut answer = None;
        self.read_before_write(&mut |queries| {
            answer = Some(work(queries)?);
            Ok(())
        })?;
        answer.ok_or_else(lost)
    }

    /// As [`reading`](Self::reading), but where is written, if anything can be: nothing that was
    /// committed is missed. For what concludes from rows that are not there: what is merely read may come
    /// from a standby that has not got them yet.
    pub(crate) fn reading_newest<T: Send + 'static>(
        &self,
        work: impl FnMut(&dyn Queries) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.is_read_only() { self.reading(work) } else { self.writing(work) }
    }

    /// Writes, and returns what the work found.
    pub(crate) fn writing<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&dyn Queries) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let place = answer.clone();
        self.write(Box::new(move |queries| {
            let value = work(queries)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        }))?;
        let value = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(lost)
    }

    /// As [`writing`](Self::writing), for work that may find, however late, that nothing is to be written:
    /// then whatever it has done is undone.
    pub(crate) fn writing_or_nothing<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&dyn Queries) -> Result<Option<T>> + Send + 'static,
    ) -> Result<Option<T>> {
        let nothing = Arc::new(AtomicBool::new(false));
        let found_nothing = nothing.clone();
        let written = self.writing(move |queries| {
            found_nothing.store(false, Ordering::SeqCst);
            let found = work(queries)?;
            found_nothing.store(found.is_none(), Ordering::SeqCst);
            // Whoever asked is not told of it as of an error.
            found.ok_or_else(lost)
        });
        match written {
            Err(_) if nothing.load(Ordering::SeqCst) => Ok(None),
            written => written.map(Some),
        }
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Internal, "the database skipped a piece of work", "report this")
}
