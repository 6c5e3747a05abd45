//! One piece of work, and the answer to it, between the caller and a thread of the module.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Result};

use crate::failure::Failure;
use crate::held::Held;
use crate::watch::watch;

type Work<T> = dyn Fn(&mut Held) -> Result<T, Failure> + Send + Sync;

/// Work as its thread sees it.
pub(crate) trait Job: Send + Sync {
    /// The thread takes the work up. False when the caller has gone.
    fn begin(&self) -> bool;
    /// The thread waits for other threads of ours, which have bounds of their own.
    fn pause(&self);
    /// The thread goes (back) into the module: from now on time counts.
    fn resume(&self);
    /// The work goes back to the queue.
    fn put_back(&self);
    /// Does the work, and keeps what it gives.
    fn attempt(&self, held: &mut Held) -> Result<(), Failure>;
    /// Whether doing it twice is like doing it once.
    fn is_repeatable(&self) -> bool;
    /// The work is done, or failed; `freed` is called before the caller learns of it. False, and
    /// nothing is called, when the caller gave the thread up.
    fn finish(&self, outcome: Result<()>, freed: &mut dyn FnMut()) -> bool;
}

/// Work as its caller sees it.
pub(crate) struct Call<T> {
    work: Box<Work<T>>,
    repeatable: bool,
    state: Mutex<State<T>>,
    changed: Condvar,
    /// Done, to be seen without the lock.
    done: AtomicBool,
}

struct State<T> {
    phase: Phase,
    value: Option<T>,
    error: Option<Error>,
    /// The caller has to be woken.
    sleeps: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Queued,
    /// A thread has it, in the module since then.
    Running(Option<Instant>),
    Done,
    /// The caller has gone.
    Left,
}

impl<T: Send + 'static> Call<T> {
    pub(crate) fn new(
        work: impl Fn(&mut Held) -> Result<T, Failure> + Send + Sync + 'static,
        repeatable: bool,
    ) -> Call<T> {
        let state =
            Mutex::new(State { phase: Phase::Queued, value: None, error: None, sleeps: false });
        let (work, done) = (Box::new(work), AtomicBool::new(false));
        Call { work, repeatable, state, changed: Condvar::new(), done }
    }

    /// The answer, or why there is none after `timeout` in the queue or in the module. `lost` is called
    /// when a thread is given up.
    pub(crate) fn answer(&self, timeout: Duration, lost: impl FnOnce()) -> Result<T> {
        let queued = Instant::now();
        watch(|| self.done.load(Ordering::Acquire));
        let mut state = self.state();
        loop {
            let since = match state.phase {
                Phase::Done | Phase::Left => return state.take(),
                Phase::Queued => queued,
                Phase::Running(Some(since)) => since,
                // Whatever it waits for ends by itself; then look again.
                Phase::Running(None) => Instant::now(),
            };
            let Some(left) = timeout.checked_sub(since.elapsed()) else { break };
            state.sleeps = true;
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let started = state.phase != Phase::Queued;
        state.phase = Phase::Left;
        if !started {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("no session of the token was free within {} ms", timeout.as_millis()),
                "try again; allow more `sessions` if it stays so",
            ));
        }
        lost();
        Err(Error::new(
            ErrorKind::Timeout,
            format!("the token did not answer within {} ms", timeout.as_millis()),
            "read back before trying again; look at the token and the way to it",
        ))
    }
}

impl<T> Call<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_to(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != Phase::Left {
            state.phase = phase;
        }
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Result<T> {
        match (self.error.take(), self.value.take()) {
            (None, Some(value)) => Ok(value),
            (Some(error), _) => Err(error),
            (None, None) => Err(Error::new(
                ErrorKind::Internal,
                "a call to the token ended without an answer",
                "please report this",
            )),
        }
    }
}

impl<T: Send + 'static> Job for Call<T> {
    fn begin(&self) -> bool {
        let mut state = self.state();
        if state.phase == Phase::Left {
            return false;
        }
        state.phase = Phase::Running(Some(Instant::now()));
        true
    }

    fn pause(&self) {
        self.move_to(Phase::Running(None));
    }

    fn resume(&self) {
        self.move_to(Phase::Running(Some(Instant::now())));
    }

    fn put_back(&self) {
        self.move_to(Phase::Queued);
    }

    fn attempt(&self, held: &mut Held) -> Result<(), Failure> {
        let value = (self.work)(held)?;
        self.state().value = Some(value);
        Ok(())
    }

    fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    fn finish(&self, outcome: Result<()>, freed: &mut dyn FnMut()) -> bool {
        let mut state = self.state();
        if state.phase == Phase::Left {
            return false;
        }
        freed();
        state.error = outcome.err();
        state.phase = Phase::Done;
        let sleeps = state.sleeps;
        drop(state);
        self.done.store(true, Ordering::Release);
        if sleeps {
            self.changed.notify_one();
        }
        true
    }
}
