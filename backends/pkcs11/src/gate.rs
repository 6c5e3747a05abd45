//! One at a time, and nobody waits for ever.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A lock whose holder may hang in a module: it is taken from a holder that has had it for too long.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    passes: u64,
    inside: Option<(u64, Instant)>,
}

/// The right to be inside, until dropped.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Gate {
    /// Waits for the gate as long as `patience`, and takes it from a holder of more than `patience`.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Pass<'_>> {
        let started = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.inside.is_some_and(|(_, since)| since.elapsed() < patience) {
            let left = patience.checked_sub(started.elapsed())?;
            let waited = self.opened.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.passes += 1;
        let number = state.passes;
        state.inside = Some((number, Instant::now()));
        Some(Pass { gate: self, number })
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.inside.is_some_and(|(number, _)| number == self.number) {
            state.inside = None;
        }
        self.gate.opened.notify_one();
    }
}
