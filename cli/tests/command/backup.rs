//! `backup` and `restore` without a terminal.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::sandbox::{Outcome, Sandbox};

fn get_restored(sandbox: &Sandbox) -> String {
    sandbox.run(&["--config", "restored/strongroom.toml", "get", "db"]).text()
}

fn with_passphrase_file() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"precious");
    fs::write(sandbox.path("passphrase"), "correct horse\n").unwrap();
    sandbox
}

#[test]
fn a_backup_without_keys_needs_the_keyring() {
    let sandbox = with_passphrase_file();
    sandbox.run(&["backup", "file"]).succeeds();
    let message = sandbox.run(&["restore", "file", "restored"]).fails(2);
    assert!(message.contains("--keyring"), "{message}");
    sandbox.run(&["restore", "file", "restored", "--keyring", "store/keyring.json"]).succeeds();
    assert_eq!(get_restored(&sandbox), "precious");
}

#[test]
fn a_backup_with_keys_needs_its_passphrase_alone() {
    let sandbox = with_passphrase_file();
    sandbox.run(&["backup", "file", "--with-keys", "--passphrase-file", "passphrase"]).succeeds();
    fs::remove_dir_all(sandbox.path("store")).unwrap();
    sandbox.run(&["restore", "file", "restored", "--passphrase-file", "passphrase"]).succeeds();
    assert_eq!(get_restored(&sandbox), "precious");
}

#[test]
fn the_passphrase_may_come_by_a_descriptor() {
    let sandbox = with_passphrase_file();
    let backup = ["backup", "file", "--with-keys", "--passphrase-fd", "0"];
    sandbox.run_with(&backup, b"correct horse").succeeds();
    let restore = ["restore", "file", "restored", "--passphrase-fd", "0"];
    let mut command = sandbox.command(&restore);
    command.stdin(File::open(sandbox.path("passphrase")).unwrap()).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    assert_eq!(get_restored(&sandbox), "precious");
}

#[test]
fn a_wrong_passphrase_restores_nothing() {
    let sandbox = with_passphrase_file();
    sandbox.run(&["backup", "file", "--with-keys", "--passphrase-file", "passphrase"]).succeeds();
    let restore = ["restore", "file", "restored", "--passphrase-fd", "0"];
    let outcome: Outcome = sandbox.run_with(&restore, b"battery staple");
    assert!(!outcome.stderr.contains("battery"));
    assert_ne!(outcome.code, Some(0));
    assert!(outcome.stdout.is_empty() && !sandbox.path("restored/strongroom.toml").exists());
}

#[test]
fn an_empty_passphrase_is_refused() {
    let sandbox = with_passphrase_file();
    let backup = ["backup", "file", "--with-keys", "--passphrase-fd", "0"];
    for input in ["", "\n"] {
        sandbox.run_with(&backup, input.as_bytes()).fails(2);
    }
    assert!(!sandbox.path("file").exists());
}

#[test]
fn a_passphrase_without_keys_is_a_mistake_that_is_named() {
    let sandbox = with_passphrase_file();
    let message = sandbox.run(&["backup", "file", "--passphrase-file", "passphrase"]).fails(2);
    assert!(message.contains("--with-keys"), "{message}");
}

#[test]
fn a_backup_replaces_no_file() {
    let sandbox = with_passphrase_file();
    fs::write(sandbox.path("file"), "something else").unwrap();
    sandbox.run(&["backup", "file"]).fails(11);
    assert_eq!(fs::read_to_string(sandbox.path("file")).unwrap(), "something else");
}

#[test]
fn the_reports_say_what_to_keep_elsewhere() {
    let sandbox = with_passphrase_file();
    assert!(sandbox.run(&["backup", "a"]).text().contains("keep the keyring elsewhere"));
    let with_keys = ["backup", "b", "--with-keys", "--passphrase-file", "passphrase"];
    assert!(sandbox.run(&with_keys).text().contains("keep the passphrase elsewhere"));
    let restore = ["restore", "b", "restored", "--passphrase-file", "passphrase"];
    assert!(sandbox.run(&restore).text().contains("export STRONGROOM_CONFIG="));
}

#[test]
fn json_reports_can_be_read() {
    let sandbox = with_passphrase_file();
    let text = sandbox.run(&["backup", "a", "--json"]).text();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["versions"], &report["holds_keys"]), (&1.into(), &false.into()));
    let restore = ["restore", "a", "restored", "--keyring", "store/keyring.json", "--json"];
    let report: serde_json::Value = serde_json::from_str(&sandbox.run(&restore).text()).unwrap();
    assert_eq!((&report["secrets"], &report["versions"]), (&1.into(), &1.into()));
}

#[test]
fn a_passphrase_that_can_be_guessed_is_refused_and_a_short_one_warned_of() {
    let sandbox = with_passphrase_file();
    let backup = ["backup", "file", "--with-keys", "--passphrase-fd", "0"];
    sandbox.run_with(&backup, "üüüüüüü".as_bytes()).fails(2);
    assert!(!sandbox.path("file").exists());
    let short = sandbox.run_with(&backup, b"nineteen characters");
    assert!(short.stderr.contains("warning") && !short.stderr.contains("nineteen"));
    short.succeeds();
    let backup = ["backup", "other", "--with-keys", "--passphrase-fd", "0"];
    assert_eq!(sandbox.run_with(&backup, b"twenty characters or").stderr, "");
}

#[test]
fn files_with_secrets_that_others_can_read_are_warned_of() {
    let sandbox = with_passphrase_file();
    fs::write(sandbox.path("passphrase"), "correct horse battery staple\n").unwrap();
    let allow = |file: &str, mode| {
        fs::set_permissions(sandbox.path(file), Permissions::from_mode(mode)).unwrap();
    };
    allow("passphrase", 0o644);
    let backup = |file| ["backup", file, "--with-keys", "--passphrase-file", "passphrase"];
    let outcome = sandbox.run(&backup("a"));
    assert!(outcome.stderr.contains("others can read the passphrase"), "{}", outcome.stderr);
    outcome.succeeds();
    allow("passphrase", 0o600);
    assert_eq!(sandbox.run(&backup("b")).stderr, "");

    fs::copy(sandbox.path("store/keyring.json"), sandbox.path("keyring")).unwrap();
    allow("keyring", 0o644);
    let outcome = sandbox.run(&["restore", "b", "restored", "--keyring", "keyring"]);
    assert!(outcome.stderr.contains("others can read the keyring"), "{}", outcome.stderr);
}

#[test]
fn a_file_that_is_no_passphrase_is_named() {
    let sandbox = with_passphrase_file();
    fs::write(sandbox.path("passphrase"), vec![b'x'; 4098]).unwrap();
    let backup = ["backup", "file", "--with-keys", "--passphrase-file", "passphrase"];
    let message = sandbox.run(&backup).fails(13);
    assert!(message.contains("the passphrase in passphrase is longer than 4096"), "{message}");
}

#[test]
fn a_backup_to_standard_output_is_refused_with_the_way_out() {
    let sandbox = with_passphrase_file();
    let message = sandbox.run(&["backup", "-"]).fails(2);
    assert!(message.contains("./-"), "{message}");
    sandbox.run(&["backup", "./-"]).succeeds();
}

#[test]
fn a_backup_whose_report_is_lost_is_not_called_a_failure() {
    let sandbox = with_passphrase_file();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let status = sandbox.command(&["backup", "file"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(51));
    assert!(sandbox.path("file").exists());
}
