//! The run of kills.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use strongroom::Store;
use strongroom_test_support::fast_folder;
use tempfile::TempDir;

use crate::child::{Outcome, Worker};
use crate::coverage::{Coverage, Finding, Moment};
use crate::kinds::{Chooser, Kind};
use crate::model::{Action, Contents, check_beside, check_store, layout_of};
use crate::races::OVERTAKEN;
use crate::sources::named_steps;

/// A store is given up for a new one after so many kills, because checking it reads all of it.
const KILLS_PER_STORE: usize = 25;

#[test]
fn a_killed_process_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let kills = number("STRONGROOM_KILLS").unwrap_or(200) as usize;
    let seed = number("STRONGROOM_SEED").unwrap_or(1);
    let mut run = Run::new(seed);
    run.survey();
    // A few more if the last step is a rare one; a step that cannot be reached again is an error.
    while run.coverage.kills() < kills
        || (!run.coverage.missing().is_empty() && run.coverage.kills() < kills + 200)
    {
        run.kill_once();
    }
    let report = run.coverage.report(seed);
    publish(&report);
    assert_eq!(run.coverage.missing(), Vec::<String>::new(), "never killed");
    let mut unreached: Vec<_> = named_steps().difference(&run.coverage.steps()).cloned().collect();
    // One process alone is never overtaken; races.rs kills there.
    unreached.retain(|step| step != OVERTAKEN);
    assert_eq!(unreached, Vec::<String>::new(), "no action of this test reaches these steps");
}

#[test]
fn the_check_notices_a_lost_payload() {
    let mut run = Run::new(2);
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    let shelf =
        rusqlite::Connection::open(layout_of(&run.root.path().join("store")).shelf).unwrap();
    assert_eq!(shelf.execute("DELETE FROM payloads", []).unwrap(), 1);
    drop(shelf);
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("#1"), "{complaint}");
}

#[test]
fn the_check_notices_an_acknowledgement_that_comes_too_early() {
    let mut run = Run::new(3);
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    run.do_one(&mut worker, Kind::PutName);
    let first_step = worker.steps[0].clone();
    let action = run.prepare(&mut worker, Kind::PutName);
    worker.lie();
    worker.stop_at(&first_step, 1);
    assert_eq!(worker.run(&action), Outcome::Done);
    assert_eq!(worker.await_end(), Outcome::Stopped);
    drop(worker);
    run.advance(&action);
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("expected but not there"), "{complaint}");
}

/// One store after the other, with what each may hold.
struct Run {
    seed: u64,
    root: TempDir,
    chooser: Chooser,
    coverage: Coverage,
    /// What the store may hold: more than one thing only after a kill that was not yet checked.
    possible: Vec<Contents>,
    /// The newest backup, and what it holds.
    backup: Option<(String, Contents)>,
    /// The kills since the last check.
    kills: Vec<Kill>,
    kills_of_store: usize,
    /// How long an undisturbed action took.
    durations: BTreeMap<Kind, Duration>,
}

/// A process was killed during this action.
#[derive(Debug)]
struct Kill {
    kind: Kind,
    moment: Moment,
    action: Action,
    acknowledged: bool,
    /// What the store may have held before.
    before: Vec<Contents>,
    /// What a backup or a restored store must hold.
    beside: Contents,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut run = Run {
            seed,
            root: fast_folder(),
            chooser: Chooser::new(seed),
            coverage: Coverage::default(),
            possible: Vec::new(),
            backup: None,
            kills: Vec::new(),
            kills_of_store: 0,
            durations: BTreeMap::new(),
        };
        run.new_store();
        run
    }

    fn new_store(&mut self) {
        self.root = fast_folder();
        self.possible = vec![Contents::default()];
        self.backup = None;
        self.kills_of_store = 0;
        Store::create(&layout_of(&self.root.path().join("store"))).expect("a new store").close();
    }

    /// Does everything once, undisturbed, to learn the steps.
    fn survey(&mut self) {
        let mut worker = self.start();
        for kind in Kind::ALL {
            self.do_one(&mut worker, kind);
        }
    }

    /// A process that has opened the store.
    fn start(&mut self) -> Worker {
        let mut worker = Worker::start(self.root.path());
        self.do_one(&mut worker, Kind::Open);
        worker
    }

    /// Has an action of this kind done, undisturbed.
    fn do_one(&mut self, worker: &mut Worker, kind: Kind) {
        let action = self.prepare(worker, kind);
        let start = Instant::now();
        worker.finish(&action);
        self.durations.insert(kind, start.elapsed());
        self.coverage.learn(kind, &worker.steps);
        self.advance(&action);
        if let Action::Create { .. } = action {
            // The process has the new store in its hands; give it ours back.
            self.do_one(worker, Kind::Open);
        }
    }

    /// An action of this kind, after others have made what it needs.
    fn prepare(&mut self, worker: &mut Worker, kind: Kind) -> Action {
        loop {
            let backup = self.backup.as_ref().map(|(file, _)| file.as_str());
            if let Some(action) = self.chooser.action(kind, &self.possible[0], backup) {
                return action;
            }
            let missing = match kind {
                Kind::Restore => Kind::Backup,
                _ => Kind::PutProject,
            };
            self.do_one(worker, missing);
        }
    }

    /// Takes an action for done.
    fn advance(&mut self, action: &Action) {
        if let Action::Backup { file } = action {
            self.backup = Some((file.clone(), self.possible[0].clone()));
        }
        self.possible.iter_mut().for_each(|contents| *contents = contents.after(action));
    }

    fn kill_once(&mut self) {
        if self.kills_of_store >= KILLS_PER_STORE {
            self.new_store();
        }
        let target = match self.chooser.random.below(10) {
            0 | 1 => None,
            _ => self.coverage.neediest(&mut self.chooser.random, |_| true),
        };
        let kind = match &target {
            Some((kind, ..)) => *kind,
            None => *self.chooser.random.pick(&Kind::ALL),
        };
        let mut worker = Worker::start(self.root.path());
        if kind != Kind::Open {
            self.do_one(&mut worker, Kind::Open);
            for _ in 0..self.chooser.random.below(4) {
                let other = *self.chooser.random.pick(&Kind::COMMON);
                self.do_one(&mut worker, other);
            }
        }
        self.kill_during(worker, kind, target.map(|(_, step, occurrence)| (step, occurrence)));
        if self.chooser.random.chance(30) {
            // Killed again on the way back, before anybody has looked.
            let worker = Worker::start(self.root.path());
            let opening = |kind| kind == Kind::Open;
            let target = self.coverage.neediest(&mut self.chooser.random, opening);
            let target = target.map(|(_, step, occurrence)| (step, occurrence));
            self.kill_during(worker, Kind::Open, target);
        }
        let kills = format!("{:#?}", self.kills.iter().map(Kill::summary).collect::<Vec<_>>());
        if let Err(complaint) = self.check() {
            panic!(
                "seed {}, after {} kills, the last of them {kills}:\n{complaint}",
                self.seed,
                self.coverage.kills(),
            );
        }
    }

    /// Starts an action of this kind and kills the process at the step, or at any time.
    fn kill_during(&mut self, mut worker: Worker, kind: Kind, target: Option<(String, usize)>) {
        let action = self.prepare(&mut worker, kind);
        let (outcome, steps, moment) = match target {
            Some((step, occurrence)) => {
                worker.stop_at(&step, occurrence);
                let outcome = worker.run(&action);
                let (_, steps) = worker.kill_after(Duration::ZERO);
                match outcome {
                    Outcome::Stopped => (outcome, steps, Moment::At(step)),
                    _ => (outcome, steps, Moment::Acknowledged),
                }
            }
            None => {
                let usual = self.durations.get(&kind).copied().unwrap_or_default();
                let percent = self.chooser.random.below(120) as u32;
                worker.begin(&action);
                let (outcome, steps) = worker.kill_after(usual * percent / 100);
                (outcome, steps, Moment::AnyTime)
            }
        };
        self.coverage.learn(kind, &steps);
        self.kills_of_store += 1;
        self.note_kill(kind, moment, action, outcome == Outcome::Done);
    }

    /// Advances or widens what is possible.
    fn note_kill(&mut self, kind: Kind, moment: Moment, action: Action, acknowledged: bool) {
        let before = self.possible.clone();
        let beside = match (&action, &self.backup) {
            (Action::Restore { .. }, Some((_, contents))) => contents.clone(),
            _ => before[0].clone(),
        };
        if acknowledged {
            self.advance(&action);
        } else {
            self.possible = before.iter().flat_map(|contents| contents.around(&action)).collect();
        }
        self.kills.push(Kill { kind, moment, action, acknowledged, before, beside });
    }

    /// Looks at everything after a kill, and counts what was found.
    fn check(&mut self) -> Result<(), String> {
        let found = check_store(self.root.path(), &self.possible)?;
        for kill in self.kills.drain(..) {
            let finding = kill.finding(self.root.path(), &found)?;
            self.coverage.count(kill.kind, kill.moment, finding);
        }
        self.possible = vec![found];
        Ok(())
    }
}

impl Kill {
    fn summary(&self) -> String {
        let acknowledged = if self.acknowledged { "acknowledged" } else { "not acknowledged" };
        format!("{:?} {}: {acknowledged}", self.moment, self.action)
    }

    fn finding(&self, root: &Path, found: &Contents) -> Result<Finding, String> {
        let complete = check_beside(root, &self.action, &self.beside)?;
        if self.acknowledged {
            return match complete {
                true => Ok(Finding::Acknowledged),
                false => Err(format!("{} was acknowledged and left nothing", self.action)),
            };
        }
        let happened = match &self.action {
            Action::Create { .. }
            | Action::Backup { .. }
            | Action::Restore { .. }
            | Action::AddRootKey { .. } => complete,
            action => {
                let done = |before: &Contents| before.after(action) == *found && before != found;
                self.before.iter().any(done)
            }
        };
        Ok(if happened { Finding::Happened } else { Finding::Absent })
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a person runs this for")]
fn publish(report: &str) {
    println!("{report}");
    // Beside the test program: target/debug/deps/torture-….
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    fs::write(target.join("torture-report.txt"), report).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
