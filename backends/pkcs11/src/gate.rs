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
    /// Who is inside, and until when it is left alone.
    inside: Option<(u64, Instant)>,
}

/// The right to be inside, until dropped.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Gate {
    /// Waits for the gate as long as `patience`. A holder is left alone for as long as it was ready to
    /// wait itself: how long its calls may take, others do not know.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Pass<'_>> {
        let started = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(alone) = state.left_alone() {
            let left = patience.checked_sub(started.elapsed())?;
            let waited = self.opened.wait_timeout(state, left.min(alone));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.passes += 1;
        let number = state.passes;
        state.inside = Some((number, Instant::now() + patience));
        Some(Pass { gate: self, number })
    }
}

impl State {
    /// For how long the gate is not to be taken from who is inside, if anybody is.
    fn left_alone(&self) -> Option<Duration> {
        let (_, until) = self.inside?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_left_alone_for_its_own_time_and_no_longer() {
        let gate = Gate::default();
        let moment = Duration::from_millis(1);
        let holder = gate.enter(Duration::from_secs(600)).unwrap();
        assert!(gate.enter(moment).is_none(), "the newcomer's patience is not the holder's");
        drop(holder);
        let _hanging = gate.enter(moment).unwrap();
        assert!(gate.enter(Duration::from_secs(600)).is_some(), "taken from one that hangs");
    }
}
