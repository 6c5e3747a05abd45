//! A process for each test: a module is configured by environment variables and initialised once in
//! a process.

use std::env;
use std::process::Command;

use super::setup::run;

/// Set in a process that runs one test alone: to `process`, or to `namespaces`.
const ALONE: &str = "STRONGROOM_TEST_ALONE";
const NAMESPACES: &str = "namespaces";

/// Runs `body`, which is the whole of the test with this name (its modules included), in a process
/// that runs nothing else: in this one where `cargo nextest` runs it, else in a new one.
///
/// ```no_run
/// use strongroom_pkcs11::harness::{SoftHsm, TestToken, in_own_process};
///
/// #[test]
/// fn a_key_is_found() {
///     in_own_process("a_key_is_found", || {
///         let token = SoftHsm::start();
///         token.enter();
///     });
/// }
/// ```
pub fn in_own_process(test: &str, body: impl FnOnce()) {
    let nextest = env::var_os("NEXTEST_EXECUTION_MODE").is_some_and(|m| m == "process-per-test");
    if nextest || env::var_os(ALONE).is_some() {
        return body();
    }
    again(this_program(), test, "process");
}

/// The same, in mount and IPC namespaces of its own: for tokens whose files, sockets and shared
/// memory have places that belong to the machine. Needs root.
pub fn in_own_namespaces(test: &str, body: impl FnOnce()) {
    if has_own_namespaces() {
        return body();
    }
    let mut command = Command::new("unshare");
    command.args(["--mount", "--ipc"]).arg(this_program().get_program());
    again(command, test, NAMESPACES);
}

/// Whether this process may mount over the machine's folders and nobody else sees it.
pub(super) fn has_own_namespaces() -> bool {
    env::var_os(ALONE).is_some_and(|what| what == NAMESPACES)
}

fn this_program() -> Command {
    Command::new(env::current_exe().expect("the path of this program"))
}

fn again(mut command: Command, test: &str, what: &str) {
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ALONE, what);
    let output = run(&mut command, "util-linux, and run this as root");
    assert!(output.contains("1 passed"), "no test {test}: {output}");
    // What the test has to tell.
    eprintln!("{output}");
}
