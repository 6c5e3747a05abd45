//! A thread of a pool: it connects, works, and connects again when its session has gone stale.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

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
    /// A session that is not worked with any more. It is closed only when its successor is open, because
    /// the last session of a process takes the login with it.
    suspect: Option<Held>,
    /// When a session was last replaced, if its successor has done nothing right yet.
    replaced: Option<Instant>,
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
        Worker { pool, mailbox: Arc::default(), held: None, suspect: None, replaced: None }
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
            let mut held = match self.session(job) {
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
            self.close_suspect();
            if !held.is_valid() {
                // Not even to be closed: its number may be another session's by now.
                continue;
            }
            let answer = job.attempt(&mut held);
            let cure =
                answer.as_ref().map_or_else(|failure| self.cure(failure, &held), |()| Cure::None);
            self.keep(held, cure);
            passage.answered();
            let Err(failure) = answer else {
                self.replaced = None;
                return Outcome::Done(Ok(()));
            };
            if cured || !cure.allows_again(job.is_repeatable()) {
                return Outcome::Done(Err(explain(failure, job.is_repeatable())));
            }
            cured = true;
            job.resume();
        }
    }

    /// The session that is held, or a new one.
    fn session(&mut self, job: &dyn Job) -> Result<Held, Failure> {
        if let Some(held) = self.held.take() {
            return Ok(held);
        }
        match connect(&self.pool, job) {
            // The old one may be in the way of its successor.
            Err(failure)
                if failure.code() == Some(RvError::SessionCount) && self.suspect.is_some() =>
            {
                self.disconnect();
                connect(&self.pool, job)
            }
            connected => connected,
        }
    }

    /// What makes the next try succeed. A session that came in the place of another one and fails as
    /// well is kept for a while: then it is not the sessions, and no storm of new ones is of any use.
    fn cure(&mut self, failure: &Failure, held: &Held) -> Cure {
        let cure = cure(failure, held);
        if cure != Cure::Replace {
            return cure;
        }
        let pause = self.pool.settings.timeout;
        if self.replaced.is_some_and(|when| when.elapsed() < pause) {
            return Cure::None;
        }
        self.replaced = Some(Instant::now());
        Cure::Replace
    }

    /// What becomes of a session after work with it. To be called inside the module only.
    fn keep(&mut self, mut held: Held, cure: Cure) {
        match cure {
            Cure::None => self.held = Some(held),
            Cure::FindAgain => {
                held.forget_all();
                self.held = Some(held);
            }
            Cure::Replace => self.suspect = Some(held),
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
        self.close_suspect();
    }

    /// To be called inside the module only.
    fn close_suspect(&mut self) {
        if let Some(suspect) = self.suspect.take() {
            suspect.close();
        }
    }
}

fn cure(failure: &Failure, held: &Held) -> Cure {
    if failure.makes_doubt_the_token() && held.check_token().is_err() {
        return Cure::Reconnect { close: true, no_effect: failure.is_an_absence() };
    }
    Cure::of(failure)
}
