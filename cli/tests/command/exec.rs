//! `exec`: the command that it becomes, and its failures.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Outcome, Sandbox};

fn with_secret(payload: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.put("web1/key", payload);
    sandbox
}

#[test]
fn a_variable_holds_the_payload_exactly() {
    let sandbox = with_secret(b" a$b\n");
    let text = sandbox.run(&["exec", "--env", "KEY=web1/key", "--", "printenv", "KEY"]).text();
    assert_eq!(text, " a$b\n\n");
}

#[test]
fn a_descriptor_is_read_from_its_beginning() {
    let payload: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let sandbox = with_secret(&payload);
    let script = "eval \"cat <&$KEY\"";
    let read =
        sandbox.run(&["exec", "--fd", "KEY=web1/key", "--", "bash", "-c", script]).succeeds();
    assert!(read == payload);
}

#[test]
fn the_descriptor_cannot_be_changed() {
    let sandbox = with_secret(b"payload");
    let script = "echo changed 2>/dev/null >>/proc/self/fd/$KEY || cat /proc/self/fd/$KEY";
    let text = sandbox.run(&["exec", "--fd", "KEY=web1/key", "--", "bash", "-c", script]).text();
    assert_eq!(text, "payload");
}

/// What the command has open, one name a line. The shell looks at itself with nothing running beside
/// it: in a pipeline it would hold the pipe's ends for as long as it takes to start the other half.
const LIST: [&str; 3] = ["sh", "-c", "for fd in /proc/$$/fd/*; do readlink $fd; done; true"];

/// The names that `LIST` printed; a pipe by its kind, for its number is new each time.
fn names(text: &str) -> Vec<&str> {
    text.lines().map(|name| if name.starts_with("pipe:") { "pipe" } else { name }).collect()
}

/// What it has open when nothing stands between it and the test.
fn open_without_us() -> String {
    let mut direct = Command::new(LIST[0]);
    direct.args(&LIST[1..]);
    Outcome::of(direct, b"").text()
}

#[test]
fn the_command_inherits_the_named_descriptors_and_no_others() {
    let sandbox = with_secret(b"payload");
    let exec = ["exec", "--fd", "A=web1/key", "--fd", "B=web1/key", "--"];
    let text = sandbox.run(&[&exec[..], &LIST[..]].concat()).text();
    let (named, others): (Vec<&str>, Vec<&str>) =
        names(&text).into_iter().partition(|name| name.starts_with("/memfd:strongroom"));
    assert_eq!(named.len(), 2);
    assert_eq!(others, names(&open_without_us()));
}

#[test]
fn a_command_without_fd_inherits_nothing() {
    let sandbox = with_secret(b"payload");
    let exec = ["exec", "--env", "A=web1/key", "--"];
    let text = sandbox.run(&[&exec[..], &LIST[..]].concat()).text();
    assert_eq!(names(&text), names(&open_without_us()));
}

#[test]
fn the_process_becomes_the_command() {
    let sandbox = with_secret(b"payload");
    let mut command =
        sandbox.command(&["exec", "--env", "KEY=web1/key", "--", "sh", "-c", "echo $$"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), pid.to_string());
}

#[test]
fn the_exit_code_is_the_commands() {
    let sandbox = with_secret(b"payload");
    let outcome = sandbox.run(&["exec", "--env", "KEY=web1/key", "--", "sh", "-c", "exit 7"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(7), ""));
}

#[test]
fn signals_reach_the_command() {
    let sandbox = with_secret(b"payload");
    let script = "echo ready; exec sleep 60";
    let mut command = sandbox.command(&["exec", "--env", "KEY=web1/key", "--", "sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

#[test]
fn the_command_starts_with_the_limits_and_signals_of_its_caller() {
    let sandbox = with_secret(b"payload");
    let look = ["sh", "-c", "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status; ulimit -c"];
    let mut direct = Command::new(look[0]);
    direct.args(&look[1..]);
    let arguments = [&["exec", "--env", "KEY=web1/key", "--"], &look[..]].concat();
    assert_eq!(sandbox.run(&arguments).text(), Outcome::of(direct, b"").text());
}

#[test]
fn nothing_runs_when_one_secret_is_missing() {
    let sandbox = with_secret(b"payload");
    let arguments = ["exec", "--env", "A=web1/key", "--fd", "B=web1/other", "--", "touch", "ran"];
    sandbox.run(&arguments).fails(125);
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn a_zero_byte_in_a_variable_is_refused_with_the_way_out() {
    let sandbox = with_secret(b"pay\0load");
    let message = sandbox.run(&["exec", "--env", "KEY=web1/key", "--", "true"]).fails(125);
    assert!(message.contains("--fd") && !message.contains("pay\0load"), "{message}");
}

#[test]
fn failures_of_its_own_are_125() {
    let sandbox = with_secret(b"payload");
    for arguments in [
        &["exec", "--env", "KEY=web1/key", "--", "/no/such/command"][..],
        &["exec", "--env", "KEY=web1/key", "--", "/etc/passwd"],
        &["exec", "--env", "KEY=web1/key"],
        &["exec", "--", "true"],
        &["exec", "--env", "KEY", "--", "true"],
        &["exec", "--env", "1KEY=web1/key", "--", "true"],
        &["exec", "--env", "KEY=web1//key", "--", "true"],
        &["exec", "--env", "KEY=web1/key", "--fd", "KEY=web1/key", "--", "true"],
        &["exec", "--no-such-option", "--", "true"],
        &["--config", "/no/such/config", "exec", "--env", "KEY=web1/key", "--", "true"],
    ] {
        sandbox.run(arguments).fails(125);
    }
}

#[test]
fn an_inactive_secret_is_passed_on_only_when_that_is_asked_for() {
    let sandbox = with_secret(b"payload");
    sandbox.run(&["state", "web1/key", "deactivated"]).succeeds();
    let message = sandbox.run(&["exec", "--env", "KEY=web1/key", "--", "true"]).fails(125);
    assert!(message.contains("exec --inactive"), "{message}");
    let inactive = ["exec", "--inactive", "--env", "KEY=web1/key", "--", "printenv", "KEY"];
    assert_eq!(sandbox.run(&inactive).text(), "payload\n");
    let inactive = ["exec", "--inactive", "--fd", "KEY=web1/key", "--", "sh", "-c", "cat <&$KEY"];
    assert_eq!(sandbox.run(&inactive).text(), "payload");
}
