//! One attempt at a transaction, and how it ended.

use std::mem;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join;
use strongroom_backend::{Error, ErrorKind, Result};

use crate::connection::{Connection, Waits};
use crate::errors::{Fault, Trouble, is_refusal};
use crate::session::Session;
use crate::value::Value;

/// Every transaction that writes ends by putting a number into its session's row. Whether the number is
/// there tells whether the transaction took place.
///
/// The server's own `pg_xact_status` does not: a transaction's id that was not yet in the log when the
/// server crashed, or that a promoted standby never saw, is given to another one.
const MARK: &str = "INSERT INTO commits AS c (session, number, made_at) VALUES (?1, ?2, ?3) \
                    ON CONFLICT (session) DO UPDATE \
                    SET number = excluded.number, made_at = excluded.made_at";

/// Asks for the number, and settles the matter: a transaction that is still under way is waited for, and
/// one that has not yet come to its mark cannot set it any more, because the row was changed after it
/// began. That holds in serializable transactions alone: the session of another one is ended before.
const SETTLE: &str = "INSERT INTO commits AS c (session, number, made_at) VALUES (?1, 0, ?2) \
                      ON CONFLICT (session) DO UPDATE SET fences = c.fences + 1 RETURNING number";

/// Ends a session that was lost to us, whose transaction can only be in the way.
const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ?1 \
                   AND (extract(epoch FROM backend_start) * 1000000)::bigint = ?2";

/// Removes the rows of sessions that ended long ago. It looks at every row: see [`Session::is_to_sweep`].
const SWEEP: &str = "DELETE FROM commits WHERE made_at < ?1";

/// No session lives, and no outcome is asked for, this long.
const KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Between two looks at a session that is to end.
const PAUSE: Duration = Duration::from_millis(5);

/// How an attempt ended.
pub(crate) enum Outcome<T> {
    /// The transaction took place.
    Done(T),
    /// It did not, and would not if it ran again.
    Failed(Error),
    /// It did not, and may well if it runs again.
    Again(Error, Trouble),
    /// It may have.
    Unknown(T, Mark, Error),
}

/// What tells a transaction from all others.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    session: [u8; 16],
    number: i64,
    pub(crate) backend: Backend,
}

/// A process of the server and when it began, in microseconds: together, no other's.
#[derive(Clone, Copy)]
pub(crate) struct Backend {
    pub(crate) process: i64,
    pub(crate) started: i64,
}

/// Runs `work` in a transaction and commits it.
pub(crate) fn attempt<T>(
    session: &Session,
    waits: Waits,
    begin: &str,
    work: &mut dyn FnMut(&Connection<'_>) -> Result<T>,
) -> Outcome<T> {
    let connection = Connection::begin(session, waits, begin);
    let panics = GivenUp(session);
    let worked = work(&connection);
    mem::forget(panics);
    let value = match (worked, connection.trouble()) {
        (Ok(value), None) => value,
        (Ok(_), Some(trouble)) => {
            roll_back(session, &connection, waits);
            return ended(went_on(), trouble);
        }
        (Err(error), trouble) => {
            roll_back(session, &connection, waits);
            return ended(error, trouble.unwrap_or(Trouble::Lasting));
        }
    };
    if !connection.has_begun() {
        return Outcome::Done(value);
    }
    if !connection.has_written() {
        return match finish(session, "COMMIT", waits) {
            Ok(()) => Outcome::Done(value),
            Err(fault) => ended(fault.error, fault.trouble),
        };
    }
    commit(session, &connection, waits, value)
}

/// When it is dropped: a panic of the work leaves a transaction open, which the session's next user must not
/// find.
struct GivenUp<'a>(&'a Session);

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

fn ended<T>(error: Error, trouble: Trouble) -> Outcome<T> {
    match trouble {
        Trouble::Lasting => Outcome::Failed(error),
        trouble => Outcome::Again(error, trouble),
    }
}

fn commit<T>(session: &Session, connection: &Connection<'_>, waits: Waits, value: T) -> Outcome<T> {
    let deadline = waits.end.unwrap_or_else(|| Instant::now() + waits.statement);
    let now = connection.now().unwrap_or(0);
    let statement = match session.statement(MARK, deadline) {
        Ok(statement) => statement,
        Err(fault) => {
            roll_back(session, connection, waits);
            return ended(fault.error, fault.trouble);
        }
    };
    let number = session.next_commit();
    let mark = Mark { session: session.id, number, backend: connection.backend() };
    let (id, number, now) =
        (Value::Bytes(&mark.session), Value::Integer(mark.number), Value::Integer(now));
    session.was_unreplicated();
    let marked = [&id as _, &number as _, &now as _];
    let both =
        join(session.client.execute(&statement, &marked), session.client.batch_execute("COMMIT"));
    let (marked, committed) = match session.wait(both, deadline) {
        Ok(answers) => answers,
        Err(fault) => return Outcome::Unknown(value, mark, fault.error),
    };
    let cause = match (marked, committed) {
        (Ok(_), Ok(())) if session.was_unreplicated() => unreplicated(),
        (Ok(_), Ok(())) => return Outcome::Done(value),
        // A mark that the server refused leaves a transaction that COMMIT rolls back.
        (Err(error), Ok(())) | (Ok(_), Err(error)) if is_refusal(&error) => {
            let fault = Fault::of(error);
            return ended(fault.error, fault.trouble);
        }
        (Err(error), _) | (Ok(_), Err(error)) => Fault::of(error).error,
    };
    // Its next transaction would replace the mark that is going to be looked for.
    session.give_up();
    Outcome::Unknown(value, mark, cause)
}

/// Whether the transaction took place, asked in another session. An error leaves it open.
pub(crate) fn took_place(connection: &Connection<'_>, mark: Mark) -> Result<bool> {
    let mut found = 0;
    let now = connection.now()?;
    let parameters = [Value::Bytes(&mark.session), Value::Integer(now)];
    connection.query(SETTLE, &parameters, &mut |row| {
        found = row.integer(0)?;
        Ok(())
    })?;
    Ok(found == mark.number)
}

/// Ends the session of a transaction whose outcome is waited for in vain. What it has committed stays.
pub(crate) fn end_session(connection: &Connection<'_>, mark: Mark) -> Result<()> {
    end(connection, mark.backend).map(|_| ())
}

/// Tells the server to end a session; whether there is one.
fn end(connection: &Connection<'_>, backend: Backend) -> Result<bool> {
    let session = [Value::Integer(backend.process), Value::Integer(backend.started)];
    let mut found = false;
    connection.query(END, &session, &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

/// Ends a session that was lost to us, and waits until it is gone with all that it may still have done.
pub(crate) fn end_backend(
    connection: &Connection<'_>,
    backend: Backend,
    deadline: Instant,
) -> Result<()> {
    while end(connection, backend)? {
        if Instant::now() >= deadline {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "a session that was lost does not end",
                "look for it in pg_stat_activity",
            ));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Commits a row of this session's own: then all that was committed before is as durable as that.
pub(crate) fn confirm(connection: &Connection<'_>) -> Result<()> {
    let session = connection.session();
    let (id, number) = (Value::Bytes(&session.id), Value::Integer(session.next_commit()));
    let now = Value::Integer(connection.now()?);
    connection.execute(MARK, &[id, number, now]).map(|_| ())
}

/// Forgets marks that nobody will ask for.
pub(crate) fn sweep(connection: &Connection<'_>) -> Result<()> {
    let before = connection.now()?.saturating_sub(KEPT_MICROS);
    connection.execute(SWEEP, &[Value::Integer(before)]).map(|_| ())
}

fn roll_back(session: &Session, connection: &Connection<'_>, waits: Waits) {
    if connection.has_begun() && connection.trouble() != Some(Trouble::Lost) {
        let _ = finish(session, "ROLLBACK", waits);
    }
}

/// Ends the transaction. A session that cannot is not used again.
pub(crate) fn finish(session: &Session, with: &str, waits: Waits) -> Result<(), Fault> {
    let deadline = Instant::now() + waits.statement;
    let answer = session.wait(session.client.batch_execute(with), deadline);
    answer.and_then(|answer| answer.map_err(Fault::of)).inspect_err(|_| session.give_up())
}

pub(crate) fn unreplicated() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the server stopped waiting for its standby to have the change",
        "look at the standby, and at who cancelled the wait",
    )
}

fn went_on() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a transaction was continued after a statement had failed",
        "report this with the command that led to it",
    )
}
