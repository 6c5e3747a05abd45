//! A process for each test.

use std::process::Command;

/// Set in a process that was started for one test.
const ALONE: &str = "STRONGROOM_TEST_ALONE";

/// Runs the test in a process of its own: this one, if it was started for it.
pub(super) fn alone(module: &str, test: &str, body: impl FnOnce()) {
    let (_, module) = module.split_once("::").unwrap();
    let name = format!("{module}::{test}");
    if std::env::var(ALONE).is_ok_and(|alone| alone == name) {
        return body();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]).env(ALONE, &name);
    let output = command.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} ended with {}:\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "there is no test {name}:\n{out}");
}

/// A test that has a process of its own.
macro_rules! test_alone {
    ($(#[$doc:meta])* fn $name:ident() $body:block) => {
        $(#[$doc])*
        #[test]
        fn $name() {
            crate::tests::alone::alone(module_path!(), stringify!($name), || $body);
        }
    };
}
pub(super) use test_alone;
