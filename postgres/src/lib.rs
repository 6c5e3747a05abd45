//! How the [Strongroom](https://docs.rs/strongroom) secret store uses PostgreSQL, in one place for its
//! metadata and its shelf:
//!
//! - a [`Database`] can be called from anywhere: plain threads, any tokio runtime, `Drop`, after a fork;
//! - every wait has an end, and so has the number of connections;
//! - a transaction runs again where it certainly had no effect, and a commit whose answer was lost is
//!   looked up, never guessed;
//! - schemas grow by numbered, checksummed migrations, which one process at a time applies.

mod ahead;
mod connect;
mod connection;
mod database;
mod errors;
mod forks;
mod locks;
mod migrations;
mod pool;
mod pooler;
mod runtime;
mod session;
mod settings;
mod socket;
mod tls;
mod together;
mod transaction;
mod turns;
mod value;
mod wait;

pub use ahead::Sent;
pub use connection::{Connection, Row};
pub use database::{Database, Limits};
pub use locks::Lock;
pub use migrations::{Migration, Schema};
pub use settings::{Environment, Settings};
pub use together::Asked;
pub use value::Value;
