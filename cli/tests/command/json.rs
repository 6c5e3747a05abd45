//! What can be read, for people and as JSON.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use strongroom::{PutOptions, SecretBytes, SecretPath, Store};

use crate::sandbox::Sandbox;

fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let put = ["put", "web1/db/one", "--label", "owner=ops", "--content-type", "text/plain"];
    sandbox.run_with(&put, b"payload").succeeds();
    sandbox.put("web1/db/two", b"payload");
    sandbox.put("web1/other", b"payload");
    sandbox.put("laptop", b"payload");
    sandbox
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let text = sandbox.run(arguments).text();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Puts this many secrets into the project `many`, from threads whose commits are grouped.
fn fill(sandbox: &Sandbox, count: usize) {
    let store = Store::open(&sandbox.path("store/strongroom.toml")).unwrap();
    let session = store.session();
    session.create_project("many", None).unwrap();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let payload = SecretBytes::copy_of(b"x").unwrap();
                let mut number = next.fetch_add(1, Ordering::Relaxed);
                while number < count {
                    let path = SecretPath::new("many", &format!("{number:04}")).unwrap();
                    session.put(&path, &payload, &PutOptions::default()).unwrap();
                    number = next.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}

#[track_caller]
fn has_members(value: &Value, names: &[&str]) {
    let object = value.as_object().unwrap();
    for name in names {
        assert!(object.contains_key(*name), "no {name} in {value}");
    }
}

#[test]
fn list_shows_a_project_a_prefix_or_the_default_project() {
    let sandbox = furnished();
    let names = |arguments: &[&str]| -> Vec<String> {
        let secrets = json(&sandbox, arguments);
        let names = secrets.as_array().unwrap().iter();
        names.map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["list", "--json"]), ["laptop"]);
    assert_eq!(names(&["list", "web1", "--json"]), ["db/one", "db/two", "other"]);
    assert_eq!(names(&["list", "web1/db/", "--json"]), ["db/one", "db/two"]);
    assert!(names(&["list", "web1/none", "--json"]).is_empty());
}

#[test]
fn list_describes_each_secret() {
    let sandbox = furnished();
    let secrets = json(&sandbox, &["list", "web1/db/one", "--json"]);
    let secret = &secrets[0];
    has_members(secret, &["id", "created_at", "updated_at", "newest"]);
    assert_eq!(secret["project"], "web1");
    assert_eq!(secret["secret_type"], "passphrase");
    assert_eq!(secret["content_type"], "text/plain");
    assert_eq!(secret["labels"]["owner"], "ops");
    assert_eq!(secret["current"], 1);
}

#[test]
fn list_goes_through_all_pages() {
    let sandbox = Sandbox::new();
    fill(&sandbox, 1_003);
    let secrets = json(&sandbox, &["list", "many", "--json"]);
    assert_eq!(secrets.as_array().unwrap().len(), 1_003);
    let table = sandbox.run(&["list", "many"]).text();
    assert_eq!(table.lines().count(), 1_004);
    assert_eq!(table.lines().filter(|line| line.starts_with("SECRET")).count(), 1);
}

#[test]
fn show_is_the_element_of_list() {
    let sandbox = furnished();
    let shown = json(&sandbox, &["show", "web1/db/one", "--json"]);
    assert_eq!(shown, json(&sandbox, &["list", "web1/db/one", "--json"])[0]);
}

#[test]
fn versions_carry_state_size_and_rfc_3339_dates() {
    let sandbox = furnished();
    let versions = json(&sandbox, &["versions", "laptop", "--json"]);
    let version = &versions[0];
    has_members(version, &["expired", "generation", "activates_at", "expires_at"]);
    assert_eq!((&version["number"], &version["state"]), (&1.into(), &"active".into()));
    assert_eq!(version["size"], 7);
    let created = version["created_at"].as_str().unwrap();
    assert!(created.len() >= 20 && &created[10..11] == "T" && created.ends_with('Z'), "{created}");
}

#[test]
fn projects_are_listed_and_shown() {
    let sandbox = furnished();
    let projects = json(&sandbox, &["project", "list", "--json"]);
    let names: Vec<&Value> = projects.as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["default", "web1"]);
    let project = json(&sandbox, &["project", "show", "web1", "--json"]);
    has_members(&project, &["id", "backend", "generation", "created_at", "state"]);
    assert_eq!(project["secrets"], 3);
}

#[test]
fn keys_are_listed_and_checked() {
    let sandbox = furnished();
    let keys = json(&sandbox, &["keys", "list", "--json"]);
    has_members(&keys[0], &["backend", "id", "state", "created_at", "at_hand", "wraps"]);
    let checks = json(&sandbox, &["keys", "check", "--json"]);
    has_members(&checks[0], &["backend", "id", "error"]);
    assert_eq!(checks[0]["ok"], true);
}

#[test]
fn health_names_parts_severities_and_messages() {
    let sandbox = furnished();
    let findings = json(&sandbox, &["health", "--json"]);
    for finding in findings.as_array().unwrap() {
        has_members(finding, &["part", "message"]);
        assert!(["ok", "warning"].contains(&finding["severity"].as_str().unwrap()), "{finding}");
    }
}

#[test]
fn doctor_counts_what_it_looked_at() {
    let sandbox = furnished();
    for arguments in [&["doctor", "--json"][..], &["doctor", "--repair", "--json"]] {
        let report = json(&sandbox, arguments);
        has_members(&report, &["strays", "strays_removed", "strays_left", "erasures_finished"]);
        assert_eq!(report["damaged"], serde_json::json!([]));
    }
}

#[test]
fn people_get_tables_without_payloads() {
    let sandbox = furnished();
    for (arguments, expected) in [
        (&["list", "web1"][..], "web1/db/one"),
        (&["show", "web1/db/one"], "owner=ops"),
        (&["versions", "laptop"], "active"),
        (&["project", "list"], "web1"),
        (&["project", "show", "web1"], "main"),
        (&["keys", "list"], "active"),
        (&["keys", "check"], "ok"),
        (&["health"], "warning"),
        (&["doctor"], "damaged"),
    ] {
        let text = sandbox.run(arguments).text();
        assert!(text.contains(expected), "no {expected} in {text}");
        assert!(!text.contains("payload\n"), "{text}");
    }
}

#[test]
fn a_new_store_lists_nothing() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["list"]).text(), "");
    assert_eq!(json(&sandbox, &["list", "--json"]), serde_json::json!([]));
    sandbox.run(&["list", "default"]).fails(10);
}
