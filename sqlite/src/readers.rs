//! Connections that only read, kept for the next reader.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use strongroom_backend::Result;

use crate::migrations::Schema;
use crate::read_only::Access;

/// More idle readers than this are closed.
const KEPT: usize = 16;

pub(crate) struct Readers {
    path: PathBuf,
    schema: Schema,
    pool: Mutex<Pool>,
}

struct Pool {
    /// How the database is opened now, and was for every idle reader.
    access: Arc<Access>,
    idle: Vec<Reader>,
}

/// A connection, and what has to stay for as long as it is open.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    access: Arc<Access>,
}

impl Reader {
    fn open(access: Arc<Access>, path: &Path) -> Result<Reader> {
        Ok(Reader { connection: access.connect(path)?, access })
    }
}

impl Readers {
    pub(crate) fn new(path: &Path, schema: &Schema, access: Access, first: Connection) -> Readers {
        let access = Arc::new(access);
        let idle = vec![Reader { connection: first, access: access.clone() }];
        let pool = Mutex::new(Pool { access, idle });
        Readers { path: path.to_path_buf(), schema: *schema, pool }
    }

    /// A reader that nobody else uses, and that sees what was committed before.
    pub(crate) fn take(&self) -> Result<Reader> {
        let mut pool = self.pool();
        if pool.access.is_outdated(&self.path) {
            return self.start_again(&mut pool);
        }
        if let Some(reader) = pool.idle.pop() {
            return Ok(reader);
        }
        let access = pool.access.clone();
        drop(pool);
        Reader::open(access, &self.path)
    }

    /// Finds out anew how the database is read, which somebody else has changed.
    fn start_again(&self, pool: &mut Pool) -> Result<Reader> {
        let access = Arc::new(Access::probe(&self.path)?);
        let reader = Reader::open(access.clone(), &self.path)?;
        let missing = self.schema.inspect(&reader.connection)?;
        if !self.schema.can_be_read_without(missing) {
            return Err(self.schema.outdated());
        }
        *pool = Pool { access, idle: Vec::new() };
        Ok(reader)
    }

    /// Whether what `reader` has just read may mix two states of the database.
    pub(crate) fn was_overtaken(&self, reader: &Reader) -> bool {
        reader.access.can_be_overtaken() && reader.access.is_outdated(&self.path)
    }

    pub(crate) fn give_back(&self, reader: Reader) {
        let mut pool = self.pool();
        if pool.idle.len() < KEPT && Arc::ptr_eq(&reader.access, &pool.access) {
            pool.idle.push(reader);
        }
    }

    pub(crate) fn close(&mut self) {
        self.pool_mut().idle.clear();
    }

    /// Leaves the connections, and a private copy, to the parent of this forked process.
    pub(crate) fn forget(&mut self) {
        let pool = self.pool_mut();
        mem::forget(pool.access.clone());
        mem::forget(mem::take(&mut pool.idle));
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool_mut(&mut self) -> &mut Pool {
        self.pool.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}
