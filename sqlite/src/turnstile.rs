//! A queue for the writers of many processes.
//!
//! SQLite lets whoever asks at the right moment write next, so a busy process starves the others.
//! Here a writer first takes the turnstile (an advisory lock on a file of its own), asks SQLite
//! until it is let in, and only then gives the turnstile to the next: one waiter at a time stands at
//! the door, and a process that has just written queues behind it. The kernel drops the lock of a
//! process that dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use strongroom_backend::{Error, ErrorKind, Result, file_error};

use crate::connection::{BUSY_POLL, BUSY_WAIT};

pub(crate) struct Turnstile {
    path: PathBuf,
    file: OnceLock<File>,
}

impl Turnstile {
    /// The turnstile of the database at `path`; its file is made by the first writer.
    pub(crate) fn of(path: &Path) -> Turnstile {
        let mut name = path.as_os_str().to_owned();
        name.push("-turn");
        Turnstile { path: name.into(), file: OnceLock::new() }
    }

    /// Waits until this process may ask SQLite, for as long as [`BUSY_WAIT`].
    pub(crate) fn enter(&self) -> Result<Turn<'_>> {
        let file = self.file()?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn { file }),
                Err(TryLockError::WouldBlock) if started.elapsed() < BUSY_WAIT => {
                    std::thread::sleep(BUSY_POLL);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "other processes kept the database busy for 5 seconds",
                        "try again, and look for a process that holds it open",
                    ));
                }
                Err(TryLockError::Error(e)) => return Err(file_error("lock", &self.path, e)),
            }
        }
    }

    fn file(&self) -> Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)
            .map_err(|e| file_error("open", &self.path, e))?;
        Ok(self.file.get_or_init(|| file))
    }
}

/// The place at the head of the queue; dropped, it goes to the next.
pub(crate) struct Turn<'a> {
    file: &'a File,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}
