//! A connection with the settings that every part of Strongroom relies on.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use strongroom_backend::{Error, ErrorKind, Result};

use crate::forks::prepare_for_forks;
use crate::sql_error;

/// How long a caller waits for other processes in all.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// How long a waiter sleeps between two tries. Every waiter sleeps the same, unlike SQLite's own
/// handler, with which the one that has waited longest asks least often.
pub(crate) const BUSY_POLL: Duration = Duration::from_millis(1);

const STATEMENTS_KEPT: usize = 64;

/// Opens `path`, which may be a `file:` URI, and applies the settings.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    prepare_for_forks();
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sql_error)?;
    configure(&mut connection).map_err(sql_error)?;
    Ok(connection)
}

fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait_a_little))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Keeps a cached statement from being prepared again because its bindings were cleared.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A reader that closes last must not pay for a checkpoint; a writer turns this off again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;")
}

/// Makes of a connection one that writes: durably, into a log, leaving nothing of what it removes.
pub(crate) fn make_writer(connection: &Connection) -> Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .and_then(|_| {
            connection.execute_batch(&format!(
                "PRAGMA synchronous = {};
                 PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY;",
                synchronous()
            ))
        })
        .map_err(sql_error)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(sql_error)?;
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("SQLite gave journal mode {mode} instead of wal"),
        "put the store on a local file system",
    ))
}

fn wait_a_little(tries: i32) -> bool {
    std::thread::sleep(BUSY_POLL);
    u128::from(tries.unsigned_abs()) * BUSY_POLL.as_millis() < BUSY_WAIT.as_millis()
}

#[cfg(not(feature = "test-hooks"))]
fn synchronous() -> &'static str {
    "FULL"
}

/// The power-cut test shows that it would notice a store that does not sync.
#[cfg(feature = "test-hooks")]
fn synchronous() -> &'static str {
    match std::env::var("STRONGROOM_TEST_SYNCHRONOUS").as_deref() {
        Ok("OFF") => "OFF",
        Ok("NORMAL") => "NORMAL",
        _ => "FULL",
    }
}

/// Puts the common busy handler back after another wait was set for one statement.
pub(crate) fn restore_busy_handler(connection: &mut Connection) -> Result<()> {
    connection.busy_handler(Some(wait_a_little)).map_err(sql_error)
}
