//! Reading a database whose folder cannot be written.
//!
//! A WAL database wants to create `-wal` and `-shm` beside itself even for reading. Where it cannot,
//! there are three cases, and taking one for another would show old data as new. Two of them hold
//! only as long as nobody writes, who may have the right that this user lacks, or see the medium
//! mounted writable elsewhere; so they remember what the files looked like.

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use strongroom_backend::{Error, ErrorKind, Result, file_error};
use tempfile::TempDir;

use crate::connection::connect;
use crate::sql_error;

/// How often a copy is begun again because the files changed meanwhile.
const COPY_TRIES: usize = 5;

/// How a database can be opened here.
pub(crate) enum Access {
    /// Its folder can be written.
    Writable,
    /// Read-only. SQLite finds what it needs, because the `-shm` file is there or can be made.
    Shared,
    /// Read-only, without a log: the file alone is the database, while it looks like this.
    Immutable(Fingerprint),
    /// Read-only, with a log that nobody has indexed: read from a private copy of both files, while
    /// they look like this.
    Copied(TempDir, Fingerprint),
}

impl Access {
    /// Finds out how `path` can be read or written.
    pub(crate) fn probe(path: &Path) -> Result<Access> {
        if is_writable(path) {
            return Ok(Access::Writable);
        }
        for _ in 0..COPY_TRIES {
            let seen = Fingerprint::of(path);
            match connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|c| read_something(&c)) {
                Ok(()) => return Ok(Access::Shared),
                Err(e) if lacks_files(&e) => {}
                Err(e) => return Err(e),
            }
            if seen.has_no_log() {
                return Ok(Access::Immutable(seen));
            }
            let folder = copy(path)?;
            if Fingerprint::of(path) == seen {
                return Ok(Access::Copied(folder, seen));
            }
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "the database was changed while it was copied to be read",
            "try again when its owner writes less",
        ))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        !matches!(self, Access::Writable)
    }

    /// Whether somebody has written since: what is read would be old.
    pub(crate) fn is_outdated(&self, path: &Path) -> bool {
        match self {
            Access::Writable | Access::Shared => false,
            Access::Immutable(seen) | Access::Copied(_, seen) => Fingerprint::of(path) != *seen,
        }
    }

    /// Whether a writer can change pages under a reader, which then sees parts of two states.
    pub(crate) fn can_be_overtaken(&self) -> bool {
        matches!(self, Access::Immutable(_))
    }

    /// Opens a connection to the database at `path`.
    pub(crate) fn connect(&self, path: &Path) -> Result<Connection> {
        match self {
            Access::Writable => connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE),
            Access::Shared => connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY),
            Access::Immutable(_) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                connect(&immutable_uri(path), flags)
            }
            Access::Copied(folder, _) => {
                connect(&folder.path().join("copy.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
        }
    }
}

/// What tells two states of a database apart without reading it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    database: Option<FileState>,
    log: Option<FileState>,
}

#[derive(Debug, PartialEq, Eq)]
struct FileState {
    inode: (u64, u64),
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Fingerprint {
    fn of(path: &Path) -> Fingerprint {
        Fingerprint { database: FileState::of(path), log: FileState::of(&sibling(path, "-wal")) }
    }

    fn has_no_log(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.len == 0)
    }
}

impl FileState {
    /// A file that is not there has no state, nor has one that cannot be looked at.
    fn of(path: &Path) -> Option<FileState> {
        let metadata = fs::metadata(path).ok()?;
        Some(FileState {
            inode: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Copies the database and its log to a folder that goes away with the value.
fn copy(path: &Path) -> Result<TempDir> {
    let folder = private_folder().map_err(|e| file_error("create", Path::new("TMPDIR"), e))?;
    let target = folder.path().join("copy.db");
    fs::copy(path, &target).map_err(|e| file_error("copy", path, e))?;
    let log = sibling(path, "-wal");
    match fs::copy(&log, sibling(&target, "-wal")) {
        // Its owner has just written it back into the database.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        copied => drop(copied.map_err(|e| file_error("copy", &log, e))?),
    }
    Ok(folder)
}

/// For the owner alone, whatever the umask says.
fn private_folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir()
}

fn is_writable(path: &Path) -> bool {
    let folder = strongroom_backend::folder_of(path);
    let access = rustix::fs::Access::WRITE_OK;
    rustix::fs::access(path, access).is_ok() && rustix::fs::access(&folder, access).is_ok()
}

fn read_something(connection: &Connection) -> Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(sql_error)
}

/// Whether SQLite lacks, and cannot make, the files beside the database. Setting a connection up
/// may already fail for that reason.
fn lacks_files(error: &Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<rusqlite::Error>());
    let code = cause.and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn immutable_uri(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}

/// The file beside `path` with this at the end of its name.
pub(crate) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
