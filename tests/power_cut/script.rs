//! The run that is recorded.

use std::path::Path;
use std::process::Command;

use strongroom_test_support::powercut::{self, Log, mark};
use strongroom_test_support::{THIS_PROGRAM, fast_folder};
use tempfile::TempDir;

use crate::model::Action;

const FOLDER: &str = "STRONGROOM_POWER_CUT_FOLDER";

/// A recorded run, with the folder that it left.
pub(crate) struct Run {
    pub folder: TempDir,
    pub log: Log,
}

/// Everything that a store acknowledges, at least once; the two puts after the second opening
/// begin a new write-ahead log.
pub(crate) fn actions() -> Vec<Action> {
    let lines = "\
        create store\n\
        put web1/db 43 1\n\
        put web1/db 44 2\n\
        put web2/key 9000 3\n\
        create-project spare\n\
        destroy web1/db 1\n\
        put web1/short-lived 100 4\n\
        erase web1/short-lived\n\
        add-root-key root-added\n\
        backup backup\n\
        restore backup restored\n\
        erase-project web2\n\
        open store\n\
        put web1/db 45 5\n\
        put web3/new 200 6\n\
        repair\n\
        put web1/short-lived 100 7";
    lines.lines().map(|line| line.trim().parse().unwrap()).collect()
}

/// Records the run, with these variables set for it.
pub(crate) fn record(variables: &[(&str, &str)]) -> Run {
    let folder = fast_folder();
    let mut command = Command::new(THIS_PROGRAM);
    command.args(["--exact", "driver", "--nocapture"]);
    command.env(FOLDER, folder.path().canonicalize().unwrap());
    command.envs(variables.iter().copied());
    let log = powercut::record(command, folder.path());
    Run { folder, log }
}

/// The recorded process: acknowledges each action by a mark.
pub(crate) fn drive() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut store = None;
    for action in actions() {
        action.perform(Path::new(&folder), &mut store).unwrap();
        mark(&action.to_string());
    }
}
