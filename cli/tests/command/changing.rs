//! `state`, `expire`, `label`.

use serde_json::Value;

use crate::sandbox::Sandbox;

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    serde_json::from_str(&sandbox.run(arguments).text()).unwrap()
}

#[test]
fn state_changes_the_newest_version_unless_told_another() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    sandbox.put("db", b"two");
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    sandbox.run(&["state", "db", "compromised", "--version", "1"]).succeeds();
    let versions = json(&sandbox, &["versions", "db", "--json"]);
    let states: Vec<&str> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["state"].as_str().unwrap())
        .collect();
    assert_eq!(states.iter().filter(|s| **s == "compromised").count(), 1);
    let first = versions.as_array().unwrap().iter().find(|v| v["number"] == 1).unwrap();
    assert_eq!(first["state"], "compromised");
}

#[test]
fn an_expiry_can_be_set_and_taken_back() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    sandbox.run(&["expire", "db", "2099-01-31"]).succeeds();
    let versions = json(&sandbox, &["versions", "db", "--json"]);
    assert_eq!(versions[0]["expires_at"], "2099-01-31T00:00:00Z");
    sandbox.run(&["expire", "db", "never"]).succeeds();
    assert_eq!(json(&sandbox, &["versions", "db", "--json"])[0]["expires_at"], Value::Null);
}

#[test]
fn an_expiry_that_has_passed_is_final() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    sandbox.run(&["expire", "db", "now"]).succeeds();
    sandbox.run(&["expire", "db", "never"]).fails(12);
    sandbox.run(&["get", "db"]).fails(40);
    assert_eq!(sandbox.run(&["get", "db", "--version", "1"]).text(), "x");
}

#[test]
fn labels_are_set_kept_and_removed() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "db", "--label", "a=1", "--label", "b=2"], b"x").succeeds();
    sandbox.run(&["label", "db", "b=3", "c=x=y", "--remove", "a"]).succeeds();
    let labels = &json(&sandbox, &["show", "db", "--json"])["labels"];
    assert_eq!(*labels, serde_json::json!({"b": "3", "c": "x=y"}));
    sandbox.run(&["label", "db"]).fails(2);
}

#[test]
fn a_label_cannot_steer_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "db", "--label", "a=\u{202e}x"], b"x").succeeds();
    for arguments in [&["show", "db"][..], &["list"]] {
        assert!(sandbox.run(arguments).text().contains("a=\\u{202e}x"));
    }
}

#[test]
fn an_expiry_in_the_past_is_refused_with_the_way_to_mean_it() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let message = sandbox.run(&["expire", "db", "2020-01-01"]).fails(2);
    assert!(message.contains("`now`"), "{message}");
    sandbox.run_with(&["put", "db", "--expires", "2020-01-01"], b"y").fails(2);
    assert_eq!(sandbox.run(&["get", "db"]).text(), "x");
}

#[test]
fn every_change_of_a_version_says_what_get_gives() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    sandbox.put("db", b"two");
    for (arguments, told) in [
        (&["expire", "db", "+1d"][..], "`get` still gives version 2"),
        (&["state", "db", "deactivated"], "`get` now gives version 1"),
        (&["destroy", "db", "--version", "2", "--yes"], "`get` still gives version 1"),
        (&["expire", "db", "now", "--version", "1"], "`get` now gives nothing"),
    ] {
        let outcome = sandbox.run(arguments);
        assert!(outcome.stderr.contains(told), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.succeeds().is_empty());
    }
}

#[test]
fn quiet_silences_what_was_done_but_neither_warnings_nor_errors() {
    let sandbox = Sandbox::new();
    for arguments in
        [&["put", "-q", "web1/db"][..], &["--quiet", "put", "web1/db"], &["put", "web1/db", "-q"]]
    {
        assert_eq!(sandbox.run_with(arguments, b"x").stderr, "");
    }
    assert_eq!(sandbox.run(&["-q", "state", "web1/db", "deactivated"]).stderr, "");
    assert!(sandbox.run_with(&["-q", "put", "web1/db"], b"x\n").stderr.contains("warning"));
    sandbox.run(&["-q", "get", "web1/other"]).fails(10);
}
