//! A store on a server does all that a store does.

use strongroom::{DoctorOptions, ErrorKind, RootKeyUse, Severity, State, Store};

use crate::support::{Site, get, get_version, path, put};

fn lives(site: &Site, store: Store) {
    let session = store.session();
    for size in [1, 64, 1_000, 60_000] {
        let payload: Vec<u8> = (0..=255).cycle().take(size).collect();
        let name = format!("web{}/key", size % 2);
        let version = put(&session, &name, &payload);
        assert!(get_version(&session, &name, version) == payload, "{size} bytes");
    }
    drop((session, store));

    let store = site.open("s").unwrap();
    let session = store.session();
    assert_eq!(get(&session, "web0/key").len(), 60_000);
    session.set_state(&path("web0/key"), 1, State::Deactivated).unwrap();
    session.destroy(&path("web0/key"), 1).unwrap();
    session.erase(&path("web1/key")).unwrap();
    let gone = session.get(&path("web1/key")).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let report = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty() && report.strays == 0, "{report:?}");
    for check in store.check_keys().unwrap() {
        check.result.unwrap();
        assert!(check.findings.iter().all(|f| f.severity != Severity::Error));
    }
    for finding in store.health() {
        assert_ne!(finding.severity, Severity::Error, "{finding:?}");
    }
}

#[test]
fn a_store_lives_with_its_root_key_in_a_server() {
    let site = Site::new();
    lives(&site, site.store("s", RootKeyUse::InServer));
}

#[test]
fn a_store_lives_with_a_fetched_root_key_and_says_so() {
    let site = Site::new();
    lives(&site, site.store("s", RootKeyUse::Fetched));
    let health = site.open("s").unwrap().health();
    assert!(health.iter().any(|h| h.message.contains("software-held")), "{health:?}");
}

#[test]
fn a_store_lives_with_its_payloads_on_a_server() {
    let site = Site::new();
    lives(&site, site.object_store("s"));
    assert!(!site.folder().join("s/payloads.db").exists());
}

#[test]
fn plaintext_objects_are_asked_for_by_name() {
    let site = Site::new();
    let store = site.object_store("s");
    put(&store.session(), "web1/key", b"an envelope");
    drop(store);
    let objects = "kind = \"kmip-objects\"\n";
    let plain = format!("{objects}plaintext_objects = true\nplaintext_type = \"opaque-object\"\n");
    site.edit("s", |text| text.replacen(objects, &plain, 1));
    let session = site.open("s").unwrap().session();
    put(&session, "web1/key", b"a payload");
    assert_eq!(get(&session, "web1/key"), b"a payload");
}

#[test]
fn what_stays_on_a_server_is_not_backed_up_and_that_is_said() {
    let site = Site::new();
    let store = site.object_store("s");
    put(&store.session(), "web1/key", b"payload");
    let file = site.folder().join("backup");
    let refused = store.backup(&file, None, &mut |_| {}).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    assert!(!file.exists());
}
