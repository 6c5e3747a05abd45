//! `destroy`, `erase`, `project erase`.

use crate::sandbox::Sandbox;

#[test]
fn a_destroyed_version_stays_on_record_and_the_others_work() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    sandbox.put("db", b"two");
    sandbox.run(&["state", "db", "deactivated", "--version", "1"]).succeeds();
    sandbox.run(&["destroy", "db", "--version", "1", "--yes"]).succeeds();
    let table = sandbox.run(&["versions", "db"]).text();
    assert!(table.contains("destroyed"), "{table}");
    assert_eq!(sandbox.run(&["get", "db"]).text(), "two");
}

#[test]
fn an_erased_name_is_free_and_starts_again_at_version_1() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    sandbox.put("db", b"two");
    sandbox.run(&["erase", "db", "--yes"]).succeeds();
    sandbox.run(&["get", "db"]).fails(10);
    sandbox.put("db", b"three");
    assert_eq!(sandbox.run(&["get", "db", "--version", "1"]).text(), "three");
}

#[test]
fn an_erased_project_takes_its_secrets_along_and_no_others() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"one");
    sandbox.put("web2/db", b"two");
    sandbox.run(&["project", "erase", "web1", "--yes"]).succeeds();
    sandbox.run(&["get", "web1/db"]).fails(10);
    assert_eq!(sandbox.run(&["get", "web2/db"]).text(), "two");
}

#[test]
fn a_destroy_that_cannot_be_is_refused_before_anybody_is_asked() {
    let sandbox = Sandbox::new();
    sandbox.put("db", b"one");
    let message = sandbox.run(&["destroy", "db", "--version", "1"]).fails(12);
    assert!(message.contains("strongroom state default/db deactivated --version 1"), "{message}");
    sandbox.run(&["destroy", "db", "--version", "2"]).fails(10);
    sandbox.run(&["state", "db", "deactivated"]).succeeds();
    let message = sandbox.run(&["destroy", "db", "--version", "1"]).fails(2);
    assert!(message.contains("destroying version 1 of default/db needs --yes here"), "{message}");
}

#[test]
fn one_secret_is_not_1_secrets() {
    let sandbox = Sandbox::new();
    sandbox.put("web1/db", b"one");
    let message = sandbox.run(&["project", "erase", "web1"]).fails(2);
    assert!(message.contains("erasing the project web1 with 1 secret needs --yes"), "{message}");
}
