//! How the [Strongroom](https://docs.rs/strongroom) secret store uses SQLite, in one place for its
//! metadata and its shelf:
//!
//! - every commit is durable (`WAL`, `synchronous=FULL`) before [`Database::write`] returns;
//! - writers of one process share commits, writers of many processes queue fairly;
//! - freed pages are overwritten, and [`Database::truncate_wal`] empties the log;
//! - a database on a read-only medium can be read, with a log left behind too;
//! - schemas grow by numbered, checksummed migrations.

mod connection;
mod database;
mod errors;
mod file_lock;
mod forks;
mod group;
mod migrations;
mod read_only;
mod readers;
mod turnstile;

pub use database::{Database, Truncated};
pub use errors::sql_error;
pub use file_lock::FileLock;
pub use migrations::{Migration, Schema};
