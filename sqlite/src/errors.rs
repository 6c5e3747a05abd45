//! SQLite's result codes as kinds that a caller can act on.

use rusqlite::ffi::{self, ErrorCode};
use strongroom_backend::{Error, ErrorKind};

/// Maps an error of SQLite that had no effect on the database.
pub fn sql_error(error: rusqlite::Error) -> Error {
    let (kind, what, next) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Unavailable,
            "other processes kept the database busy for 5 seconds",
            "try again, and look for a process that holds it open",
        ),
        Some(ErrorCode::DiskFull) => (
            ErrorKind::StorageFull,
            "the disk of the database is full",
            "free space on that disk, then repeat the command",
        ),
        Some(ErrorCode::ReadOnly) => (
            ErrorKind::Unsupported,
            "the database cannot be written here",
            "mount the medium writable, or run as the owner of the store",
        ),
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => (
            ErrorKind::Denied,
            "access to the database was refused",
            "run as the owner of the store, or change the permissions",
        ),
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::Unavailable,
            "the database cannot be opened",
            "check that the file and its folder are there and readable",
        ),
        Some(ErrorCode::SystemIoFailure) if is_cut_short(&error) => (
            ErrorKind::Corrupt,
            "the database file is cut short",
            "stop writing to it and restore a backup: `strongroom restore`",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            ErrorKind::Corrupt,
            "the database file is damaged",
            "stop writing to it and restore a backup: `strongroom restore`",
        ),
        Some(ErrorCode::SystemIoFailure) if is_full(&error) => (
            ErrorKind::StorageFull,
            "the disk of the database is full",
            "free space on that disk, then repeat the command",
        ),
        Some(ErrorCode::SystemIoFailure) => (
            ErrorKind::Unavailable,
            "reading or writing the database failed",
            "look into the system log for disk errors",
        ),
        Some(ErrorCode::TooBig) => {
            (ErrorKind::TooLarge, "a value is too large for the database", "store less at once")
        }
        Some(ErrorCode::OutOfMemory) => {
            (ErrorKind::Unavailable, "SQLite ran out of memory", "free memory and try again")
        }
        _ if misfits_schema(&error) || misfits_column(&error) => (
            ErrorKind::Corrupt,
            "the tables of the database are not what they should be",
            "stop writing to it and restore a backup: `strongroom restore`",
        ),
        _ => (
            ErrorKind::Internal,
            "an unexpected answer from SQLite",
            "report this with the command that led to it",
        ),
    };
    Error::new(kind, what, next).with_native(native_code(&error)).with_source(error)
}

/// Maps an error of `COMMIT`. Two of them tell that it had no effect; after any other the change may
/// be durable, because what failed may have come after that.
pub(crate) fn commit_error(error: rusqlite::Error) -> Error {
    if let Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) = error.sqlite_error_code() {
        return sql_error(error);
    }
    Error::new(
        ErrorKind::Timeout,
        "SQLite failed while a change was being made durable",
        "read back whether it was made, and look into the system log for disk errors",
    )
    .with_native(native_code(&error))
    .with_source(error)
}

pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHMSIZE)
}

fn is_cut_short(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHORT_READ)
}

/// SQLite's general error. Our statements are fixed and fit our schema, so the schema was damaged.
fn misfits_schema(error: &rusqlite::Error) -> bool {
    failure(error).is_some_and(|e| e.extended_code == ffi::SQLITE_ERROR)
}

/// A value that is not of its column's type. SQLite itself holds no value to its type, and our columns
/// get no others.
fn misfits_column(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// SQLite's own code, without the text of a statement.
fn native_code(error: &rusqlite::Error) -> String {
    match failure(error) {
        Some(e) => format!("SQLite code {}", e.extended_code),
        None => error.to_string(),
    }
}

fn failure(error: &rusqlite::Error) -> Option<&ffi::Error> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error),
        _ => error.sqlite_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_commit(code: i32) -> ErrorKind {
        commit_error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).kind()
    }

    #[test]
    fn a_value_that_its_column_never_gets_is_damage() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        let kind_of = |value: &str| {
            let sql = format!("SELECT {value}");
            let read = database.query_row(&sql, [], |row| row.get::<_, u32>(0));
            sql_error(read.unwrap_err()).kind()
        };
        for value in ["NULL", "'text'", "x'FF'", "-1"] {
            assert_eq!(kind_of(value), ErrorKind::Corrupt, "{value}");
        }
        let text = database.query_row("SELECT CAST(x'FF' AS TEXT)", [], |r| r.get::<_, String>(0));
        assert_eq!(sql_error(text.unwrap_err()).kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_commit_that_had_no_effect_is_told_from_one_that_may_have_had() {
        assert_eq!(at_commit(ffi::SQLITE_FULL), ErrorKind::StorageFull);
        assert_eq!(at_commit(ffi::SQLITE_BUSY), ErrorKind::Unavailable);
        assert_eq!(at_commit(ffi::SQLITE_BUSY_SNAPSHOT), ErrorKind::Unavailable);
        for unknown in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_IOERR_SHMMAP,
            ffi::SQLITE_IOERR_SHORT_READ,
            ffi::SQLITE_IOERR_NOMEM,
            ffi::SQLITE_NOMEM,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_PROTOCOL,
            ffi::SQLITE_ERROR,
        ] {
            assert_eq!(at_commit(unknown), ErrorKind::Timeout, "{unknown}");
        }
    }
}
