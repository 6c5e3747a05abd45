//! The run that is recorded.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::sync::Mutex;

use strongroom::{DoctorOptions, Store};
use strongroom_test_support::powercut::{self, Log, mark};
use strongroom_test_support::{THIS_PROGRAM, fast_folder};
use tempfile::TempDir;

use crate::model::{Action, Contents, Shape, World};

/// Everything that a store acknowledges, at least once. After `open` the write-ahead log begins anew.
/// A line with a step is abandoned there, so that the next ones have something to tidy up, and the
/// power can fail while they do.
const LINES: &str = "\
create store
put web1/db 43 1
put web1/db 44 2
put web2/key 9000 3
create-project spare
destroy web1/db 1
put web1/short-lived 100 4
erase web1/short-lived
add-root-key root-added
backup backup
restore backup restored
erase-project web2
rotate other
put web3/erased 5000 5
erase web3/erased at erase.recorded
open store
put web1/db 45 6
put web3/stray 3000 7 at put.payload-stored
put web3/new 200 8
put web1/short-lived 100 9
repair
put web1/db 46 10";

/// Where to abandon the action that is under way.
static ABANDON_AT: Mutex<Option<String>> = Mutex::new(None);

/// An action, and the step at which it is abandoned.
pub(crate) struct Line {
    pub(crate) action: Action,
    abandoned_at: Option<String>,
}

impl Line {
    fn parse(text: &str) -> Line {
        let (action, step) = match text.split_once(" at ") {
            Some((action, step)) => (action, Some(step.to_owned())),
            None => (text, None),
        };
        Line { action: action.parse().unwrap(), abandoned_at: step }
    }

    /// What a store holds after this line. An abandoned put is never seen, an abandoned erase is
    /// finished later.
    pub(crate) fn after(&self, contents: &Contents) -> Contents {
        match (&self.action, &self.abandoned_at) {
            (Action::Put { .. }, Some(_)) => contents.clone(),
            (action, _) => contents.after(action),
        }
    }

    /// What a store may hold when the power fails during this line.
    pub(crate) fn around(&self, contents: &Contents) -> Vec<Contents> {
        match &self.abandoned_at {
            Some(_) => vec![contents.clone(), self.after(contents)],
            None => contents.around(&self.action),
        }
    }

    /// This line in a store of this shape, if it can do that.
    fn of(self, shape: Shape) -> Option<Line> {
        let action = match self.action {
            Action::AddRootKey { .. } if shape.needs_token() => return None,
            Action::Backup { .. } | Action::Restore { .. } if !shape.has_backups() => return None,
            Action::Rotate { .. } if !shape.can_move() => Action::Rotate { to: None },
            action => action,
        };
        Some(Line { action, ..self })
    }

    fn perform(&self, world: &World, store: &mut Option<Store>) {
        ABANDON_AT.lock().unwrap().clone_from(&self.abandoned_at);
        let performed = catch_unwind(AssertUnwindSafe(|| self.action.perform(world, store)));
        assert_eq!(performed.is_err(), self.abandoned_at.is_some(), "{}", self.action);
        if let Ok(result) = performed {
            result.unwrap();
        }
    }
}

/// The lines of the run with a store of this shape.
pub(crate) fn lines(shape: Shape) -> Vec<Line> {
    LINES.lines().map(Line::parse).filter_map(|line| line.of(shape)).collect()
}

/// A recorded run, with the folder that it left.
pub(crate) struct Run {
    pub(crate) folder: TempDir,
    pub(crate) shape: Shape,
    pub(crate) log: Log,
}

/// Records the run with a store of this shape, with these variables set for it.
pub(crate) fn record(shape: Shape, variables: &[(&str, &str)]) -> Run {
    let folder = fast_folder();
    let world = World::at(&folder.path().canonicalize().unwrap(), shape);
    let mut command = Command::new(THIS_PROGRAM);
    command.args(["--exact", "driver", "--nocapture"]);
    command.envs(world.environment());
    command.envs(variables.iter().copied());
    let log = powercut::record(command, folder.path());
    Run { folder, shape, log }
}

/// The recorded process: acknowledges each line by a mark.
pub(crate) fn drive() {
    let Some(world) = World::of_parent() else { return };
    world.start_token();
    strongroom_backend::on_step(abandon);
    let mut store = None;
    for line in lines(world.shape) {
        let repairs = line.action == Action::Repair;
        assert!(!repairs || strays(&store) == 1, "nothing to repair");
        line.perform(&world, &mut store);
        assert!(!repairs || strays(&store) == 0, "the repair removed nothing");
        mark(&line.action.to_string());
    }
}

/// The library's hook: leaves the action where it is, as a kill would, but for what is on the stack.
fn abandon(step: &'static str) {
    let chosen = ABANDON_AT.lock().unwrap().take_if(|chosen| chosen == step);
    if chosen.is_some() {
        resume_unwind(Box::new("abandoned"));
    }
}

fn strays(store: &Option<Store>) -> u64 {
    let look = DoctorOptions { repair: false, ..Default::default() };
    store.as_ref().map_or(0, |store| store.doctor(&look, &mut |_| {}).unwrap().strays)
}
