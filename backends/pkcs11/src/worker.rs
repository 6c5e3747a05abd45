//! A thread of a pool: it connects, works, and connects again when its session has gone stale.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cryptoki::error::RvError;
use strongroom_backend::{Error, ErrorKind, Result};

use crate::connect::{connect, go_in};
use crate::errors::explain;
use crate::exchange::Job;
use crate::failure::{Cure, Failure};
use crate::held::Held;
use crate::mailbox::{Mailbox, Message};
use crate::pool::Pool;

/// A thread with, most of the time, a session.
pub(crate) struct Worker {
    pool: Arc<Pool>,
    mailbox: Arc<Mailbox>,
    held: Option<Held>,
}

/// What became of a piece of work.
enum Outcome {
    Done(Result<()>),
    /// The token has no session left for this thread.
    NoRoom(Failure),
}

/// What a thread does next.
enum Next {
    Work(Arc<dyn Job>),
    Wait,
    End,
}

impl Worker {
    pub(crate) fn new(pool: Arc<Pool>) -> Worker {
        Worker { pool, mailbox: Arc::default(), held: None }
    }

    /// Works until the pool closes.
    pub(crate) fn run(mut self, first: Arc<dyn Job>) {
        let mut next = Next::Work(first);
        loop {
            next = match next {
                Next::Work(job) => self.serve(job),
                Next::End => return,
                Next::Wait => match self.mailbox.take() {
                    Message::Work(job) => Next::Work(job),
                    Message::Close => {
                        self.disconnect();
                        self.pool.lose_thread();
                        Next::End
                    }
                },
            }
        }
    }

    fn serve(&mut self, job: Arc<dyn Job>) -> Next {
        if !job.begin() {
            return self.next();
        }
        let worked = catch_unwind(AssertUnwindSafe(|| self.work(&*job)));
        let outcome = match worked.unwrap_or_else(|_| self.after_panic()) {
            Outcome::Done(outcome) => outcome,
            Outcome::NoRoom(_) if self.pool.leave_to_others(&job) => return Next::End,
            Outcome::NoRoom(failure) => Err(explain(failure, true)),
        };
        let mut next = Next::End;
        if job.finish(outcome, &mut || next = self.next()) {
            return next;
        }
        // Given up, and no longer counted by the pool: nobody knows in what state the session is.
        self.pool.module.traffic.regain_thread();
        self.disconnect();
        Next::End
    }

    fn next(&self) -> Next {
        self.pool.next_or_idle(&self.mailbox).map_or(Next::Wait, Next::Work)
    }

    fn work(&mut self, job: &dyn Job) -> Outcome {
        let mut cured = false;
        loop {
            let module = self.pool.module.clone();
            let mut held = match self.held.take().map_or_else(|| connect(&self.pool, job), Ok) {
                Ok(held) => held,
                Err(failure) if failure.code() == Some(RvError::SessionCount) => {
                    return Outcome::NoRoom(failure);
                }
                // Connecting leaves nothing behind.
                Err(failure) => return Outcome::Done(Err(explain(failure, true))),
            };
            let passage = match go_in(&module, job, self.pool.settings.timeout) {
                Ok(passage) => passage,
                Err(failure) => {
                    self.held = Some(held);
                    return Outcome::Done(Err(explain(failure, true)));
                }
            };
            if !held.is_valid() {
                // Not even to be closed: its number may be another session's by now.
                continue;
            }
            let answer = job.attempt(&mut held);
            let cure = answer.as_ref().map_or_else(|failure| cure(failure, &held), |()| Cure::None);
            self.keep(held, cure);
            passage.answered();
            let Err(failure) = answer else { return Outcome::Done(Ok(())) };
            if cured || !cure.allows_again(job.is_repeatable()) {
                return Outcome::Done(Err(explain(failure, job.is_repeatable())));
            }
            cured = true;
            job.resume();
        }
    }

    /// What becomes of a session after work with it. To be called inside the module only.
    fn keep(&mut self, mut held: Held, cure: Cure) {
        match cure {
            Cure::None => self.held = Some(held),
            Cure::FindAgain => {
                held.forget_all();
                self.held = Some(held);
            }
            Cure::Reconnect { close: true, .. } => held.close(),
            Cure::Reconnect { close: false, .. } => drop(held),
        }
    }

    fn after_panic(&mut self) -> Outcome {
        self.disconnect();
        Outcome::Done(Err(Error::new(
            ErrorKind::Internal,
            "the work in the token broke off",
            "please report this",
        )))
    }

    /// Ends the sessions, unless the module lets nobody in: then they are left to it.
    fn disconnect(&mut self) {
        let module = self.pool.module.clone();
        // Not while it is restarted or ended, and not where four threads are stuck already.
        let Some(_passage) = module.traffic.enter(self.pool.settings.timeout / 2) else { return };
        if let Some(held) = self.held.take() {
            held.close();
        }
    }
}

fn cure(failure: &Failure, held: &Held) -> Cure {
    if failure.makes_doubt_the_token() && held.check_token().is_err() {
        // What looked for something has changed nothing yet.
        let no_effect = matches!(failure, Failure::Ours(_));
        return Cure::Reconnect { close: true, no_effect };
    }
    Cure::of(failure)
}
