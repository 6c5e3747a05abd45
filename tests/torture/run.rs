//! A run of kills: one store after the other is worked on, killed and checked.

mod crashes;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::checker::Checker;
use crate::child::{Outcome, Worker};
use crate::coverage::{Coverage, Moment, Origin};
use crate::kill::Kill;
use crate::kinds::{Chooser, Kind};
use crate::model::{Action, Contents, Shape, World};

/// A store is given up for a new one after so many kills, because checking it reads all of it.
const KILLS_PER_STORE: usize = 25;

/// The step at which a put has made another generation of a project's key.
const GENERATION_BEGUN: &str = "put.generation-begun";

/// What leaves a payload behind when it is killed, and what leaves an erasure to finish.
const PUTS: [Kind; 3] = [Kind::PutName, Kind::PutVersion, Kind::PutProject];
const ERASES: [Kind; 3] = [Kind::Erase, Kind::EraseProject, Kind::Destroy];

/// One store after the other, with what each may hold.
pub(crate) struct Run {
    seed: u64,
    pub(crate) world: World,
    kinds: Vec<Kind>,
    chooser: Chooser,
    pub(crate) coverage: Coverage,
    /// What the store may hold: more than one thing only after a kill that was not yet checked.
    possible: Vec<Contents>,
    /// The newest backup, and what it holds.
    backup: Option<(String, Contents)>,
    /// The kills since the last check.
    kills: Vec<Kill>,
    /// Payloads that belonged to no version when the store was last looked at.
    strays: u64,
    /// The last kill at a step, until something has tidied up after it.
    untidy: Option<Origin>,
    kills_of_store: usize,
    /// Whether the store has had a root key that can be retired.
    rotated: bool,
    /// Whether a root key may be in another key backend than the first.
    moved: bool,
    /// Whether a rotation may have to be finished before other keys are made.
    unfinished: bool,
    /// How long an undisturbed action took.
    durations: BTreeMap<Kind, Duration>,
}

impl Run {
    pub(crate) fn new(seed: u64, shape: Shape) -> Run {
        Run::of(seed, World::new(shape))
    }

    /// One that begins in this world.
    pub(crate) fn of(seed: u64, world: World) -> Run {
        let run = Run {
            seed,
            kinds: Kind::of(world.shape),
            chooser: Chooser::new(seed, world.shape),
            world,
            coverage: Coverage::default(),
            possible: vec![Contents::default()],
            backup: None,
            kills: Vec::new(),
            strays: 0,
            untidy: None,
            kills_of_store: 0,
            rotated: false,
            moved: false,
            unfinished: false,
            durations: BTreeMap::new(),
        };
        run.make_store();
        run
    }

    fn new_store(&mut self) {
        self.world = self.world.another();
        self.possible = vec![Contents::default()];
        self.backup = None;
        self.kills.clear();
        self.untidy = None;
        self.kills_of_store = 0;
        self.rotated = false;
        self.moved = false;
        self.unfinished = false;
        self.strays = 0;
        self.make_store();
    }

    fn make_store(&self) {
        Worker::start(&self.world).finish(&Action::Create { folder: "store".into() });
    }

    /// Learns the steps: does everything once, undisturbed, and then tidies up after a put and an
    /// erase that were killed at each of their steps.
    pub(crate) fn survey(&mut self) {
        let mut worker = self.start();
        self.do_each(&mut worker, &self.kinds.clone());
        drop(worker);
        for kind in PUTS.into_iter().chain(ERASES) {
            for step in self.coverage.steps_of(kind) {
                let worker = self.start();
                self.kill_during(worker, kind, Some((step, 1)));
                let mut worker = self.start();
                self.check_or_panic();
                self.do_one(&mut worker, Kind::Repair);
            }
        }
    }

    fn do_each(&mut self, worker: &mut Worker, kinds: &[Kind]) {
        for kind in kinds {
            self.do_one(worker, *kind);
        }
    }

    fn learn(&mut self, kind: Kind, steps: &[String]) {
        // Another put may be the one that does what a killed one did not come to.
        let begins_generation = steps.iter().any(|step| step == GENERATION_BEGUN);
        let kind = if begins_generation { Kind::PutGeneration } else { kind };
        let after = match kind {
            Kind::Open | Kind::Repair => self.untidy.as_ref(),
            _ => None,
        };
        self.coverage.learn(kind, steps, after);
        let finishes = self.untidy.as_ref().is_some_and(|(killed, _)| ERASES.contains(killed));
        if kind == Kind::Repair || kind == Kind::Open && finishes {
            self.untidy = None;
        }
    }

    /// A process that has opened the store.
    pub(crate) fn start(&mut self) -> Worker {
        let mut worker = Worker::start(&self.world);
        self.do_one(&mut worker, Kind::Open);
        worker
    }

    /// Has an action of this kind done, undisturbed.
    pub(crate) fn do_one(&mut self, worker: &mut Worker, kind: Kind) {
        let action = self.prepare(worker, kind);
        let start = Instant::now();
        worker.finish(&action);
        self.durations.insert(kind, start.elapsed());
        self.learn(kind, &worker.steps);
        self.advance(&action);
        if let Action::Create { .. } = action {
            // The process has the new store in its hands; give it ours back.
            self.do_one(worker, Kind::Open);
        }
    }

    /// An action of this kind, after others have made what it needs.
    pub(crate) fn prepare(&mut self, worker: &mut Worker, kind: Kind) -> Action {
        if kind == Kind::Rotate && self.moved {
            // What rotates is always the same, a token or a keyring.
            self.do_one(worker, Kind::MoveBack);
        }
        if kind == Kind::InitKeys && self.unfinished {
            self.do_one(worker, Kind::Rotate);
        }
        if kind == Kind::Retire && !self.rotated {
            self.do_one(worker, Kind::Rotate);
            self.rotated = true;
        }
        loop {
            let backup = self.backup.as_ref().map(|(file, _)| file.as_str());
            if let Some(action) = self.chooser.action(kind, &self.possible[0], backup) {
                if kind == Kind::PutGeneration {
                    worker.finish(&action.spending());
                }
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
    pub(crate) fn advance(&mut self, action: &Action) {
        if let Action::Backup { file } = action {
            self.backup = Some((file.clone(), self.possible[0].clone()));
        }
        if let Action::Rotate { to } = action {
            self.unfinished = false;
            if let Some(to) = to {
                self.moved = to != self.world.shape.key_backend();
            }
        }
        self.possible.iter_mut().for_each(|contents| *contents = contents.after(action));
    }

    pub(crate) fn kill_once(&mut self) {
        if self.kills_of_store >= KILLS_PER_STORE {
            self.new_store();
        }
        let (kind, step) = match self.chooser.random.chance(80) {
            true => self.neediest(&self.kinds.clone()),
            false => (*self.chooser.random.pick(&self.kinds), None),
        };
        match kind {
            Kind::Open => {
                // Something to finish; nobody looks in between.
                self.kill_before(kind, &step, &ERASES);
                let worker = Worker::start(&self.world);
                self.kill_during(worker, kind, step);
            }
            Kind::Repair => {
                // Something to find.
                self.kill_before(kind, &step, &PUTS);
                self.check_or_panic();
                self.kill_busy(kind, step);
            }
            _ => self.kill_busy(kind, step),
        }
        self.check_or_panic();
    }

    /// A kind of these, and the step of it that was killed least often.
    fn neediest(&mut self, kinds: &[Kind]) -> (Kind, Option<(String, usize)>) {
        match self.coverage.neediest(&mut self.chooser.random, kinds) {
            Some((kind, step, occurrence)) => (kind, Some((step, occurrence))),
            None => (*self.chooser.random.pick(kinds), None),
        }
    }

    /// Makes the mess after which an action reaches this step, or some mess.
    fn kill_before(&mut self, kind: Kind, step: &Option<(String, usize)>, kinds: &[Kind]) {
        let origin = step.as_ref().and_then(|(step, _)| self.coverage.origin(kind, step));
        let (kind, step) = match origin {
            Some((kind, step)) => (kind, Some((step, 1))),
            None => self.neediest(kinds),
        };
        self.kill_busy(kind, step);
    }

    /// Kills a process that has done other things before.
    fn kill_busy(&mut self, kind: Kind, step: Option<(String, usize)>) {
        let mut worker = self.start();
        for _ in 0..self.chooser.random.below(4) {
            let other = *self.chooser.random.pick(&Kind::COMMON);
            self.do_one(&mut worker, other);
        }
        self.kill_during(worker, kind, step);
    }

    fn check_or_panic(&mut self) {
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
        self.world.await_end_of_sessions();
        self.learn(kind, &steps);
        self.kills_of_store += 1;
        if self.world.has_lost_its_token() {
            self.coverage.count_lost_token();
            return self.new_store();
        }
        self.note_kill(kind, moment, action, outcome == Outcome::Done);
    }

    /// Advances or widens what is possible.
    pub(crate) fn note_kill(
        &mut self,
        kind: Kind,
        moment: Moment,
        action: Action,
        acknowledged: bool,
    ) {
        let before = self.possible.clone();
        let beside = match (&action, &self.backup) {
            (Action::Restore { .. }, Some((_, contents))) => contents.clone(),
            _ => before[0].clone(),
        };
        if acknowledged {
            self.advance(&action);
        } else {
            self.unfinished |= matches!(action, Action::Rotate { .. });
            self.moved |= kind == Kind::Move;
            self.possible = before.iter().flat_map(|contents| contents.around(&action)).collect();
        }
        self.untidy = match &moment {
            Moment::At(step) => Some((kind, step.clone())),
            _ => None,
        };
        self.kills.push(Kill { kind, moment, action, acknowledged, before, beside });
    }

    /// Looks at everything after a kill, and counts what was found.
    pub(crate) fn check(&mut self) -> Result<(), String> {
        let mut checker = Checker::start(&self.world);
        if self.kills.iter().any(|kill| kill.kind == Kind::Adopt) {
            checker.adopt()?;
        }
        let found = checker.store(&self.possible)?;
        self.check_strays(found.strays)?;
        for kill in self.kills.drain(..) {
            let finding = kill.finding(&mut checker, &found.contents)?;
            self.coverage.count(kill.kind, kill.moment, finding);
        }
        self.possible = vec![found.contents];
        Ok(())
    }

    /// A put that is killed may leave its payload behind, and nothing else may.
    fn check_strays(&mut self, found: u64) -> Result<(), String> {
        let puts = self.kills.iter().filter(|kill| matches!(kill.action, Action::Put { .. }));
        let most = self.strays + puts.count() as u64;
        self.strays = found;
        match found {
            found if found > most => Err(format!("{found} strays, and no more than {most} can be")),
            _ => Ok(()),
        }
    }
}
