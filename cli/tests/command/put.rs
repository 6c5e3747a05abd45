//! `put`: what is stored, and what is said about it.

use crate::sandbox::Sandbox;

#[test]
fn success_prints_nothing() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/first", b"x");
    let outcome = sandbox.run_with(&["put", "web1/second"], b"payload");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert!(outcome.stdout.is_empty());
}

#[test]
fn newline_strips_exactly_one() {
    let sandbox = Sandbox::new();
    for (given, kept) in [("a\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("a\r\n", "a\r")] {
        sandbox.run_with(&["put", "--newline", "line"], given.as_bytes()).succeeds();
        assert_eq!(sandbox.run(&["get", "line"]).text(), kept);
    }
}

#[test]
fn a_passphrase_that_ends_in_a_newline_is_kept_with_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let outcome = sandbox.run_with(&["put", "db"], b"hunter2\n");
    assert!(outcome.stderr.contains("warning") && outcome.stderr.contains("--newline"));
    assert!(!outcome.stderr.contains("hunter2"));
    assert_eq!(sandbox.run(&["get", "db"]).text(), "hunter2\n");
}

#[test]
fn other_types_may_end_in_a_newline_without_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "key", "--type", "private-key"], b"x").succeeds();
    for arguments in [&["put", "key"][..], &["put", "key", "--type", "private-key"]] {
        let outcome = sandbox.run_with(arguments, b"-----\n");
        assert!(!outcome.stderr.contains("warning"), "{}", outcome.stderr);
        outcome.succeeds();
    }
}

#[test]
fn an_empty_payload_is_refused() {
    let sandbox = Sandbox::new();
    for (arguments, input) in [(&["put", "db"][..], ""), (&["put", "db", "--newline"], "\n")] {
        let message = sandbox.run_with(arguments, input.as_bytes()).fails(2);
        assert!(message.contains("empty"), "{message}");
    }
    sandbox.run(&["show", "db"]).fails(10);
}

#[test]
fn a_payload_as_an_argument_is_refused_and_not_repeated() {
    let sandbox = Sandbox::new();
    for arguments in [&["put", "db", "hunter2"][..], &["put", "db", "--payload=hunter2"]] {
        let message = sandbox.run(arguments).fails(2);
        assert!(!message.contains("hunter2") && message.contains("standard input"), "{message}");
    }
}

#[test]
fn a_new_project_is_announced_once() {
    let sandbox = Sandbox::new();
    let first = sandbox.run_with(&["put", "web1/a"], b"x");
    assert!(first.stderr.contains("created the project web1"), "{}", first.stderr);
    assert_eq!(sandbox.run_with(&["put", "web1/b"], b"x").stderr, "");
}

#[test]
fn a_generated_passphrase_has_43_letters_and_digits_and_is_not_shown() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(&["put", "--generate", "web1/borg"]);
    let passphrase = sandbox.run(&["get", "web1/borg"]).text();
    assert_eq!(passphrase.len(), 43);
    assert!(passphrase.chars().all(|c| c.is_ascii_alphanumeric()), "{passphrase}");
    assert!(outcome.stdout.is_empty() && !outcome.stderr.contains(&passphrase));
}

#[test]
fn two_generated_passphrases_differ() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        sandbox.run(&["put", "--generate", name]).succeeds();
    }
    assert_ne!(sandbox.run(&["get", "a"]).text(), sandbox.run(&["get", "b"]).text());
}

#[test]
fn a_generated_passphrase_is_as_long_as_told_but_never_short() {
    let sandbox = Sandbox::new();
    sandbox.run(&["put", "--generate", "--length", "64", "long"]).succeeds();
    assert_eq!(sandbox.run(&["get", "long"]).text().len(), 64);
    sandbox.run(&["put", "--generate", "--length", "42", "short"]).fails(2);
}

#[test]
fn a_generated_key_has_32_raw_bytes() {
    let sandbox = Sandbox::new();
    sandbox.run(&["put", "--generate", "--type", "symmetric-key", "key"]).succeeds();
    assert_eq!(sandbox.run(&["get", "key"]).succeeds().len(), 32);
    sandbox.run(&["put", "--generate", "--type", "certificate", "cert"]).fails(2);
}

#[test]
fn expectations_decide_whether_a_put_happens() {
    let sandbox = Sandbox::new();
    sandbox.run_with(&["put", "db", "--if-absent"], b"one").succeeds();
    sandbox.run_with(&["put", "db", "--if-absent"], b"other").fails(11);
    sandbox.run_with(&["put", "db", "--if-version", "1"], b"two").succeeds();
    sandbox.run_with(&["put", "db", "--if-version", "1"], b"other").fails(12);
    assert_eq!(sandbox.run(&["get", "db"]).text(), "two");
}

#[test]
fn json_names_the_path_and_the_version() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"x");
    let text = sandbox.run_with(&["put", "db", "--json"], b"payload").text();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer, serde_json::json!({"path": "default/db", "version": 2}));
}

#[test]
fn what_is_generated_fits_the_type_of_the_secret() {
    let sandbox = Sandbox::new();
    sandbox.run(&["put", "--generate", "--type", "symmetric-key", "key"]).succeeds();
    sandbox.run(&["put", "--generate", "key"]).succeeds();
    assert_eq!(sandbox.run(&["get", "key"]).succeeds().len(), 32);
    sandbox.run(&["put", "--generate", "--type", "passphrase", "key"]).fails(12);

    sandbox.run_with(&["put", "tls", "--type", "private-key"], b"pem").succeeds();
    let message = sandbox.run(&["put", "--generate", "tls"]).fails(2);
    assert!(message.contains("default/tls is a private-key"), "{message}");
    assert_eq!(sandbox.run(&["get", "tls"]).text(), "pem");
}

#[test]
fn a_further_version_says_that_the_old_one_stays() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/borg", b"one");
    let outcome = sandbox.run_with(&["put", "web1/borg", "--json"], b"two");
    assert_eq!(
        outcome.stderr,
        "strongroom: web1/borg: version 2 is current now; version 1 stays: get it by --version 1\n"
    );
    sandbox.run(&["state", "web1/borg", "deactivated", "--version", "1"]).succeeds();
    sandbox.run(&["state", "web1/borg", "deactivated", "--version", "2"]).succeeds();
    let outcome = sandbox.run_with(&["put", "web1/borg"], b"three");
    assert_eq!(outcome.stderr, "strongroom: web1/borg: version 3 is current now\n");
}

#[test]
fn a_version_of_the_future_says_when_it_becomes_current() {
    let sandbox = Sandbox::new();
    let first = sandbox.run_with(&["put", "a", "--activates", "2099-01-31"], b"x");
    let note = "version 1 becomes current 2099-01-31T00:00:00Z; until then `get` gives nothing";
    assert!(first.stderr.contains(note), "{}", first.stderr);
    sandbox.put("b", b"x");
    let second = sandbox.run_with(&["put", "b", "--activates", "2099-01-31"], b"x");
    assert!(second.stderr.contains("until then `get` gives version 1"), "{}", second.stderr);
}

#[test]
fn a_stored_version_whose_report_is_lost_is_not_called_a_failure_to_store() {
    let sandbox = Sandbox::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.command(&["put", "--generate", "db", "--json"]);
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(51), "{stderr}");
    assert!(stderr.contains("version 1 was stored, but its report"), "{stderr}");
    assert_eq!(sandbox.run(&["get", "db"]).succeeds().len(), 43);
}
