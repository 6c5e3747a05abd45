//! `get`: the bytes and nothing else.

use std::fs::File;
use std::process::Stdio;

use crate::sandbox::Sandbox;
use crate::screen::{Screen, Streams};

#[test]
fn every_byte_value_comes_back_unchanged() {
    let sandbox = Sandbox::new();
    let payload: Vec<u8> = (0..=255).collect();
    sandbox.put("bytes", &payload);
    assert_eq!(sandbox.run(&["get", "bytes"]).succeeds(), payload);
}

#[test]
fn every_size_up_to_the_limit_comes_back_unchanged() {
    let sandbox = Sandbox::new();
    for size in [1, 2, 63, 64, 65, 4095, 4096, 4097, 65_537, 1_048_575, 1_048_576] {
        let payload: Vec<u8> = (0..size).map(|i| (i * 31 % 251) as u8).collect();
        sandbox.put("sized", &payload);
        assert!(sandbox.run(&["get", "sized"]).succeeds() == payload, "{size} bytes differ");
    }
}

#[test]
fn newlines_at_the_end_are_neither_added_nor_removed() {
    let sandbox = Sandbox::new();
    for payload in ["a", "a\n", "a\n\n", "\n", "a\r\n", " a "] {
        sandbox.put("exact", payload.as_bytes());
        assert_eq!(sandbox.run(&["get", "exact"]).text(), payload);
    }
}

#[test]
fn newline_adds_exactly_one() {
    let sandbox = Sandbox::new();
    for payload in ["a", "a\n"] {
        sandbox.put("line", payload.as_bytes());
        assert_eq!(sandbox.run(&["get", "--newline", "line"]).text(), format!("{payload}\n"));
    }
}

#[test]
fn the_current_version_is_given_unless_another_is_named() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    sandbox.put("db", b"two");
    assert_eq!(sandbox.run(&["get", "db"]).text(), "two");
    assert_eq!(sandbox.run(&["get", "db", "--version", "1"]).text(), "one");
}

#[test]
fn an_inactive_version_is_given_only_when_that_is_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"old");
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    sandbox.run(&["get", "db"]).fails(41);
    assert_eq!(sandbox.run(&["get", "db", "--inactive"]).text(), "old");
}

#[test]
fn a_terminal_is_refused_without_reveal() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"precious");
    let seen = Screen::start(sandbox.command(&["get", "db"]), Streams::All).ends_with(2);
    assert!(!seen.contains("precious") && seen.contains("--reveal"), "{seen}");
    let shown =
        Screen::start(sandbox.command(&["get", "db", "--reveal"]), Streams::All).ends_with(0);
    assert_eq!(shown, "precious");
}

#[test]
fn a_closed_pipe_is_an_error_and_no_panic() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"precious");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = sandbox.command(&["get", "db"]);
    let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(50), "{stderr}");
    assert!(stderr.starts_with("strongroom: standard output cannot be written"), "{stderr}");
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"precious");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = sandbox.command(&["get", "db"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(52));
}

#[test]
fn a_large_payload_passes_through_a_slow_reader() {
    let sandbox = Sandbox::new();
    let payload = vec![7; 1 << 20];
    sandbox.put("big", &payload);
    // A pipe holds 64 KiB: the writer has to wait for its reader again and again.
    let mut command =
        sandbox.command_under(&["sh", "-c", "\"$0\" \"$@\" | wc -c"], &["get", "big"]);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "1048576");
}
