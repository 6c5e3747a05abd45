//! This test program, started again as another process to do one task on one folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::common::within;

const TASK: &str = "STRONGROOM_FAULTS_TASK";
const FOLDER: &str = "STRONGROOM_FAULTS_FOLDER";

/// In the helper: what to do.
pub(crate) fn task() -> Option<String> {
    std::env::var(TASK).ok()
}

/// In the helper: where.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os(FOLDER).expect("a folder").into()
}

/// The variables that give a helper its task.
pub(crate) fn variables<'a>(task: &'a str, folder: &'a Path) -> [(&'a str, &'a str); 2] {
    [(TASK, task), (FOLDER, folder.to_str().expect("a UTF-8 path"))]
}

/// Has a task done to its end by `program`, which may be this program under another one.
pub(crate) fn run(mut program: Command, task: &str, folder: &Path) {
    program.args(["--exact", "helper_process", "--nocapture", "--test-threads=1"]);
    program.envs(variables(task, folder));
    let output =
        within(Duration::from_secs(60), task, move || program.output().expect("a process"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{task}: {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// This program.
pub(crate) fn this_program() -> PathBuf {
    std::env::current_exe().expect("a test program knows its path")
}
