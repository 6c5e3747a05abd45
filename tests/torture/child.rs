//! The process that is killed: it carries out one action after the other and says at which step it
//! is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use strongroom_test_support::{Victim, hear, tell};

use crate::model::{Action, World};

/// The step to stop at, and how often it must still be reached.
static STOP: Mutex<Option<(String, usize)>> = Mutex::new(None);

/// The child's side: obeys until its input ends.
pub(crate) fn serve() {
    let Some(world) = World::of_parent() else { return };
    strongroom_backend::on_step(reached);
    let mut store = None;
    let mut lies = false;
    while let Some(order) = hear() {
        if arm(&order) {
            continue;
        }
        if order == "lie" {
            lies = true;
            continue;
        }
        if lies {
            tell("done");
        }
        let action: Action = order.parse().unwrap();
        match action.perform(&world, &mut store) {
            Ok(()) if lies => {}
            Ok(()) => tell("done"),
            Err(error) => tell(&format!("failed {error:?}")),
        }
    }
}

/// Takes the order to stop at a step, if it is one.
fn arm(order: &str) -> bool {
    let Some((step, occurrence)) = order.strip_prefix("stop ").and_then(|o| o.split_once(' '))
    else {
        return false;
    };
    *STOP.lock().unwrap() = Some((step.to_owned(), occurrence.parse().unwrap()));
    true
}

/// The library's hook. Blocks at the chosen step until the parent says `go`, or kills.
fn reached(step: &'static str) {
    tell(&format!("step {step}"));
    let stops = {
        let mut stop = STOP.lock().unwrap();
        let left = stop.as_mut().filter(|(name, _)| name == step).map(|(_, left)| {
            *left -= 1;
            *left
        });
        if left == Some(0) {
            *stop = None;
        }
        left == Some(0)
    };
    if stops {
        tell("stopped");
        loop {
            match hear().as_deref() {
                Some("go") => return,
                Some(order) => assert!(arm(order), "a stopped process got the order {order}"),
                // The test is gone: this process must not go on by itself.
                None => std::process::exit(0),
            }
        }
    }
}

/// How an action went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was acknowledged.
    Done,
    /// It is blocked at the step that it was to stop at.
    Stopped,
    /// Neither yet: time is up.
    Busy,
}

/// The parent's side of the process. It is killed when the value is dropped.
pub(crate) struct Worker {
    victim: Victim,
    /// The steps that the last action reached, in order.
    pub steps: Vec<String>,
}

impl Worker {
    /// Starts a process that works on the stores of this world.
    pub(crate) fn start(world: &World) -> Worker {
        Worker { victim: Victim::start_test("child", &world.environment()), steps: Vec::new() }
    }

    /// From now on, blocks at a step when it is reached for the n-th time.
    pub(crate) fn stop_at(&mut self, step: &str, occurrence: usize) {
        self.victim.order(&format!("stop {step} {occurrence}"));
    }

    /// Acknowledges all further actions before they are done: a control of the tests.
    pub(crate) fn lie(&mut self) {
        self.victim.order("lie");
    }

    /// Has an action carried out, up to its end or the step to stop at. It must not fail.
    pub(crate) fn run(&mut self, action: &Action) -> Outcome {
        self.begin(action);
        self.await_end()
    }

    /// Has an action carried out that must succeed.
    pub(crate) fn finish(&mut self, action: &Action) {
        assert_eq!(self.run(action), Outcome::Done, "{action} stopped");
    }

    /// Has an action carried out that may be refused, and ends the process.
    pub(crate) fn attempt(mut self, action: &Action) -> Result<(), String> {
        self.begin(action);
        self.await_end_or_refusal().map(|outcome| assert_eq!(outcome, Outcome::Done))
    }

    /// Lets a stopped action go on, up to its end or the next step to stop at.
    pub(crate) fn resume(&mut self) -> Outcome {
        self.release();
        self.await_end()
    }

    /// Lets a stopped action go on without waiting for it.
    pub(crate) fn release(&mut self) {
        self.victim.order("go");
    }

    /// Lets a stopped action go on to its end.
    pub(crate) fn go_on(&mut self) {
        assert_eq!(self.resume(), Outcome::Done);
    }

    /// Starts an action without waiting for it.
    pub(crate) fn begin(&mut self, action: &Action) {
        self.steps.clear();
        self.victim.order(&action.to_string());
    }

    /// Waits for the end of the action, or the step to stop at.
    pub(crate) fn await_end(&mut self) -> Outcome {
        self.await_end_or_refusal().unwrap_or_else(|refusal| panic!("refused: {refusal}"))
    }

    /// The same of an action that may be refused.
    pub(crate) fn await_end_or_refusal(&mut self) -> Result<Outcome, String> {
        loop {
            let line = self.victim.answer().expect("the child ended by itself");
            if let Some(refusal) = line.strip_prefix("failed ") {
                return Err(refusal.to_owned());
            }
            if let Some(outcome) = self.note(&line) {
                return Ok(outcome);
            }
        }
    }

    /// Waits as long for the end of the action, then kills the process. What it said last counts.
    pub(crate) fn kill_after(mut self, time: Duration) -> (Outcome, Vec<String>) {
        let deadline = Instant::now() + time;
        let mut outcome = Outcome::Busy;
        while outcome == Outcome::Busy {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.victim.answer_within(left) {
                Some(line) => outcome = self.note(&line).unwrap_or(Outcome::Busy),
                None => break,
            }
        }
        for line in self.victim.kill() {
            if let Some(last) = self.note(&line) {
                outcome = last;
            }
        }
        (outcome, self.steps)
    }

    fn note(&mut self, line: &str) -> Option<Outcome> {
        if let Some(step) = line.strip_prefix("step ") {
            self.steps.push(step.to_owned());
            return None;
        }
        match line {
            "done" => Some(Outcome::Done),
            "stopped" => Some(Outcome::Stopped),
            _ => panic!("the child said: {line}"),
        }
    }
}
