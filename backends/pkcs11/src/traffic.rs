//! Who is at work in a module, so that it can be restarted under nobody's feet, and so that few threads
//! are in one that stops answering.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many threads may be stuck in a module before nobody else is sent into it.
const STUCK: usize = 4;
/// How long an answer of the module is a sign that it answers, at least and at most.
const TRUST: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(1));
/// From then on a call that has not come back counts as one that may never do so.
const SLOW: Duration = Duration::from_secs(1);

/// Counts the work that goes on in a module.
#[derive(Default)]
pub(crate) struct Traffic {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of each one inside, and since when it is.
    inside: Vec<(u64, Instant)>,
    entered: u64,
    /// Those of them, or of a restart, whose callers have gone.
    stuck: usize,
    /// The module has answered lately, and is taken to answer until then.
    trusted: Option<Instant>,
    closed: bool,
    waiting: usize,
}

/// Work that goes on, until dropped. Only [`answered`](Self::answered) says well of the module.
pub(crate) struct Passage<'a> {
    traffic: &'a Traffic,
    number: u64,
    answered: bool,
}

/// Nobody is inside, and nobody enters, until dropped.
pub(crate) struct Closure<'a>(&'a Traffic);

impl Traffic {
    /// Begins work, if nothing is in its way.
    pub(crate) fn try_enter(&self) -> Option<Passage<'_>> {
        self.admit(&mut self.state())
    }

    /// Begins work. Waits while the module is being restarted, or has four calls in it and shows no sign
    /// of answering; as long as `patience`, and no longer once so many threads are stuck.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Passage<'_>> {
        let started = Instant::now();
        let mut state = self.state();
        loop {
            if let Some(passage) = self.admit(&mut state) {
                return Some(passage);
            }
            let left = patience.checked_sub(started.elapsed()).filter(|_| !state.is_silent())?;
            state.waiting += 1;
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
    }

    fn admit(&self, state: &mut State) -> Option<Passage<'_>> {
        let now = Instant::now();
        if !state.lets_in(now) {
            return None;
        }
        state.entered += 1;
        let number = state.entered;
        state.inside.push((number, now));
        Some(Passage { traffic: self, number, answered: false })
    }

    /// Lets nobody in and waits until everybody is out, as long as `patience`.
    pub(crate) fn close(&self, patience: Duration) -> Option<Closure<'_>> {
        let started = Instant::now();
        let mut state = self.state();
        if state.closed {
            return None;
        }
        state.closed = true;
        while !state.inside.is_empty() {
            let Some(left) = patience.checked_sub(started.elapsed()) else {
                state.closed = false;
                self.changed.notify_all();
                return None;
            };
            state.waiting += 1;
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
        Some(Closure(self))
    }

    /// Notes that a thread is stuck: its caller has gone.
    pub(crate) fn lose_thread(&self) {
        self.state().stuck += 1;
        // Whoever waits to go in may have to learn that nobody does.
        self.changed.notify_all();
    }

    /// Notes that a stuck thread came back.
    pub(crate) fn regain_thread(&self) {
        self.state().stuck -= 1;
        self.changed.notify_all();
    }

    /// Whether any thread is stuck.
    pub(crate) fn has_stuck(&self) -> bool {
        self.state().stuck > 0
    }

    /// Whether so many threads are stuck that nobody else is sent after them.
    pub(crate) fn is_silent(&self) -> bool {
        self.state().is_silent()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Up to four may go in always. More may as long as the module gives answers and no call is overdue:
    /// who is in there when it stops is stuck with it.
    fn lets_in(&self, now: Instant) -> bool {
        if self.closed || self.is_silent() {
            return false;
        }
        self.inside.len() < STUCK
            || self.stuck == 0
                && self.trusted.is_some_and(|until| now < until)
                && self.slow(now) < STUCK
    }

    fn slow(&self, now: Instant) -> usize {
        let long = |since: Instant| now.saturating_duration_since(since) >= SLOW;
        self.inside.iter().filter(|(_, since)| long(*since)).count()
    }

    fn is_silent(&self) -> bool {
        self.stuck >= STUCK
    }

    /// The work is done. The next one may take as long again.
    fn trust(&mut self, number: u64, now: Instant) {
        let mut inside = self.inside.iter();
        let Some((_, since)) = inside.find(|(other, _)| *other == number) else { return };
        let took = now.saturating_duration_since(*since);
        let until = now + took.saturating_mul(2).clamp(TRUST.0, TRUST.1);
        self.trusted = self.trusted.max(Some(until));
    }
}

impl Passage<'_> {
    /// Ends work that the module has answered.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut state = self.traffic.state();
        if self.answered {
            state.trust(self.number, Instant::now());
        }
        state.inside.retain(|(number, _)| *number != self.number);
        if state.waiting > 0 {
            self.traffic.changed.notify_all();
        }
    }
}

impl Drop for Closure<'_> {
    fn drop(&mut self) {
        self.0.state().closed = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(count: u64, since: Instant) -> State {
        State { inside: (1..=count).map(|number| (number, since)).collect(), ..State::default() }
    }

    #[test]
    fn four_go_into_a_module_of_which_nothing_is_known_and_more_into_one_that_answers() {
        let now = Instant::now();
        assert!(inside(3, now).lets_in(now));
        let mut state = inside(4, now);
        assert!(!state.lets_in(now), "it has answered nobody yet");
        let later = now + Duration::from_millis(300);
        state.trust(4, later);
        state.inside.extend((5..20).map(|number| (number, later)));
        assert!(state.lets_in(later), "it answers");
        assert!(
            state.lets_in(later + Duration::from_millis(599)),
            "the next may take as long again"
        );
        assert!(!state.lets_in(later + Duration::from_millis(600)), "it answers no more");
    }

    #[test]
    fn beside_an_overdue_call_or_four_slow_ones_no_more_go_in_even_if_others_are_answered() {
        let now = Instant::now();
        let answering = |count, since| State { trusted: Some(now + SLOW), ..inside(count, since) };
        let before = now.checked_sub(SLOW).unwrap();
        assert!(answering(4, now).lets_in(now));
        assert!(!State { stuck: 1, ..answering(4, now) }.lets_in(now));
        assert!(State { stuck: 1, ..answering(3, now) }.lets_in(now));
        assert!(!answering(4, before).lets_in(now));
        assert!(answering(3, before).lets_in(now));
    }

    #[test]
    fn nobody_waits_to_go_in_once_four_are_stuck() {
        let traffic = Traffic::default();
        let passages: Vec<_> = (0..4).map(|_| traffic.try_enter().unwrap()).collect();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| traffic.enter(Duration::from_secs(60)).is_none());
            while traffic.state().waiting == 0 {
                std::thread::yield_now();
            }
            (0..4).for_each(|_| traffic.lose_thread());
            assert!(waiting.join().unwrap(), "it was refused");
        });
        assert!(traffic.is_silent() && traffic.enter(Duration::from_secs(60)).is_none());
        drop(passages);
        traffic.regain_thread();
        assert!(traffic.try_enter().is_some());
    }
}
