//! Crashes of the PostgreSQL server that a process works on.

use std::thread;
use std::time::Duration;

use super::{KILLS_PER_STORE, Run};
use crate::child::{Outcome, Worker};
use crate::coverage::Moment;
use crate::kinds::Kind;
use crate::model::{Action, Contents};

/// What changes something on the server.
const CHANGES: [Kind; 11] = [
    Kind::PutName,
    Kind::PutVersion,
    Kind::PutProject,
    Kind::Destroy,
    Kind::Erase,
    Kind::CreateProject,
    Kind::EraseProject,
    Kind::Repair,
    Kind::Adopt,
    Kind::Rotate,
    Kind::InitKeys,
];

/// What a change is told that met no server: either it had no effect, or its effect is not known.
const NO_EFFECT: &str = "Error(unavailable: ";
const UNKNOWN: &str = "Error(timeout: ";
/// An erase that will be finished by whoever opens the store next.
const PENDING: &str = "Error(pending: ";

impl Run {
    /// Crashes the server so often, under one process after the other. Returns how often that was refused what
    /// it was about to do.
    pub(crate) fn crash_often(&mut self, crashes: usize) -> usize {
        let mut refused = 0;
        let mut worker = self.start();
        self.do_each(&mut worker, &CHANGES);
        for _ in 0..crashes {
            if self.kills_of_store >= KILLS_PER_STORE {
                drop(worker);
                self.new_store();
                worker = self.start();
            }
            refused += usize::from(self.crash_once(&mut worker).is_some());
        }
        refused
    }

    /// Has a process change something, crashes the server meanwhile, starts it again, and looks at what
    /// is there. Returns what the process was refused, if it was.
    fn crash_once(&mut self, worker: &mut Worker) -> Option<String> {
        let (kind, step) = match self.chooser.random.chance(60) {
            true => self.neediest(&CHANGES),
            false => (*self.chooser.random.pick(&CHANGES), None),
        };
        let action = self.prepare(worker, kind);
        let (ended, moment) = match step {
            Some((step, occurrence)) => self.crash_at(worker, &action, step, occurrence),
            None => (self.crash_during(worker, kind, &action), Moment::AnyTime),
        };
        let refusal = ended.err();
        if let Some(refusal) = &refusal {
            let is_known = [NO_EFFECT, UNKNOWN, PENDING].iter().any(|it| refusal.starts_with(it));
            assert!(is_known, "{action} at {moment:?}: {refusal}");
        }
        let before = self.possible.clone();
        self.kills_of_store += 1;
        self.note_kill(kind, moment, action, refusal.is_none());
        if refusal.as_ref().is_some_and(|refusal| refusal.starts_with(NO_EFFECT)) {
            self.rule_out_the_whole(&before);
        }
        self.check_or_panic();
        if kind == Kind::Adopt {
            // The check has adopted the store once more, so that the process has a copy in its hands.
            *worker = self.start();
        }
        refusal
    }

    /// At a step; if the action does not come by there, just after it.
    fn crash_at(
        &mut self,
        worker: &mut Worker,
        action: &Action,
        step: String,
        occurrence: usize,
    ) -> (Result<Outcome, String>, Moment) {
        worker.stop_at(&step, occurrence);
        match worker.run(action) {
            Outcome::Stopped => {
                self.crash_server();
                worker.release();
                (worker.await_end_or_refusal(), Moment::At(step))
            }
            outcome => {
                // Nothing else is to stop there.
                worker.stop_at("nowhere", 1);
                self.crash_server();
                (Ok(outcome), Moment::Acknowledged)
            }
        }
    }

    /// At any time.
    fn crash_during(
        &mut self,
        worker: &mut Worker,
        kind: Kind,
        action: &Action,
    ) -> Result<Outcome, String> {
        let usual = self.durations.get(&kind).copied().unwrap_or(Duration::from_millis(20));
        let percent = self.chooser.random.below(120) as u32;
        worker.begin(action);
        thread::sleep(usual * percent / 100);
        self.crash_server();
        worker.await_end_or_refusal()
    }

    pub(crate) fn crash_server(&self) {
        let mut server = self.world.database().server();
        server.crash();
        server.resume();
    }

    /// What was certain to have had no effect may have made the project that it needed, and no more.
    fn rule_out_the_whole(&mut self, before: &[Contents]) {
        let kill = self.kills.last().expect("the action that was just noted");
        let whole: Vec<_> = before.iter().map(|contents| contents.after(&kill.action)).collect();
        self.possible.retain(|contents| before.contains(contents) || !whole.contains(contents));
    }
}
