//! The threads of one token, each with a session of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes, spawn_without_signals};

use crate::TokenSettings;
use crate::exchange::Job;
use crate::find::Found;
use crate::mailbox::{Mailbox, Message};
use crate::module::Module;
use crate::worker::Worker;

/// The threads and sessions of one token.
pub(crate) struct Pool {
    pub(crate) settings: TokenSettings,
    pub(crate) module: Arc<Module>,
    /// Kept to log in again after a restart of the token.
    pub(crate) pin: Option<SecretBytes>,
    pub(crate) site: Mutex<Site>,
    state: Mutex<State>,
    ended: Condvar,
}

/// What was learnt when connecting.
#[derive(Default)]
pub(crate) struct Site {
    /// Whether this pool counts as a user of the module.
    pub(crate) joined: bool,
    /// The token as it was found last.
    pub(crate) found: Option<Found>,
}

#[derive(Default)]
struct State {
    /// Threads that have nothing to do; the last one to get idle is the first to be woken, because its
    /// session is the likeliest to remember what is needed.
    idle: Vec<Arc<Mailbox>>,
    queue: VecDeque<Arc<dyn Job>>,
    /// All threads but the stuck ones.
    threads: usize,
    /// The token has no more sessions than these for us, until then.
    limit: Option<(usize, Instant)>,
    closing: bool,
}

impl Pool {
    pub(crate) fn new(
        settings: TokenSettings,
        module: Arc<Module>,
        pin: Option<SecretBytes>,
    ) -> Pool {
        let (site, state) = (Mutex::default(), Mutex::default());
        Pool { settings, module, pin, site, state, ended: Condvar::new() }
    }

    /// Hands the work to a thread, or to the queue when all have some.
    pub(crate) fn submit(self: &Arc<Pool>, job: Arc<dyn Job>) -> Result<()> {
        self.module.check()?;
        self.hand_over(job)
    }

    fn hand_over(self: &Arc<Pool>, job: Arc<dyn Job>) -> Result<()> {
        let mut state = self.state();
        if let Some(mailbox) = state.idle.pop() {
            drop(state);
            mailbox.put(Message::Work(job));
        } else if state.threads < state.most(self.settings.sessions) {
            state.threads += 1;
            drop(state);
            self.start_thread(job)?;
        } else {
            state.queue.push_back(job);
        }
        Ok(())
    }

    fn start_thread(self: &Arc<Pool>, job: Arc<dyn Job>) -> Result<()> {
        let worker = Worker::new(self.clone());
        let started = spawn_without_signals("strongroom-p11", move || worker.run(job));
        started.map(drop).map_err(|e| {
            self.lose_thread();
            Error::new(
                ErrorKind::Unavailable,
                "no thread could be started for the token",
                "raise the limit on threads of this user or container",
            )
            .with_source(e)
        })
    }

    /// The next work for a thread that has done its last. Without any it is idle: whatever comes, comes
    /// to its mailbox.
    pub(crate) fn next_or_idle(&self, mailbox: &Arc<Mailbox>) -> Option<Arc<dyn Job>> {
        let mut state = self.state();
        if let Some(job) = state.queue.pop_front() {
            return Some(job);
        }
        if state.closing {
            drop(state);
            mailbox.put(Message::Close);
        } else {
            state.idle.push(mailbox.clone());
        }
        None
    }

    /// The token has no session for this thread. If there are others, the work goes to one of them, and
    /// this thread ends.
    pub(crate) fn leave_to_others(self: &Arc<Pool>, job: &Arc<dyn Job>) -> bool {
        let mut state = self.state();
        if state.threads < 2 {
            return false;
        }
        state.threads -= 1;
        state.limit = Some((state.threads, Instant::now() + self.settings.timeout));
        drop(state);
        self.ended.notify_all();
        // Not under the lock: a caller who gives up holds the work first, and then wants the pool.
        job.put_back();
        // Work that cannot be handed over is not taken up, which its caller learns in time.
        let _ = self.hand_over(job.clone());
        true
    }

    /// A thread is stuck in the module: another one takes its place where work is waiting.
    pub(crate) fn give_up_thread(self: &Arc<Pool>) {
        self.module.traffic.lose_thread();
        self.lose_thread();
        if self.module.check().is_err() {
            return;
        }
        let mut state = self.state();
        if let Some(job) = state.queue.pop_front() {
            state.threads += 1;
            drop(state);
            // Without a thread nobody takes the work up, which its caller learns in time.
            let _ = self.start_thread(job);
        }
    }

    /// One thread less.
    pub(crate) fn lose_thread(&self) {
        self.state().threads -= 1;
        self.ended.notify_all();
    }

    /// Ends all threads, waiting for them as long as `patience`. Whether all have ended.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        let started = Instant::now();
        let mut state = self.state();
        state.closing = true;
        for mailbox in state.idle.drain(..) {
            mailbox.put(Message::Close);
        }
        while state.threads > 0 {
            let Some(left) = patience.checked_sub(started.elapsed()) else { return false };
            let waited = self.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What was learnt when connecting.
    pub(crate) fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn most(&mut self, wanted: usize) -> usize {
        if self.limit.is_some_and(|(_, until)| until <= Instant::now()) {
            self.limit = None;
        }
        self.limit.map_or(wanted.max(1), |(limit, _)| limit.clamp(1, wanted.max(1)))
    }
}
