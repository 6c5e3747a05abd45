//! `init` and where the command looks for a store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::sandbox::{Outcome, Sandbox, skipped};

#[test]
fn init_names_what_it_made_and_what_must_be_kept_elsewhere() {
    let sandbox = Sandbox::empty();
    let text = sandbox.run(&["init", "my store"]).text();
    for file in ["strongroom.toml", "keyring.json", "metadata.db", "payloads.db"] {
        assert!(sandbox.path("my store").join(file).exists(), "no {file}");
        assert!(text.contains(file), "{text}");
    }
    assert!(text.contains("Keep elsewhere") && text.contains("strongroom backup"), "{text}");
    let config = sandbox.path("my store/strongroom.toml");
    assert!(
        text.ends_with(&format!("export STRONGROOM_CONFIG='{}'\n", config.display())),
        "{text}"
    );
}

#[test]
fn the_export_line_makes_the_store_usable_from_a_shell() {
    let sandbox = Sandbox::empty();
    let line = sandbox.run(&["init", "it's here"]).text().lines().last().unwrap().to_owned();
    let script = format!("{line}; \"$0\" \"$@\"");
    let command = sandbox.command_under(&["sh", "-c", &script], &["list", "--json"]);
    let outcome = Outcome::of(command, b"");
    assert!(!outcome.stderr.contains("no store found"), "{}", outcome.stderr);
}

#[test]
fn init_in_the_users_own_place_needs_no_export_line() {
    let sandbox = Sandbox::empty();
    let text = run_as_user(&sandbox, &["init"], b"").text();
    assert!(!text.contains("export"), "{text}");
    run_as_user(&sandbox, &["put", "db"], b"x").succeeds();
    assert_eq!(run_as_user(&sandbox, &["get", "db"], b"").text(), "x");
}

/// Runs the command as somebody who is not root, for whom the place is the user's and not the
/// machine's.
fn run_as_user(sandbox: &Sandbox, arguments: &[&str], input: &[u8]) -> Outcome {
    if !rustix::process::geteuid().is_root() {
        return sandbox.run_with(arguments, input);
    }
    const NOBODY: u32 = 65534;
    for folder in ["", "home", "config"] {
        std::os::unix::fs::chown(sandbox.path(folder), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    // The build may be where nobody else can reach it.
    let copy = sandbox.path("strongroom");
    fs::copy(env!("CARGO_BIN_EXE_strongroom"), &copy).unwrap();
    let ids = ["--reuid=65534", "--regid=65534", "--clear-groups", copy.to_str().unwrap()];
    let command = sandbox.at_home(Command::new("setpriv"), &[&ids[..], arguments].concat());
    Outcome::of(command, input)
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let keyring = fs::read(sandbox.path("store/keyring.json")).unwrap();
    let message = sandbox.run(&["init", "store"]).fails(11);
    assert!(message.contains(sandbox.path("store").to_str().unwrap()), "{message}");
    assert_eq!(fs::read(sandbox.path("store/keyring.json")).unwrap(), keyring);
    assert_eq!(sandbox.run(&["get", "db"]).text(), "x");
}

#[test]
fn the_keyring_is_for_its_owner_alone() {
    let sandbox = Sandbox::new();
    let mode = fs::metadata(sandbox.path("store/keyring.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn config_may_be_relative_or_absolute_and_stand_anywhere() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let absolute = sandbox.path("store/strongroom.toml");
    let absolute = absolute.to_str().unwrap();
    for arguments in [
        &["--config", "store/strongroom.toml", "get", "db"][..],
        &["--config", absolute, "get", "db"],
        &["get", "db", "--config", absolute],
        &["get", "--config=store/strongroom.toml", "db"],
    ] {
        let mut command = sandbox.command(arguments);
        command.env_remove("STRONGROOM_CONFIG");
        assert_eq!(Outcome::of(command, b"").text(), "x");
    }
}

#[test]
fn the_option_wins_over_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let mut command = sandbox.command(&["--config", "store/strongroom.toml", "get", "db"]);
    command.env("STRONGROOM_CONFIG", "/no/such/config");
    assert_eq!(Outcome::of(command, b"").text(), "x");
}

#[test]
fn the_users_config_folder_is_looked_at() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["init", sandbox.path("config/strongroom").to_str().unwrap()]).succeeds();
    sandbox.put("db", b"x");
    assert_eq!(sandbox.run(&["get", "db"]).text(), "x");
}

#[test]
fn no_store_found_names_each_place() {
    let sandbox = Sandbox::empty();
    if std::path::Path::new("/etc/strongroom/strongroom.toml").exists() {
        return skipped("this machine has a store");
    }
    let message = sandbox.run(&["get", "db"]).fails(10);
    let own = sandbox.path("config/strongroom/strongroom.toml");
    for place in [
        "no store found",
        "--config",
        "STRONGROOM_CONFIG",
        own.to_str().unwrap(),
        "/etc/strongroom/strongroom.toml",
    ] {
        assert!(message.contains(place), "no {place} in {message}");
    }
}

#[test]
fn a_config_that_is_named_but_missing_is_named_in_the_error() {
    let sandbox = Sandbox::new();
    let message = sandbox.run(&["--config", "elsewhere.toml", "get", "db"]).fails(10);
    assert!(message.contains("elsewhere.toml"), "{message}");
}

#[test]
fn config_may_be_the_folder_of_the_store() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let mut command = sandbox.command(&["--config", "store", "get", "db"]);
    command.env_remove("STRONGROOM_CONFIG");
    assert_eq!(Outcome::of(command, b"").text(), "x");
}

#[test]
fn doctor_tells_a_copy_and_adopts_it() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    assert!(sandbox.run(&["doctor"]).text().contains("copy                     no"));
    let store = sandbox.path("store");
    for entry in fs::read_dir(&store).unwrap() {
        let file = entry.unwrap().path();
        let copy = file.with_extension("copy");
        fs::copy(&file, &copy).unwrap();
        fs::rename(&copy, &file).unwrap();
    }
    let outcome = sandbox.run(&["doctor"]);
    assert_eq!(outcome.code, Some(12), "{}", outcome.stderr);
    assert!(String::from_utf8(outcome.stdout).unwrap().contains("copy                     yes"));
    assert!(outcome.stderr.contains("doctor --adopt"), "{}", outcome.stderr);
    sandbox.run(&["doctor", "--adopt"]).succeeds();
    let report = sandbox.run(&["doctor", "--json"]).text();
    assert!(report.contains("\"copy\": false"), "{report}");
}
