//! Exit codes are error numbers, messages help, and nothing is printed on failure.

use std::fs;

use crate::sandbox::Sandbox;

#[test]
fn a_command_line_that_cannot_be_understood_is_2() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["no-such-command"][..],
        &["get"],
        &["get", "a//b"],
        &["get", "../a"],
        &["get", "a", "--version", "0"],
        &["put", "a", "--type", "no-such-type"],
        &["put", "a", "--label", "novalue"],
        &["put", "a", "--expires", "soon"],
        &["expire", "a", "soon"],
        &["state", "a", "destroyed"],
    ] {
        sandbox.run(arguments).fails(2);
    }
}

#[test]
fn help_and_version_are_0() {
    let sandbox = Sandbox::empty();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["get", "--help"],
        &["exec", "-h"],
        &["help"],
        &["help", "project", "erase"],
    ] {
        assert!(!sandbox.run(arguments).succeeds().is_empty());
    }
}

#[test]
fn what_does_not_exist_is_10() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"x");
    for arguments in [
        &["get", "web1/other"][..],
        &["get", "web2/db"],
        &["get", "web1/db", "--version", "2"],
        &["show", "web1/other"],
        &["versions", "web1/other"],
        &["list", "web2"],
        &["state", "web1/other", "deactivated"],
        &["expire", "web1/other", "never"],
        &["label", "web1/other", "a=b"],
        &["destroy", "web1/other", "--version", "1", "--yes"],
        &["erase", "web1/other", "--yes"],
        &["project", "show", "web2"],
        &["project", "erase", "web2", "--yes"],
    ] {
        sandbox.run(arguments).fails(10);
    }
}

#[test]
fn a_project_that_exists_is_11() {
    let sandbox = Sandbox::new();
    sandbox.run(&["project", "create", "web1"]).succeeds();
    sandbox.run(&["project", "create", "web1"]).fails(11);
}

#[test]
fn a_step_that_no_state_allows_is_12() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    sandbox.run(&["state", "db", "active"]).fails(12);
}

#[test]
fn a_payload_over_the_limit_is_13() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "big"], &vec![7; (1 << 20) + 1]).fails(13);
    sandbox.run(&["show", "big"]).fails(10);
}

#[test]
fn an_expired_secret_is_40() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    sandbox.run(&["expire", "db", "now"]).succeeds();
    sandbox.run(&["get", "db"]).fails(40);
    assert_eq!(sandbox.run(&["get", "db", "--inactive"]).text(), "x");
}

#[test]
fn a_secret_of_the_future_is_41() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "db", "--activates", "+1d"], b"x").succeeds();
    sandbox.run(&["get", "db"]).fails(41);
}

#[test]
fn a_destroyed_version_is_42() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    sandbox.run(&["destroy", "db", "--version", "1", "--yes"]).succeeds();
    sandbox.run(&["get", "db", "--version", "1"]).fails(42);
}

#[test]
fn damaged_metadata_is_60() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    fs::write(sandbox.path("store/metadata.db"), vec![b'!'; 8192]).unwrap();
    sandbox.run(&["get", "db"]).fails(60);
}

#[test]
fn an_unusable_config_is_80() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("store/strongroom.toml"), "metadate = \"metadata.db\"\n").unwrap();
    let message = sandbox.run(&["get", "db"]).fails(80);
    assert!(message.starts_with("strongroom: "), "{message}");
}

#[test]
fn a_missing_keyring_is_80_and_named() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    fs::remove_file(sandbox.path("store/keyring.json")).unwrap();
    let message = sandbox.run(&["get", "db"]).fails(80);
    assert!(message.contains("keyring.json"), "{message}");
}

#[test]
fn no_message_repeats_a_payload() {
    let sandbox = Sandbox::new();
    let payload = b"correct-horse-battery";
    sandbox.put("db", payload);
    for arguments in [
        &["put", "db", "--if-absent"][..],
        &["put", "db", "--if-version", "9"],
        &["put", "db", "--type", "no-such-type"],
    ] {
        let outcome = sandbox.run_with(arguments, payload);
        assert_ne!(outcome.code, Some(0));
        assert!(!outcome.stderr.contains("correct-horse"), "{}", outcome.stderr);
    }
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    assert!(!sandbox.run(&["get", "db"]).fails(41).contains("correct-horse"));
}

#[test]
fn a_usage_error_looks_like_every_other_error() {
    let sandbox = Sandbox::new();
    let message = sandbox.run(&["get", "--bogus", "db"]).fails(2);
    assert!(message.starts_with("strongroom: unexpected argument '--bogus'"), "{message}");
    assert!(message.contains("Usage:") && !message.contains("-- --bogus"), "{message}");
}
