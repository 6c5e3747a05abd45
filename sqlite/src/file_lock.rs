//! Advisory locks on small files beside a database, which the kernel takes back from a process that
//! dies.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use strongroom_backend::{Process, Result, file_error};

use crate::connection::BUSY_POLL;
use crate::forks::{add_lock_file, remove_lock_file};

/// An open lock file. Each one locks for itself, in the same process too; dropped, it gives its lock
/// back.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    file: File,
    process: Process,
}

impl FileLock {
    /// Opens the lock file at `path`, or makes it for whoever may use the database `like`: as SQLite
    /// does for its log, with that file's mode and, if this is root, its owner.
    pub(crate) fn open(path: &Path, like: &Path) -> Result<FileLock> {
        loop {
            if let Some(lock) = FileLock::open_existing(path)? {
                return Ok(lock);
            }
            match make(path, like) {
                Ok(file) => return Ok(FileLock::over(path, file)),
                // Another process was faster.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(file_error("create", path, e)),
            }
        }
    }

    /// Opens the lock file at `path` if it is there. Locking needs no right to write.
    pub(crate) fn open_existing(path: &Path) -> Result<Option<FileLock>> {
        match File::open(path) {
            Ok(file) => Ok(Some(FileLock::over(path, file))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(file_error("open", path, e)),
        }
    }

    fn over(path: &Path, file: File) -> FileLock {
        add_lock_file(file.as_raw_fd());
        FileLock { path: path.to_path_buf(), file, process: Process::current() }
    }

    /// Takes the lock alone, waiting for others as long as `wait`. Whether it was taken.
    pub fn lock_within(&self, wait: Duration) -> Result<bool> {
        let started = Instant::now();
        while !self.taken(self.file.try_lock())? {
            if started.elapsed() >= wait {
                return Ok(false);
            }
            std::thread::sleep(BUSY_POLL);
        }
        Ok(true)
    }

    /// Takes the lock together with others, unless somebody has it alone. Whether it was taken.
    pub fn try_share(&self) -> Result<bool> {
        self.taken(self.file.try_lock_shared())
    }

    fn taken(&self, outcome: std::result::Result<(), TryLockError>) -> Result<bool> {
        match outcome {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(e)) => Err(file_error("lock", &self.path, e)),
        }
    }

    /// Gives the lock back. Closing the file would not be enough where a child was made that has it open
    /// too; for the same reason that child must not give back what is its parent's.
    pub(crate) fn unlock(&self) {
        if self.process == Process::current() {
            let _ = self.file.unlock();
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        self.unlock();
        if self.process == Process::current() {
            remove_lock_file(self.file.as_raw_fd());
        }
    }
}

fn make(path: &Path, like: &Path) -> io::Result<File> {
    let like = std::fs::metadata(like)?;
    let mode = like.mode() & 0o666;
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    // The umask may have taken rights away. Where the file system has none to set, the lock works.
    let _ = file.set_permissions(Permissions::from_mode(mode));
    if rustix::process::geteuid().is_root() {
        let _ = fchown(&file, Some(like.uid()), Some(like.gid()));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{metadata, set_permissions};
    use std::io::Write;

    const NOW: Duration = Duration::ZERO;

    fn database(folder: &Path, mode: u32) -> PathBuf {
        let path = folder.join("a.db");
        std::fs::write(&path, b"").unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_lock_file_is_for_whoever_may_use_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let root = rustix::process::geteuid().is_root();
        for mode in [0o600, 0o640, 0o660, 0o666] {
            let database = database(folder.path(), mode);
            if root {
                std::os::unix::fs::chown(&database, Some(1_000), Some(1_001)).unwrap();
            }
            let path = folder.path().join(format!("lock-{mode:o}"));
            FileLock::open(&path, &database).unwrap();
            let (made, like) = (metadata(&path).unwrap(), metadata(&database).unwrap());
            assert_eq!(made.mode() & 0o7777, mode);
            assert_eq!((made.uid(), made.gid()), (like.uid(), like.gid()));
        }
    }

    /// Who may only read the lock file can still lock, and its mode is left as it is.
    #[test]
    fn a_lock_file_that_is_there_is_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path(), 0o660);
        let path = folder.path().join("lock");
        assert!(FileLock::open_existing(&path).unwrap().is_none());
        drop(FileLock::open(&path, &database).unwrap());
        set_permissions(&path, Permissions::from_mode(0o440)).unwrap();
        let lock = FileLock::open(&path, &database).unwrap();
        assert!((&lock.file).write(b"x").is_err());
        assert!(lock.lock_within(NOW).unwrap());
        assert_eq!(metadata(&path).unwrap().mode() & 0o7777, 0o440);
    }

    #[test]
    fn one_alone_or_many_together() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path(), 0o600);
        let open = || FileLock::open(&folder.path().join("lock"), &database).unwrap();
        let (a, b, c) = (open(), open(), open());
        assert!(a.try_share().unwrap() && b.try_share().unwrap());
        assert!(!c.lock_within(NOW).unwrap());
        drop((a, b));
        assert!(c.lock_within(NOW).unwrap());
        assert!(!open().try_share().unwrap());
    }

    /// A descriptor of the same open file in another place stands for the one of a forked child.
    #[test]
    fn a_dropped_lock_is_free_though_a_child_has_the_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path(), 0o600);
        let open = || FileLock::open(&folder.path().join("lock"), &database).unwrap();
        let lock = open();
        let _inherited = lock.file.try_clone().unwrap();
        assert!(lock.lock_within(NOW).unwrap());
        assert!(!open().lock_within(NOW).unwrap());
        drop(lock);
        assert!(open().lock_within(NOW).unwrap());
    }
}
