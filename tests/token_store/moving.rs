//! Root keys that move into a token, within it, and out of it.

use strongroom::{ErrorKind, KeyLocation, KeyState, RotateOptions, RotateReport, Store};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, get, put};

const PAYLOAD: &[u8] = b"correct horse battery staple";

fn rotate(store: &Store, to: Option<&str>) -> RotateReport {
    let options = RotateOptions { to: to.map(str::to_owned), ..RotateOptions::default() };
    store.rotate_keys(&options, &mut |_| {}).unwrap()
}

/// The shelf's bytes: a rotation never touches them.
fn shelf(site: &Site, name: &str) -> Vec<u8> {
    let folder = site.folder().join(name);
    let database = rusqlite::Connection::open(folder.join("payloads.db")).unwrap();
    let mut all = database.prepare("SELECT envelope FROM payloads ORDER BY reference").unwrap();
    let rows = all.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.flat_map(Result::unwrap).collect()
}

fn rotates_in_the_token(key_location: KeyLocation) {
    let site = Site::new();
    let store = site.store("s", key_location);
    let other = site.open("s").unwrap();
    put(&store.session(), "web1/key", PAYLOAD);
    let before = shelf(&site, "s");
    let report = rotate(&store, None);
    assert_eq!((report.id.as_str(), report.rewrapped), ("root-2", 2));
    // Who had it open goes on, with the old project and with new ones.
    assert_eq!(get(&other.session(), "web1/key"), PAYLOAD);
    put(&other.session(), "web2/key", PAYLOAD);
    let id = strongroom::RootKeyId::new("root-1").unwrap();
    store.retire_key("hsm", &id).unwrap();
    drop((store, other));
    let store = site.open("s").unwrap();
    for name in ["web1/key", "web2/key"] {
        assert_eq!(get(&store.session(), name), PAYLOAD);
    }
    assert!(shelf(&site, "s").len() > before.len());
    let states: Vec<_> = store.root_keys().unwrap().into_iter().map(|k| (k.id, k.state)).collect();
    let expected =
        [("root-1".to_owned(), KeyState::Destroyed), ("root-2".to_owned(), KeyState::Active)];
    assert_eq!(states, expected);
}

#[test]
fn a_root_key_is_replaced_in_its_token() {
    let name = "moving::a_root_key_is_replaced_in_its_token";
    in_own_process(name, || rotates_in_the_token(KeyLocation::Envelope));
}

#[test]
fn a_root_key_is_replaced_over_keys_that_stay_in_their_token() {
    let name = "moving::a_root_key_is_replaced_over_keys_that_stay_in_their_token";
    in_own_process(name, || rotates_in_the_token(KeyLocation::Device));
}

#[test]
fn a_software_store_moves_under_a_token_and_back() {
    in_own_process("moving::a_software_store_moves_under_a_token_and_back", || {
        let site = Site::new();
        let running = site.software_store("s");
        put(&running.session(), "web1/key", PAYLOAD);
        let before = shelf(&site, "s");
        site.name_the_token("s", "envelope");

        let store = site.open("s").unwrap();
        let report = rotate(&store, Some("hsm"));
        assert_eq!(report.key_backend, "hsm");
        assert_eq!(shelf(&site, "s"), before);
        // The process that knew of no token reads the config again.
        put(&running.session(), "web2/key", PAYLOAD);
        drop((store, running));

        // Without the keyring, it is the token that opens the store.
        let keyring = site.folder().join("s/keyring.json");
        let aside = site.folder().join("keyring.json");
        std::fs::rename(&keyring, &aside).unwrap();
        let store = site.open("s").unwrap();
        for name in ["web1/key", "web2/key"] {
            assert_eq!(get(&store.session(), name), PAYLOAD);
        }
        drop(store);

        std::fs::rename(&aside, &keyring).unwrap();
        let store = site.open("s").unwrap();
        let report = rotate(&store, Some("software"));
        assert_eq!(report.key_backend, "main");
        drop(store);
        site.token.take_away();
        let store = site.open("s").unwrap();
        for name in ["web1/key", "web2/key"] {
            assert_eq!(get(&store.session(), name), PAYLOAD);
        }
    });
}

#[test]
fn a_retired_root_key_whose_keyring_is_gone_is_left_out_of_the_check() {
    let name = "moving::a_retired_root_key_whose_keyring_is_gone_is_left_out_of_the_check";
    in_own_process(name, || {
        let site = Site::new();
        drop(site.software_store("s"));
        site.name_the_token("s", "envelope");
        let store = site.open("s").unwrap();
        rotate(&store, Some("hsm"));
        drop(store);
        let keyring = site.folder().join("s/keyring.json");
        let aside = site.folder().join("keyring.json");
        std::fs::rename(&keyring, &aside).unwrap();
        let check = || {
            let mut checks = site.open("s").unwrap().check_keys().unwrap();
            checks.sort_by_key(|check| check.backend.clone());
            checks
        };
        // The control: one that may still be needed is missed.
        let [hsm, software] = &check()[..] else { panic!() };
        assert!(hsm.result.is_ok() && software.result.is_err(), "{software:?}");

        std::fs::rename(&aside, &keyring).unwrap();
        let id = strongroom::RootKeyId::new("root-1").unwrap();
        site.open("s").unwrap().retire_key("main", &id).unwrap();
        std::fs::remove_file(&keyring).unwrap();
        let [hsm, software] = &check()[..] else { panic!() };
        assert!(hsm.result.is_ok() && software.result.is_ok(), "{software:?}");
        assert_eq!(software.state, KeyState::Destroyed);
        let [left_out] = &software.findings[..] else { panic!("{software:?}") };
        assert_eq!(left_out.message, "root-1 is retired, and was not looked for");
    });
}

#[test]
fn what_was_made_outside_stays_readable_under_a_device() {
    in_own_process("moving::what_was_made_outside_stays_readable_under_a_device", || {
        let site = Site::new();
        drop(site.software_store("s"));
        site.name_the_token("s", "device");
        let store = site.open("s").unwrap();
        put(&store.session(), "web1/key", PAYLOAD);
        rotate(&store, Some("hsm"));
        put(&store.session(), "web2/key", PAYLOAD);
        drop(store);
        let store = site.open("s").unwrap();
        for name in ["web1/key", "web2/key"] {
            put(&store.session(), name, PAYLOAD);
            assert_eq!(get(&store.session(), name), PAYLOAD);
        }
        // Keys that were made in the device cannot follow the store out of it, and nothing moves.
        let back = RotateOptions { to: Some("software".into()), ..RotateOptions::default() };
        let refused = store.rotate_keys(&back, &mut |_| {}).unwrap_err();
        assert_eq!(refused.kind(), strongroom::ErrorKind::Unsupported);
        for name in ["web1/key", "web2/key"] {
            assert_eq!(get(&store.session(), name), PAYLOAD);
        }
    });
}

#[test]
fn a_move_to_a_token_that_could_not_keep_its_keys_changes_nothing() {
    in_own_process(
        "moving::a_move_to_a_token_that_could_not_keep_its_keys_changes_nothing",
        || {
            let site = Site::new();
            let store = site.software_store("s");
            put(&store.session(), "web1/key", PAYLOAD);
            site.name_the_token("s", "device");
            edit(
                &site,
                &[
                    ("[backends.main.key]", "[keys.main]"),
                    ("\nshelf = ", "\nkey = \"hsm\"\nshelf = "),
                ],
            );
            // One project's key is the keyring's, the other's stays in the token.
            let store = site.open("s").unwrap();
            store.init_keys("hsm").unwrap();
            put(&store.session(), "web2/key", PAYLOAD);
            let before = store.root_keys().unwrap();
            drop(store);

            edit(&site, &[("\"device\"", "\"envelope\"")]);
            let store = site.open("s").unwrap();
            let to_the_token = RotateOptions { to: Some("hsm".into()), ..RotateOptions::default() };
            let error = store.rotate_keys(&to_the_token, &mut |_| {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_eq!(store.root_keys().unwrap(), before);
            drop(store);

            // As it was, it can be done.
            edit(&site, &[("\"envelope\"", "\"device\"")]);
            let store = site.open("s").unwrap();
            store.rotate_keys(&to_the_token, &mut |_| {}).unwrap();
            for name in ["web1/key", "web2/key"] {
                assert_eq!(get(&store.session(), name), PAYLOAD);
            }
        },
    );
}

fn edit(site: &Site, changes: &[(&str, &str)]) {
    let file = site.config_file("s");
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    std::fs::write(file, text).unwrap();
}
