//! A bounded number of sessions, kept for the next caller.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Process, Result};

use crate::connect::{Connector, Known};
use crate::runtime::Connections;
use crate::session::{Facts, Session};
use crate::wait::wait;

/// More than the connector itself takes.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Pool {
    connector: Connector,
    /// Gone only in a forked child, which has no such thread.
    connections: Option<Connections>,
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
    process: Process,
}

#[derive(Default)]
struct State {
    idle: Vec<Session>,
    /// The idle sessions and those of ordinary callers: never more than the limit.
    open: usize,
    /// What the server of the newest session said about itself.
    newest: Option<Facts>,
}

impl State {
    /// Whether a session may serve one more caller. All are on a primary, or all on a standby, as the newest
    /// is: what was written through one must be there for whoever reads through another.
    fn may_lend(&self, session: &Session) -> bool {
        let in_recovery = self.newest.map(|facts| facts.in_recovery);
        session.is_usable() && in_recovery.is_none_or(|is| is == session.facts.in_recovery)
    }
}

/// Whether a caller may be one too many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It waits for its turn.
    Ordinary,
    /// It must find something out for whoever waits, or will need another session while it has this one:
    /// it would wait for itself. Its session takes nobody's place.
    Urgent,
}

impl Pool {
    pub(crate) fn new(connector: Connector, limit: usize) -> Result<Arc<Pool>> {
        Ok(Arc::new(Pool {
            connector,
            connections: Some(Connections::new()?),
            limit,
            state: Mutex::default(),
            freed: Condvar::new(),
            process: Process::current(),
        }))
    }

    /// A session that nobody else uses, before `deadline`.
    pub(crate) fn take(self: &Arc<Pool>, claim: Claim, deadline: Instant) -> Result<Lease> {
        if self.process != Process::current() {
            return Err(forked());
        }
        let mut state = self.state();
        loop {
            if let Some(session) = state.idle.pop() {
                let usable = state.may_lend(&session);
                if !usable || claim == Claim::Urgent {
                    state.open -= 1;
                    self.freed.notify_one();
                }
                if usable {
                    return Ok(self.lease(Some(session), claim));
                }
                continue;
            }
            if claim == Claim::Urgent || state.open < self.limit {
                state.open += usize::from(claim == Claim::Ordinary);
                drop(state);
                return self.connect(claim, deadline);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.busy());
            }
            (state, _) =
                self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A session that nobody uses and that is there already. Never more than half of them are lent like
    /// this: who holds one waits for something else meanwhile, and would keep out those who wait for one.
    pub(crate) fn take_spare(self: &Arc<Pool>) -> Option<Lease> {
        if self.process != Process::current() {
            return None;
        }
        let mut state = self.state();
        let free = self.limit.saturating_sub(state.open) + state.idle.len();
        if free <= self.limit / 2 {
            return None;
        }
        let session = state.idle.pop()?;
        let usable = state.may_lend(&session);
        drop(state);
        // One that cannot be used goes with its lease.
        let lease = self.lease(Some(session), Claim::Ordinary);
        usable.then_some(lease)
    }

    fn lease(self: &Arc<Pool>, session: Option<Session>, claim: Claim) -> Lease {
        Lease { session, claim, owes_answer: false, pool: self.clone() }
    }

    /// Opens a session, whose place was counted already.
    fn connect(self: &Arc<Pool>, claim: Claim, deadline: Instant) -> Result<Lease> {
        let place = self.lease(None, claim);
        let Some(connections) = &self.connections else { return Err(forked()) };
        let (alive, connector) = (connections.spawner(), self.connector.clone());
        let passwords = self.connector.settings.passwords()?;
        let on_primary = self.newest().is_some_and(|facts| !facts.in_recovery);
        let known = Known { passwords, on_primary };
        let attempt = connections.spawn(connector.connect(known, move || alive.clone()));
        let abort = attempt.abort_handle();
        let limit = Instant::now() + self.connector.settings.connect_timeout + GRACE;
        let session = match wait(attempt, deadline.min(limit)) {
            Some(Ok(session)) => session?,
            Some(Err(_)) => return Err(stopped()),
            None => {
                abort.abort();
                return Err(self.no_answer());
            }
        };
        self.state().newest = Some(session.facts);
        let mut lease = place;
        lease.session = Some(session);
        Ok(lease)
    }

    /// What the server of the newest session said about itself, when that began.
    pub(crate) fn newest(&self) -> Option<Facts> {
        self.state().newest
    }

    /// What the servers said about themselves is not true any more.
    pub(crate) fn forget_facts(&self) {
        self.state().newest = None;
        self.drop_idle();
    }

    /// Ends the sessions that nobody uses.
    pub(crate) fn drop_idle(&self) {
        let mut state = self.state();
        state.open -= state.idle.len();
        let idle = mem::take(&mut state.idle);
        drop(state);
        drop(idle);
        self.freed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("all {} connections to the database were busy for too long", self.limit),
            "try again, or do less at once",
        )
    }

    fn no_answer(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("no answer from {} in time", self.connector.settings),
            "check that the server runs and can be reached",
        )
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.process == Process::current() {
            // The sessions first: each says goodbye, for which the connections wait.
            self.state.get_mut().unwrap_or_else(PoisonError::into_inner).idle.clear();
            return;
        }
        // A child has neither the thread nor the sockets, and locks that its parent held stay locked.
        let state = mem::take(self.state.get_mut().unwrap_or_else(PoisonError::into_inner));
        mem::forget(state);
        mem::forget(self.connections.take());
    }
}

/// A session that goes back to the pool when it is dropped.
pub(crate) struct Lease {
    session: Option<Session>,
    claim: Claim,
    owes_answer: bool,
    pool: Arc<Pool>,
}

impl Lease {
    /// The session. A lease without one is never handed out.
    pub(crate) fn session(&self) -> Result<&Session> {
        self.session.as_ref().ok_or_else(stopped)
    }

    /// Whether it was asked something whose answer nobody took: what is asked next waits for that too, so
    /// it is lent last.
    pub(crate) fn owes_answer(&mut self, owes: bool) {
        self.owes_answer = owes;
    }

    /// Whether this process made it.
    pub(crate) fn is_ours(&self) -> bool {
        self.pool.process == Process::current()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let session = self.session.take();
        if !self.is_ours() {
            return mem::forget(session);
        }
        let mut state = self.pool.state();
        state.open -= usize::from(self.claim == Claim::Ordinary);
        let has_place = state.open < self.pool.limit;
        let (kept, ended) = match session {
            Some(session) if has_place && state.may_lend(&session) => (Some(session), None),
            session => (None, session),
        };
        state.open += usize::from(kept.is_some());
        let at = if self.owes_answer { 0 } else { state.idle.len() };
        state.idle.splice(at..at, kept);
        drop(state);
        drop(ended);
        self.pool.freed.notify_one();
    }
}

/// `Forked`: a connection belongs to the process that made it.
pub(crate) fn forked() -> Error {
    Error::new(
        ErrorKind::Forked,
        "the database was opened by the parent of this process",
        "open the store again in this process",
    )
}

fn stopped() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the thread that talks to the database has ended",
        "open the store again",
    )
}
