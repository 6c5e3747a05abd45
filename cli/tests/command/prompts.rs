//! Questions on a real terminal, and none without one.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use rustix::process::{Signal, kill_process};

use crate::sandbox::Sandbox;
use crate::screen::{Screen, Streams};

/// The command with a controlling terminal, as in a login.
fn at_terminal(sandbox: &Sandbox, arguments: &[&str]) -> Screen {
    Screen::start(sandbox.command_under(&["setsid", "--ctty"], arguments), Streams::All)
}

#[test]
fn put_asks_twice_and_shows_nothing() {
    let sandbox = Sandbox::new();
    let mut screen = at_terminal(&sandbox, &["put", "db"]);
    screen.expect("Payload of default/db: ");
    assert!(!screen.echoes());
    screen.types("hunter2\n");
    screen.expect("Once more: ");
    assert!(!screen.echoes());
    screen.types("hunter2\n");
    let seen = screen.ends_with(0);
    assert!(!seen.contains("hunter2"), "{seen}");
    assert_eq!(sandbox.run(&["get", "db"]).text(), "hunter2");
}

#[test]
fn entries_that_differ_store_nothing_and_leave_the_echo_on() {
    let sandbox = Sandbox::new();
    let mut screen = at_terminal(&sandbox, &["put", "db"]);
    screen.expect("Payload of");
    screen.types("hunter2\n");
    screen.expect("Once more: ");
    screen.types("hunter3\n");
    screen.expect("not the same");
    assert!(screen.echoes());
    screen.ends_with(2);
    sandbox.run(&["show", "db"]).fails(10);
}

#[test]
fn ctrl_c_ends_the_prompt_by_its_signal_and_brings_the_echo_back() {
    let sandbox = Sandbox::new();
    let mut screen = at_terminal(&sandbox, &["put", "db"]);
    screen.expect("Payload of");
    assert!(!screen.echoes());
    screen.types("\x03");
    screen.expect_echo();
    assert_eq!(screen.ends().1.signal(), Some(2));
    sandbox.run(&["show", "db"]).fails(10);
}

#[test]
fn a_termination_during_the_prompt_brings_the_echo_back() {
    let sandbox = Sandbox::new();
    let mut screen = at_terminal(&sandbox, &["put", "db"]);
    screen.expect("Payload of");
    kill_process(screen.pid(), Signal::TERM).unwrap();
    screen.expect_echo();
    assert_eq!(screen.ends().1.signal(), Some(15));
}

#[test]
fn an_end_of_input_at_the_prompt_cancels() {
    let sandbox = Sandbox::new();
    let mut screen = at_terminal(&sandbox, &["put", "db"]);
    screen.expect("Payload of");
    screen.types("\x04");
    screen.expect_echo();
    let seen = screen.ends_with(2);
    assert!(seen.contains("cancelled") && !seen.contains("Once more"), "{seen}");
    sandbox.run(&["show", "db"]).fails(10);
}

#[test]
fn erase_asks_for_the_name() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    let mut screen = at_terminal(&sandbox, &["erase", "web1/db"]);
    screen.expect("Type web1/db to go on: ");
    screen.types("yes\n");
    assert!(screen.ends_with(2).contains("nothing was done"));
    sandbox.run(&["show", "web1/db"]).succeeds();

    let mut screen = at_terminal(&sandbox, &["erase", "web1/db"]);
    screen.expect("Type web1/db to go on: ");
    screen.types("web1/db\n");
    screen.ends_with(0);
    sandbox.run(&["show", "web1/db"]).fails(10);
}

#[test]
fn project_erase_and_destroy_ask_too() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    sandbox.run(&["state", "web1/db", "deactivated"]).succeeds();
    for (arguments, question) in [
        (&["project", "erase", "web1"][..], "after erasing the project web1 with 1 secret."),
        (&["destroy", "web1/db", "--version", "1"], "after destroying version 1 of web1/db."),
    ] {
        let mut screen = at_terminal(&sandbox, arguments);
        screen.expect(question);
        screen.expect("to go on: ");
        screen.types("\n");
        screen.ends_with(2);
    }
    assert_eq!(sandbox.run(&["get", "web1/db", "--version", "1"]).text(), "x");
}

#[test]
fn yes_answers_in_advance() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    let seen = at_terminal(&sandbox, &["erase", "web1/db", "--yes"]).ends_with(0);
    assert_eq!(seen, "");
}

#[test]
fn what_needs_an_answer_fails_at_once_where_nobody_is_there() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    sandbox.run(&["state", "web1/db", "deactivated"]).succeeds();
    for arguments in [
        &["erase", "web1/db"][..],
        &["project", "erase", "web1"],
        &["destroy", "web1/db", "--version", "1"],
        &["backup", "file", "--with-keys"],
    ] {
        sandbox.run(arguments).fails(2);
    }
    assert_eq!(sandbox.run(&["get", "web1/db", "--inactive"]).text(), "x");
}

#[test]
fn nothing_is_asked_on_the_terminal_of_a_pipeline() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    let mut command = sandbox.command_under(&["setsid"], &["erase", "web1/db"]);
    command.stdin(Stdio::null());
    let seen = Screen::start(command, Streams::NotInput).ends_with(2);
    assert!(!seen.contains("to go on") && seen.contains("--yes"), "{seen}");
}

#[test]
fn a_secret_can_be_typed_while_the_output_is_a_file() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command_under(&["setsid", "--ctty"], &["put", "db", "--json"]);
    command.stdout(std::fs::File::create(sandbox.path("out")).unwrap());
    let mut screen = Screen::start(command, Streams::NotOutput);
    screen.expect("Payload of");
    screen.types("hunter2\n");
    screen.expect("Once more: ");
    screen.types("hunter2\n");
    screen.ends_with(0);
    assert!(std::fs::read_to_string(sandbox.path("out")).unwrap().contains("\"version\": 1"));
}

#[test]
fn restore_asks_for_the_passphrase_of_a_backup_with_keys() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let mut screen = at_terminal(&sandbox, &["backup", "file", "--with-keys"]);
    screen.expect("Passphrase for the keys in the backup: ");
    screen.types("correct horse battery\n");
    screen.expect("Once more: ");
    screen.types("correct horse battery\n");
    screen.ends_with(0);
    let mut screen = at_terminal(&sandbox, &["restore", "file", "restored"]);
    screen.expect("Passphrase of the backup: ");
    assert!(!screen.echoes());
    screen.types("correct horse battery\n");
    assert!(!screen.ends_with(0).contains("correct horse battery"));
    let arguments = ["--config", "restored/strongroom.toml", "get", "db"];
    assert_eq!(sandbox.run(&arguments).text(), "x");
}
