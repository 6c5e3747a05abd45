//! A store on a token does all that a store does.

use strongroom::{DoctorOptions, ErrorKind, KeyLocation, Severity, State, Store};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, generation, get, get_version, path, put};

fn lives(make: impl FnOnce(&Site) -> Store) {
    let site = Site::new();
    let store = make(&site);
    let session = store.session();
    for size in [1, 64, 1_000, 100_000, 1 << 20] {
        let payload: Vec<u8> = (0..=255).cycle().take(size).collect();
        let name = format!("web{}/key", size % 2);
        let version = put(&session, &name, &payload);
        assert!(get_version(&session, &name, version) == payload, "{size} bytes");
    }
    drop((session, store));

    let store = site.open("s").unwrap();
    let session = store.session();
    assert_eq!(get(&session, "web0/key").len(), 1 << 20);
    session.set_state(&path("web0/key"), 1, State::Deactivated).unwrap();
    session.destroy(&path("web0/key"), 1).unwrap();
    session.erase(&path("web1/key")).unwrap();
    let gone = session.get(&path("web1/key")).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let report = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
    for check in store.check_keys().unwrap() {
        check.result.unwrap();
        for finding in check.findings {
            assert_eq!(finding.severity, Severity::Ok, "{finding:?}");
        }
    }
    for finding in store.health() {
        assert_ne!(finding.severity, Severity::Error, "{finding:?}");
    }
}

#[test]
fn a_store_lives_with_its_root_key_in_a_token() {
    let name = "life::a_store_lives_with_its_root_key_in_a_token";
    in_own_process(name, || lives(|site| site.store("s", KeyLocation::Envelope)));
}

#[test]
fn a_store_lives_with_every_key_in_a_token() {
    let name = "life::a_store_lives_with_every_key_in_a_token";
    in_own_process(name, || lives(|site| site.store("s", KeyLocation::Device)));
}

#[test]
fn a_store_lives_with_its_payloads_in_a_token() {
    let name = "life::a_store_lives_with_its_payloads_in_a_token";
    in_own_process(name, || {
        lives(|site| {
            let store = site.object_store("s");
            assert!(!site.folder().join("s/payloads.db").exists());
            store
        });
    });
}

#[test]
fn what_cannot_leave_a_token_is_not_backed_up_and_that_is_said() {
    let name = "life::what_cannot_leave_a_token_is_not_backed_up_and_that_is_said";
    in_own_process(name, || {
        let site = Site::new();
        let store = site.object_store("s");
        put(&store.session(), "web1/key", b"payload");
        let file = site.folder().join("backup");
        let refused = store.backup(&file, None, &mut |_| {}).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
        assert!(!file.exists());
    });
}

#[test]
fn two_stores_share_a_token_and_no_key() {
    in_own_process("life::two_stores_share_a_token_and_no_key", || {
        let site = Site::new();
        let stores = [("a", KeyLocation::Envelope), ("b", KeyLocation::Device)]
            .map(|(name, location)| site.store(name, location));
        for (store, payload) in stores.iter().zip([b"one", b"two"]) {
            put(&store.session(), "web1/key", payload);
        }
        let ids = stores.each_ref().map(|store| store.root_keys().unwrap()[0].id.clone());
        assert_ne!(ids[0], ids[1]);
        drop(stores);
        assert_eq!(get(&site.open("a").unwrap().session(), "web1/key"), b"one");
        assert_eq!(get(&site.open("b").unwrap().session(), "web1/key"), b"two");
    });
}

#[cfg(feature = "test-hooks")]
#[test]
fn a_generation_ends_with_what_a_device_may_encrypt_under_it() {
    let name = "life::a_generation_ends_with_what_a_device_may_encrypt_under_it";
    in_own_process(name, || {
        let site = Site::new();
        let session = site.store("s", KeyLocation::Device).session();
        put(&session, "web1/key", b"first");
        assert_eq!(generation(&session, "web1"), 1);
        drop(session);
        // Another process, which has no grant of its own yet.
        let session = site.open("s").unwrap().session();
        session.spend_encryptions_but("web1", 1_024).unwrap();
        put(&session, "web1/key", b"second");
        assert_eq!(generation(&session, "web1"), 1);
        session.spend_encryptions_but("web1", 1_023).unwrap();
        let session = site.open("s").unwrap().session();
        assert_eq!(put(&session, "web1/key", b"third"), 3);
        assert_eq!(generation(&session, "web1"), 2);
        for (version, payload) in [(1, &b"first"[..]), (2, b"second"), (3, b"third")] {
            assert_eq!(get_version(&session, "web1/key", version), payload);
        }
    });
}

#[test]
fn a_software_project_is_never_counted() {
    in_own_process("life::a_software_project_is_never_counted", || {
        let site = Site::new();
        let session = site.software_store("s").session();
        for _ in 0..3 {
            put(&session, "web1/key", b"payload");
        }
        assert_eq!(generation(&session, "web1"), 1);
    });
}
