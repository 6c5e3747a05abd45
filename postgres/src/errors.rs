//! PostgreSQL's SQLSTATEs as kinds that a caller can act on.
//!
//! The server's own text is kept only where it cannot hold a value of a row, and its details never.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use strongroom_backend::{Error, ErrorKind};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// What a failed statement means for the transaction that it was a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Others changed the same rows: the whole transaction may work when it runs again.
    Conflict,
    /// A unique index has this row already, of which this is a hash. Perhaps through a transaction that
    /// ran at the same time: then the work, when it runs again, sees that row and does not add it.
    Taken(u64),
    /// The connection is gone, or the server did not answer in time.
    Lost,
    /// Running again would not help.
    Lasting,
}

/// How an error says that a lock was waited for in vain.
pub(crate) const LOCK_NOT_AVAILABLE: &str = "SQLSTATE 55P03";

/// How an error says that a table is not there.
pub(crate) const NO_SUCH_TABLE: &str = "SQLSTATE 42P01";

/// A statement that failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) trouble: Trouble,
    pub(crate) error: Error,
}

impl Fault {
    pub(crate) fn of(error: tokio_postgres::Error) -> Fault {
        let Some(found) = error.as_db_error() else {
            return if is_ours(&error) { Fault::ours(error) } else { Fault::lost(error) };
        };
        let trouble = match *found.code() {
            _ if ends_session(found) => Trouble::Lost,
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => {
                Trouble::Conflict
            }
            SqlState::UNIQUE_VIOLATION => Trouble::Taken(row_of(found)),
            _ => Trouble::Lasting,
        };
        Fault { trouble, error: server_error(found) }
    }

    /// As [`of`](Self::of), before anything was done: whoever waited for its turn in vain may try again.
    pub(crate) fn at_begin(error: tokio_postgres::Error) -> Fault {
        let fault = Fault::of(error);
        match fault.error.native() {
            Some(LOCK_NOT_AVAILABLE) => Fault { trouble: Trouble::Conflict, ..fault },
            _ => fault,
        }
    }

    /// The server did not answer in time; the connection is given up.
    pub(crate) fn timed_out() -> Fault {
        let error = Error::new(
            ErrorKind::Unavailable,
            "the database did not answer in time",
            "try again; look at the server's load and the network",
        );
        Fault { trouble: Trouble::Lost, error }
    }

    fn lost(error: tokio_postgres::Error) -> Fault {
        let error = Error::new(
            ErrorKind::Unavailable,
            "the connection to the database was lost",
            "try again; look into the server's log",
        )
        .with_source(error);
        Fault { trouble: Trouble::Lost, error }
    }

    fn ours(error: tokio_postgres::Error) -> Fault {
        let error = Error::new(
            ErrorKind::Internal,
            "a statement does not fit the tables of the database",
            "report this with the command that led to it",
        )
        .with_source(error);
        Fault { trouble: Trouble::Lasting, error }
    }
}

fn row_of(error: &DbError) -> u64 {
    let mut hasher = DefaultHasher::new();
    (error.constraint(), error.detail()).hash(&mut hasher);
    hasher.finish()
}

/// Whether the server closes the connection with this error.
fn ends_session(error: &DbError) -> bool {
    is_severe(error, &[Severity::Fatal, Severity::Panic])
}

/// PgBouncer's own errors have no severity but the one that a server translates.
fn is_severe(error: &DbError, levels: &[Severity]) -> bool {
    match error.parsed_severity() {
        Some(severity) => levels.contains(&severity),
        None => levels.iter().any(|level| level.to_string() == error.severity()),
    }
}

/// Whether the server has certainly refused a statement of a transaction, which then has no effect:
/// neither something between us and it, nor a server that was interrupted.
pub(crate) fn is_refusal(error: &tokio_postgres::Error) -> bool {
    let open =
        |code: &SqlState| ["08", "57", "40003"].iter().any(|open| code.code().starts_with(open));
    error.as_db_error().is_some_and(|e| is_severe(e, &[Severity::Error]) && !open(e.code()))
}

/// An error of encoding a parameter: nothing was sent. What does not come from the network or from a
/// closed connection is one.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let from_network =
        std::error::Error::source(error).is_some_and(|source| source.is::<io::Error>());
    !error.is_closed() && !from_network
}

/// Maps an error of the server, which had no effect.
pub(crate) fn server_error(error: &DbError) -> Error {
    let (kind, what, next) = meaning(error.code());
    let what = if tells_no_value(error.code()) {
        format!("{what}: {}", error.message())
    } else {
        what.to_owned()
    };
    Error::new(kind, what, next).with_native(format!("SQLSTATE {}", error.code().code()))
}

/// Classes of errors about roles, resources and files, whose message names no value of a row.
fn tells_no_value(code: &SqlState) -> bool {
    ["08", "28", "3D", "53", "57", "58", "XX", "42"]
        .iter()
        .any(|class| code.code().starts_with(class))
}

fn meaning(code: &SqlState) -> (ErrorKind, &'static str, &'static str) {
    match code.code() {
        "40001" | "40P01" => (
            ErrorKind::Unavailable,
            "other changes of the same rows kept coming first",
            "try again",
        ),
        "23505" => (ErrorKind::AlreadyExists, "the row is there already", "choose another name"),
        "55P03" => (
            ErrorKind::Unavailable,
            "others kept a row or table locked for too long",
            "try again, and look for a long transaction in pg_stat_activity",
        ),
        "57014" => (
            ErrorKind::Unavailable,
            "the database needed too long for a statement",
            "try again; look at the server's load",
        ),
        "53100" | "53400" => (
            ErrorKind::StorageFull,
            "the disk of the database is full",
            "free space on the server, then repeat the command",
        ),
        "53300" => (
            ErrorKind::Unavailable,
            "the database has no free connection slot",
            "try again; raise max_connections, or let fewer processes connect",
        ),
        "42501" => (
            ErrorKind::Denied,
            "the role may not do this in the database",
            "grant what `strongroom init` printed, or use the role that owns the schema",
        ),
        // A standby refuses serializable transactions with the second.
        "25006" | "0A000" => (
            ErrorKind::Unsupported,
            "the database can only be read here",
            "name the primary, or several hosts with target_session_attrs=read-write",
        ),
        "28P01" | "28000" => (
            ErrorKind::Denied,
            "the database refused to let us in",
            "check user and password in the connection string or the password file, and pg_hba.conf",
        ),
        "3D000" => (
            ErrorKind::Config,
            "the server has no such database",
            "create it, or correct the connection string",
        ),
        // Nothing of ours names a setting or a type that a server may not have.
        "42704" | "22023" => (
            ErrorKind::Config,
            "the server does not take a setting of the connection",
            "correct `options` in the connection string, or PGOPTIONS",
        ),
        "42P01" | "42703" | "3F000" | "42883" => (
            ErrorKind::Corrupt,
            "the tables of the database are not what they should be",
            "check the schema in the connection string, or restore a backup",
        ),
        "XX001" | "XX002" | "58P01" => (
            ErrorKind::Corrupt,
            "the database is damaged",
            "stop writing to it and restore a backup",
        ),
        "22021" | "22P05" => (
            ErrorKind::InvalidArgument,
            "the database cannot store this text",
            "leave out NUL characters; the database's encoding must be UTF8",
        ),
        code => match code.get(..2) {
            Some("08" | "57") => (
                ErrorKind::Unavailable,
                "the database is not available now",
                "try again; look into the server's log",
            ),
            Some("53" | "58") => (
                ErrorKind::Unavailable,
                "the server lacks a resource",
                "look into the server's log",
            ),
            Some("28") => (
                ErrorKind::Denied,
                "the database refused to let us in",
                "check the connection string and pg_hba.conf",
            ),
            _ => (
                ErrorKind::Internal,
                "an unexpected answer from PostgreSQL",
                "report this with the command that led to it",
            ),
        },
    }
}

/// A change whose outcome could not be found out.
pub(crate) fn outcome_unknown(cause: Error) -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the database went away while a change was being made durable",
        "read back whether it was made; look at the server and the network",
    )
    .with_native(cause.native().unwrap_or("COMMIT").to_owned())
    .with_source(cause)
}
