//! Group commit: jobs that arrive while a commit is under way share the next one.
//!
//! There is no thread of its own. The first caller that finds nobody at work takes every waiting
//! job into one transaction, each in a savepoint, and the others wait for their result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use strongroom_backend::{Error, ErrorKind, Result};

/// A job's outcome travels in the variables that it captured; here only failure shows.
pub(crate) type Job<C> = Box<dyn FnMut(&C) -> Result<()> + Send>;

/// One job with the place where its caller waits for the result.
pub(crate) struct Ticket<C> {
    pub(crate) job: Job<C>,
    slot: Arc<Slot>,
}

#[derive(Default)]
struct Slot(Mutex<Option<Result<()>>>);

impl<C> Ticket<C> {
    /// Tells the caller how it went; the first answer stays.
    pub(crate) fn answer(&self, result: Result<()>) {
        let mut slot = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(result);
    }
}

pub(crate) struct Group<C> {
    state: Mutex<State<C>>,
    turn: Condvar,
}

struct State<C> {
    waiting: Vec<Ticket<C>>,
    at_work: bool,
}

impl<C> Group<C> {
    pub(crate) fn new() -> Group<C> {
        Group {
            state: Mutex::new(State { waiting: Vec::new(), at_work: false }),
            turn: Condvar::new(),
        }
    }

    /// Has `job` done as a part of some batch. `work` does a whole batch and answers each ticket.
    pub(crate) fn submit(&self, job: Job<C>, work: impl Fn(&mut [Ticket<C>])) -> Result<()> {
        let slot = Arc::new(Slot::default());
        let mut state = self.state();
        state.waiting.push(Ticket { job, slot: slot.clone() });
        loop {
            if let Some(result) = slot.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return result;
            }
            if state.at_work {
                state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let mut batch = std::mem::take(&mut state.waiting);
            state.at_work = true;
            drop(state);
            if catch_unwind(AssertUnwindSafe(|| work(&mut batch))).is_err() {
                batch.iter().for_each(|ticket| ticket.answer(Err(panicked())));
            }
            drop(batch);
            state = self.state();
            state.at_work = false;
            self.turn.notify_all();
        }
    }

    /// Runs `work` while no batch is under way.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        while state.at_work {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.at_work = true;
        drop(state);
        let _leave = Leave(self);
        work()
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Leave<'a, C>(&'a Group<C>);

impl<C> Drop for Leave<'_, C> {
    fn drop(&mut self) {
        self.0.state().at_work = false;
        self.0.turn.notify_all();
    }
}

fn panicked() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a change to the database panicked and was rolled back",
        "report this with the command that led to it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_job_is_done_once_and_batches_form() {
        let group = Group::<AtomicUsize>::new();
        let counter = AtomicUsize::new(0);
        let batches = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let job = Box::new(|c: &AtomicUsize| {
                            c.fetch_add(1, Ordering::SeqCst);
                            Ok(())
                        });
                        group
                            .submit(job, |batch| {
                                batches.fetch_add(1, Ordering::SeqCst);
                                for ticket in batch {
                                    let result = (ticket.job)(&counter);
                                    ticket.answer(result);
                                }
                            })
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(counter.load(Ordering::SeqCst), 800);
        assert!(batches.load(Ordering::SeqCst) <= 800);
    }

    #[test]
    fn a_panicking_batch_is_an_error_and_the_next_one_works() {
        let group = Group::<()>::new();
        let error = group.submit(Box::new(|_| Ok(())), |_| panic!("planted")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        group.submit(Box::new(|_| Ok(())), |b| b[0].answer(Ok(()))).unwrap();
    }
}
