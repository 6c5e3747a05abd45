//! Group commit: jobs that arrive while a commit is under way share the next one.
//!
//! There is no thread of its own. The first caller that finds nobody at work takes every waiting
//! job into one transaction, and the others wait for their result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Result};

/// The longest that a batch waits for jobs that may never come.
const LONGEST_GATHERING: Duration = Duration::from_millis(1);

/// A job's outcome travels in the variables that it captured; here only failure shows.
pub(crate) type Job<C> = Box<dyn FnMut(&C) -> Result<()> + Send>;

/// One job with the place where its caller waits.
pub(crate) struct Ticket<C> {
    pub(crate) job: Job<C>,
    slot: Arc<Slot>,
}

impl<C> Ticket<C> {
    /// Tells the caller how it went; the first answer stays.
    pub(crate) fn answer(&self, result: Result<()>) {
        self.slot.call(Call::Done(result));
    }
}

/// Where one caller waits, so that nobody is woken for somebody else.
#[derive(Default)]
struct Slot {
    call: Mutex<Option<Call>>,
    called: Condvar,
}

/// What a caller waits for.
enum Call {
    /// It is at work now.
    Begin,
    /// Its job is done.
    Done(Result<()>),
}

impl Slot {
    fn call(&self, call: Call) {
        lock(&self.call).get_or_insert(call);
        self.called.notify_one();
    }

    fn wait(&self) -> Call {
        let mut call = lock(&self.call);
        loop {
            if let Some(call) = call.take() {
                return call;
            }
            call = self.called.wait(call).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

pub(crate) struct Group<C> {
    state: Mutex<State<C>>,
    /// As many jobs are waiting as the last batch had.
    gathered: Condvar,
}

struct State<C> {
    at_work: bool,
    waiting: Vec<Ticket<C>>,
    /// Those who want to be at work without a batch.
    alone: Vec<Arc<Slot>>,
    last: Last,
}

/// The batch before.
#[derive(Default, Clone, Copy)]
struct Last {
    jobs: usize,
    took: Duration,
}

impl<C> Group<C> {
    pub(crate) fn new() -> Group<C> {
        let (waiting, alone) = (Vec::new(), Vec::new());
        let state = State { at_work: false, waiting, alone, last: Last::default() };
        Group { state: Mutex::new(state), gathered: Condvar::new() }
    }

    /// Has `job` done as a part of some batch. `work` does a whole batch and answers each ticket.
    pub(crate) fn submit(&self, job: Job<C>, work: impl Fn(&mut [Ticket<C>])) -> Result<()> {
        let slot = Arc::new(Slot::default());
        let ticket = Ticket { job, slot: slot.clone() };
        self.queue_up(ticket);
        loop {
            match slot.wait() {
                Call::Begin => self.lead(&work),
                Call::Done(result) => return result,
            }
        }
    }

    /// Adds a ticket, whose caller begins if nobody is at work.
    fn queue_up(&self, ticket: Ticket<C>) {
        let mut state = lock(&self.state);
        if !std::mem::replace(&mut state.at_work, true) {
            ticket.slot.call(Call::Begin);
        }
        state.waiting.push(ticket);
        if state.waiting.len() == state.last.jobs {
            self.gathered.notify_one();
        }
    }

    /// Runs `work` while no batch is under way.
    pub(crate) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        let wait = {
            let mut state = lock(&self.state);
            std::mem::replace(&mut state.at_work, true).then(|| {
                let slot = Arc::new(Slot::default());
                state.alone.push(slot.clone());
                slot
            })
        };
        if let Some(slot) = wait {
            slot.wait();
        }
        let _leave = Leave(self);
        work()
    }

    /// Does a batch of all that wait.
    fn lead(&self, work: impl Fn(&mut [Ticket<C>])) {
        let _leave = Leave(self);
        let mut batch = self.gather();
        let started = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| work(&mut batch))).is_err() {
            batch.iter().for_each(|ticket| ticket.answer(Err(panicked())));
        }
        lock(&self.state).last = Last { jobs: batch.len(), took: started.elapsed() };
    }

    /// Takes all that wait, after giving those whom the last batch served a part of the time that it
    /// took to come again. Else the first of them would begin alone, and the others wait for a whole
    /// commit.
    fn gather(&self) -> Vec<Ticket<C>> {
        let mut state = lock(&self.state);
        let Last { jobs, took } = state.last;
        if state.waiting.len() < jobs {
            let few = |state: &mut State<C>| state.waiting.len() < jobs;
            let waited =
                self.gathered.wait_timeout_while(state, (took / 2).min(LONGEST_GATHERING), few);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::take(&mut state.waiting)
    }
}

/// Lets the next one go to work.
struct Leave<'a, C>(&'a Group<C>);

impl<C> Drop for Leave<'_, C> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        let alone = state.alone.pop();
        match alone.as_ref().or(state.waiting.first().map(|ticket| &ticket.slot)) {
            Some(next) => next.call(Call::Begin),
            None => state.at_work = false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Those who work alone wait for a batch, keep the next from beginning, and are never forgotten.
    #[test]
    fn nobody_works_beside_one_who_works_alone() {
        let group = Group::<()>::new();
        let (at_work, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let enter = || {
            assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0);
            std::thread::yield_now();
            at_work.fetch_sub(1, Ordering::SeqCst);
            done.fetch_add(1, Ordering::SeqCst);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| group.alone(enter)));
                scope.spawn(|| {
                    for _ in 0..200 {
                        let work = |batch: &mut [Ticket<()>]| {
                            enter();
                            batch.iter().for_each(|ticket| ticket.answer(Ok(())));
                        };
                        group.submit(Box::new(|()| Ok(())), work).unwrap();
                    }
                });
            }
        });
        assert!(done.load(Ordering::SeqCst) > 800);
    }

    #[test]
    fn a_panicking_batch_is_an_error_and_the_next_one_works() {
        let group = Group::<()>::new();
        let error = group.submit(Box::new(|_| Ok(())), |_| panic!("planted")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        group.submit(Box::new(|_| Ok(())), |b| b[0].answer(Ok(()))).unwrap();
    }
}
