//! Key backends by their names, and those that cannot be opened.

use std::fs;

use strongroom::{ErrorKind, PutOptions, Severity, Store};

use crate::support::{Fixture, bytes, fixture, kind, path};

const OWN: &str = "[backends.main.key]";

/// The store of a fixture, with a config that gives the keyring a name of its own.
fn with_named_keyring(name: &str) -> Fixture {
    let f = fixture();
    let text = fs::read_to_string(f.config()).unwrap();
    assert!(text.contains(OWN), "{text}");
    let text = text.replace(OWN, &format!("[keys.{name}]"));
    let text = text.replace("[backends.main]", &format!("[backends.main]\nkey = \"{name}\""));
    fs::write(f.config(), text).unwrap();
    f
}

#[test]
fn a_key_backend_that_the_config_lost_is_named() {
    let f = with_named_keyring("other");
    let error = Store::open(&f.config()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("[keys.main]"), "{error}");
}

#[test]
fn an_own_key_may_become_a_table_of_the_same_name() {
    let f = with_named_keyring("main");
    f.put("a/b", "x");
    let store = Store::open(&f.config()).unwrap();
    assert_eq!(&store.session().get(&path("a/b")).unwrap()[..], b"x");
    store.session().put(&path("new/b"), &bytes("y"), &PutOptions::default()).unwrap();
}

/// A second backend whose key backend this store does not know.
fn with_second_backend(key: &str) -> Fixture {
    let f = fixture();
    let mut text = fs::read_to_string(f.config()).unwrap();
    text += "\n[backends.second]\nkind = \"enveloped\"\nshelf = \"payloads.db\"\n";
    text += &format!("key = {key}\n");
    fs::write(f.config(), text).unwrap();
    f
}

#[test]
fn a_key_backend_that_cannot_be_opened_hurts_only_those_who_need_it() {
    let f = with_second_backend(r#"{ kind = "software", keyring = "missing.json" }"#);
    f.put("a/b", "x");
    let store = Store::open(&f.config()).unwrap();
    assert_eq!(&store.session().get(&path("a/b")).unwrap()[..], b"x");
    let finding = |h: &strongroom::Health| {
        h.part == "key backend second"
            && h.severity == Severity::Error
            && h.message.contains("missing.json")
    };
    assert!(store.health().iter().any(finding), "{:?}", store.health());
    assert_eq!(kind(store.session().create_project("p", Some("second"))), ErrorKind::Config);
}
