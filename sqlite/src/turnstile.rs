//! A queue for the writers of many processes.
//!
//! SQLite lets whoever asks at the right moment write next, so a busy process starves the others.
//! Here a writer first takes the turnstile (an advisory lock on a file of its own), asks SQLite
//! until it is let in, and only then gives the turnstile to the next: one waiter at a time stands at
//! the door, and a process that has just written queues behind it. The kernel drops the lock of a
//! process that dies.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use strongroom_backend::{Error, ErrorKind, Result};

use crate::connection::BUSY_WAIT;
use crate::file_lock::FileLock;
use crate::read_only::sibling;

pub(crate) struct Turnstile {
    database: PathBuf,
    lock: OnceLock<FileLock>,
}

impl Turnstile {
    /// The turnstile of the database at `path`; its file is made by the first writer.
    pub(crate) fn of(path: &Path) -> Turnstile {
        Turnstile { database: path.to_path_buf(), lock: OnceLock::new() }
    }

    /// Waits until this process may ask SQLite, for as long as [`BUSY_WAIT`].
    pub(crate) fn enter(&self) -> Result<Turn<'_>> {
        let lock = self.lock()?;
        if lock.lock_within(BUSY_WAIT)? {
            return Ok(Turn { lock });
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "other processes kept the database busy for 5 seconds",
            "try again, and look for a process that holds it open",
        ))
    }

    fn lock(&self) -> Result<&FileLock> {
        if let Some(lock) = self.lock.get() {
            return Ok(lock);
        }
        let lock = FileLock::open(&sibling(&self.database, "-turn"), &self.database)?;
        Ok(self.lock.get_or_init(|| lock))
    }
}

/// The place at the head of the queue; dropped, it goes to the next.
pub(crate) struct Turn<'a> {
    lock: &'a FileLock,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.lock.unlock();
    }
}
