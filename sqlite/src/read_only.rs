//! Reading a database whose folder cannot be written.
//!
//! A WAL database wants to create `-wal` and `-shm` beside itself even for reading. Where it cannot,
//! there are three cases, and taking one for another would show old data as new.

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use strongroom_backend::{Error, Result, file_error};
use tempfile::TempDir;

use crate::connection::connect;
use crate::sql_error;

/// How a database can be opened here.
pub(crate) enum Access {
    /// Its folder can be written.
    Writable,
    /// Read-only. SQLite finds what it needs, because the `-shm` file is there or can be made.
    Shared,
    /// Read-only, without a log: the file alone is the database, and nobody can change it.
    Immutable,
    /// Read-only, with a log that nobody has indexed: read from a private copy of both files.
    Copied(TempDir),
}

impl Access {
    /// Finds out how `path` can be read or written.
    pub(crate) fn probe(path: &Path) -> Result<Access> {
        if is_writable(path) {
            return Ok(Access::Writable);
        }
        match connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(|c| read_something(&c)) {
            Ok(()) => return Ok(Access::Shared),
            Err(e) if lacks_files(&e) => {}
            Err(e) => return Err(e),
        }
        let log = sibling(path, "-wal");
        if fs::metadata(&log).map_or(0, |m| m.len()) == 0 {
            return Ok(Access::Immutable);
        }
        let folder = private_folder().map_err(|e| file_error("create", Path::new("TMPDIR"), e))?;
        let copy = folder.path().join("copy.db");
        fs::copy(path, &copy).map_err(|e| file_error("copy", path, e))?;
        fs::copy(&log, sibling(&copy, "-wal")).map_err(|e| file_error("copy", &log, e))?;
        Ok(Access::Copied(folder))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        !matches!(self, Access::Writable)
    }

    /// Opens a connection to the database at `path`.
    pub(crate) fn connect(&self, path: &Path) -> Result<Connection> {
        match self {
            Access::Writable => connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE),
            Access::Shared => connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY),
            Access::Immutable => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                connect(&immutable_uri(path), flags)
            }
            Access::Copied(folder) => {
                connect(&folder.path().join("copy.db"), OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
        }
    }
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

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
