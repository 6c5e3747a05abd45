//! A run of tests beside a server says so when none of them used it.

use std::process::{Command, Output};

fn beside_a_server(script: &str) -> Output {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_with-postgres"));
    runner.args(["sh", "-c", script]).output().expect("the runner")
}

#[test]
fn a_run_that_makes_no_store_on_the_server_fails() {
    let output = beside_a_server("test -n \"$STRONGROOM_TEST_SERVER\"");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no store was made"), "{output:?}");
}

#[test]
fn a_run_ends_as_its_program_does() {
    let store = "psql -q \"$STRONGROOM_TEST_SERVER\" -c 'CREATE TABLE schema_migrations ()'";
    let output = beside_a_server(store);
    assert!(output.status.success(), "{output:?}");
    let output = beside_a_server("exit 7");
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}
