//! One server: the connections to it that are kept, and when to try again after it failed.

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::operations::Queried;
use crate::settings::{KmipSettings, ServerAddress};
use crate::{ProtocolVersion, failure};

/// A connection is closed when it is older, so that renewed certificates come into use.
const OLDEST: Duration = Duration::from_secs(600);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A server that takes long to fail is left alone for so many times as long, while others answer.
const SLOW_FAILURE: u32 = 10;
const LONGEST_SLOW_PAUSE: Duration = Duration::from_secs(60);

/// A server that had less than this part of the timeout, because others used it up, is not to blame for
/// that.
const FAIR_PART: u32 = 8;

/// A connection, and the version that is spoken on it.
pub(crate) struct Line {
    pub(crate) connection: Connection,
    pub(crate) version: ProtocolVersion,
}

/// One server.
pub(crate) struct Server {
    address: ServerAddress,
    most: usize,
    /// The least time in which a server shows whether it answers.
    fair: Duration,
    /// What it said that it can do.
    told: OnceLock<Queried>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Line>,
    /// How many connections there are, idle or in use.
    open: usize,
    failures: u32,
    pause: Option<Pause>,
}

/// When a server that failed is tried again, and how it failed.
struct Pause {
    until: Instant,
    while_others_answer: Instant,
    error: Error,
}

/// Which pauses are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// All of them: another server may answer.
    WhileOthersAnswer,
    /// Those that keep everybody from trying again at once.
    Needed,
}

impl Server {
    pub(crate) fn new(address: ServerAddress, settings: &KmipSettings) -> Server {
        Server {
            address,
            most: settings.connections.max(1),
            fair: settings.timeout / FAIR_PART,
            told: OnceLock::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// What it said that it can do, if it was asked.
    pub(crate) fn told(&self) -> Option<Queried> {
        self.told.get().cloned()
    }

    pub(crate) fn remember(&self, told: Queried) {
        let _ = self.told.set(told);
    }

    /// When it may be tried again, and how it failed; None when it may be tried now.
    pub(crate) fn paused(&self, patience: Patience) -> Option<(Instant, Failure)> {
        let state = self.state();
        let pause = state.pause.as_ref()?;
        let until = match patience {
            Patience::WhileOthersAnswer => pause.while_others_answer,
            Patience::Needed => pause.until,
        };
        let failure = Failure::NotSent(failure::copy(&pause.error));
        (until > Instant::now()).then_some((until, failure))
    }

    /// Lets `talk` use a connection: an idle one, or one that `connect` makes.
    pub(crate) fn with_line<T>(
        &self,
        deadline: Instant,
        connect: impl FnOnce() -> Result<Line, Failure>,
        talk: impl FnOnce(&mut Line) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (mut place, idle) = self.take(deadline)?;
        let turn = (Instant::now(), deadline);
        let is_new = idle.is_none();
        let line = idle.map_or_else(connect, Ok);
        let mut line = line.inspect_err(|failure| self.failed(failure, turn))?;
        match talk(&mut line) {
            Ok(response) => {
                place.line = Some(line);
                let mut state = self.state();
                (state.failures, state.pause) = (0, None);
                Ok(response)
            }
            // A request that was not sent, because the version does not have it.
            Err(Failure::Refused(error)) if error.kind() == ErrorKind::Unsupported => {
                place.line = Some(line);
                Err(Failure::Refused(error))
            }
            Err(failure) => {
                // What broke this connection has broken those that are idle too.
                self.close_idle();
                if is_new {
                    self.failed(&failure, turn);
                }
                Err(failure)
            }
        }
    }

    /// A place among the connections, and an idle one if there is one that looks usable.
    fn take(&self, deadline: Instant) -> Result<(Place<'_>, Option<Line>), Failure> {
        let mut state = self.state();
        loop {
            while let Some(mut line) = state.idle.pop() {
                if line.connection.since().elapsed() < OLDEST && line.connection.is_usable() {
                    return Ok((Place { server: self, line: None }, Some(line)));
                }
                state.open -= 1;
            }
            if state.open < self.most {
                state.open += 1;
                return Ok((Place { server: self, line: None }, None));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::NotSent(self.busy()));
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn busy(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("all {} connections to the KMIP server {} are in use", self.most, self.address),
            "raise connections in the config, or look why the server is slow",
        )
    }

    /// Keeps everybody from trying again at once. `turn` is when it began, and when it had to end.
    fn failed(&self, failure: &Failure, (started, deadline): (Instant, Instant)) {
        let (Failure::NotSent(error) | Failure::Unknown(error)) = failure else { return };
        let is_over = Instant::now() >= deadline;
        if is_over && deadline.saturating_duration_since(started) < self.fair {
            return;
        }
        let mut state = self.state();
        let pause = FIRST_PAUSE.saturating_mul(1 << state.failures.min(10)).min(LONGEST_PAUSE);
        state.failures += 1;
        let now = Instant::now();
        let slow = ((now - started) * SLOW_FAILURE).min(LONGEST_SLOW_PAUSE);
        state.pause = Some(Pause {
            until: now + pause,
            while_others_answer: now + pause.max(slow),
            error: failure::copy(error),
        });
    }

    fn close_idle(&self) {
        let mut state = self.state();
        let closed = std::mem::take(&mut state.idle);
        state.open -= closed.len();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the connections. When it is dropped, its connection is idle again, or its place free.
struct Place<'a> {
    server: &'a Server,
    line: Option<Line>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.server.state();
        match self.line.take() {
            Some(line) => state.idle.push(line),
            None => state.open -= 1,
        }
        drop(state);
        self.server.changed.notify_one();
    }
}
