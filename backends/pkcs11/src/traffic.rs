//! Who is at work in a module, so that it can be restarted under nobody's feet.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts the work that goes on in a module.
#[derive(Default)]
pub(crate) struct Traffic {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    inside: usize,
    closed: bool,
}

/// Work that goes on, until dropped.
pub(crate) struct Passage<'a>(&'a Traffic);

/// Nobody is inside, and nobody enters, until dropped.
pub(crate) struct Closure<'a>(&'a Traffic);

impl Traffic {
    /// Begins work; waits while the module is being restarted.
    pub(crate) fn enter(&self) -> Passage<'_> {
        let mut state = self.state();
        while state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.inside += 1;
        Passage(self)
    }

    /// Lets nobody in and waits until everybody is out, as long as `patience`.
    pub(crate) fn close(&self, patience: Duration) -> Option<Closure<'_>> {
        let started = Instant::now();
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.closed = true;
        while state.inside > 0 {
            let Some(left) = patience.checked_sub(started.elapsed()) else {
                state.closed = false;
                self.changed.notify_all();
                return None;
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(Closure(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.inside -= 1;
        if state.closed {
            self.0.changed.notify_all();
        }
    }
}

impl Drop for Closure<'_> {
    fn drop(&mut self) {
        self.0.state().closed = false;
        self.0.changed.notify_all();
    }
}
