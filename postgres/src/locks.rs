//! Locks that processes share through the server, and that end with the connection that holds them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use strongroom_backend::{Error, ErrorKind, Result};

use crate::connection::{Connection, Waits};
use crate::errors::{LOCK_NOT_AVAILABLE, Trouble};
use crate::pool::{Claim, Lease, Pool};
use crate::transaction::finish;

/// A transaction that only holds a lock must not be ended for its idleness.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const STAY: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// A lock; dropped, it goes to the next. It has a connection of its own meanwhile.
pub struct Lock {
    lease: Lease,
    waits: Waits,
}

impl Lock {
    /// Whether [`check`](Self::check) finds nothing wrong.
    pub fn is_held(&self) -> bool {
        self.check().is_ok()
    }

    /// Asks the server, on the connection that holds the lock, whether it does still. `Unavailable` when
    /// the connection was lost: others may have had the lock since.
    pub fn check(&self) -> Result<()> {
        let waits = Waits { end: None, ..self.waits };
        let mut answered = false;
        // The lock ends with its transaction, and the transaction with the connection.
        let connection = Connection::plain(self.lease.session()?, waits);
        let asked = connection.query("SELECT 1", &[], &mut |_| {
            answered = true;
            Ok(())
        });
        match asked {
            Ok(()) if answered => Ok(()),
            Ok(()) => Err(lost()),
            Err(error) => Err(lost().with_source(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.lease.is_ours()
            && let Ok(session) = self.lease.session()
            && !session.is_given_up()
        {
            let _ = finish(session, "ROLLBACK", self.waits);
        }
    }
}

/// What PostgreSQL calls a lock by: a number, the same in every process.
pub(crate) fn key(schema: &str, name: &str) -> i64 {
    let digest = Sha256::digest(format!("strongroom/{schema}/{name}"));
    digest.iter().take(8).fold(0, |key, byte| key << 8 | i64::from(*byte))
}

pub(crate) fn try_share(
    pool: &Arc<Pool>,
    schema: &str,
    name: &str,
    waits: Waits,
) -> Result<Option<Lock>> {
    let lock = begin(pool, waits)?;
    let connection = Connection::plain(lock.lease.session()?, waits);
    let sql = format!("SELECT pg_try_advisory_xact_lock_shared({})", key(schema, name));
    let mut taken = false;
    connection.query(&sql, &[], &mut |row| {
        taken = row.integer(0)? == 1;
        Ok(())
    })?;
    Ok(taken.then_some(lock))
}

pub(crate) fn lock_within(
    pool: &Arc<Pool>,
    schema: &str,
    name: &str,
    wait: Duration,
    waits: Waits,
) -> Result<Option<Lock>> {
    let lock = begin(pool, waits)?;
    let long = Waits { statement: wait, end: Some(Instant::now() + wait + waits.statement) };
    let connection = Connection::plain(lock.lease.session()?, long);
    let taken = connection.batch(&format!(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {}; \
         SELECT pg_advisory_xact_lock({})",
        wait.as_millis().max(1),
        key(schema, name)
    ));
    match taken {
        Ok(()) => Ok(Some(lock)),
        Err(error) if error.native() == Some(LOCK_NOT_AVAILABLE) => Ok(None),
        Err(error) => Err(error),
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the connection that held a lock was lost, so others may have had the lock meanwhile",
        "try again; look into the server's log",
    )
}

/// Begins the transaction that will hold the lock: once more in another session where nobody had noticed
/// that the first was lost.
fn begin(pool: &Arc<Pool>, waits: Waits) -> Result<Lock> {
    let end = waits.end.unwrap_or_else(|| Instant::now() + waits.statement);
    let mut runs_again = true;
    loop {
        // Whoever holds a lock needs a connection for what it does under it.
        let lock = Lock { lease: pool.take(Claim::Urgent, end)?, waits };
        let connection = Connection::begin(lock.lease.session()?, waits, BEGIN);
        match connection.batch(STAY) {
            Ok(()) => return Ok(lock),
            Err(error) if connection.trouble() != Some(Trouble::Lost) || !runs_again => {
                return Err(error);
            }
            Err(_) => {}
        }
        runs_again = false;
        drop(lock);
        // Whatever ended one session has probably ended all.
        pool.drop_idle();
    }
}
