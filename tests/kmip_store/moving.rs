//! Root keys that move into a server, within it, and out of it.

use std::sync::Arc;

use strongroom::{KeyState, RootKeyId, RootKeyUse, RotateOptions, RotateReport, Store};
use strongroom_backend::KeyBackend;
use strongroom_kmip::{KmipClient, KmipKeys, Namespace};

use crate::adopting::python;
use crate::support::{Site, get, put};

const PAYLOAD: &[u8] = b"correct horse battery staple";

fn rotate(store: &Store, to: Option<&str>) -> RotateReport {
    let options = RotateOptions { to: to.map(str::to_owned), ..RotateOptions::default() };
    store.rotate_keys(&options, &mut |_| {}).unwrap()
}

/// Whether the server says that the first two root keys are Active.
fn active(site: &Site, root_key: RootKeyUse) -> [bool; 2] {
    let root_key = match root_key {
        RootKeyUse::InServer => strongroom_kmip::RootKeyUse::InServer,
        RootKeyUse::Fetched => strongroom_kmip::RootKeyUse::Fetched,
    };
    let client = Arc::new(KmipClient::new(site.server.settings()).unwrap());
    let keys = KmipKeys::new(client, Namespace::new("s").unwrap(), root_key);
    ["root-1", "root-2"].map(|id| {
        let findings = keys.check_root_key(&RootKeyId::new(id).unwrap()).unwrap();
        !findings.iter().any(|found| found.message.contains("not active"))
    })
}

/// What the server's operator does when no backup needs them any more.
fn revoke_all(site: &Site) {
    let each = "for key in client.locate():\n    \
                client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, key)";
    python(site, each);
}

#[test]
fn a_root_key_is_replaced_in_its_server() {
    for root_key in [RootKeyUse::InServer, RootKeyUse::Fetched] {
        let site = Site::new();
        let store = site.store("s", root_key);
        let other = site.open("s").unwrap();
        put(&store.session(), "web1/key", PAYLOAD);
        let report = rotate(&store, None);
        assert_eq!((report.id.as_str(), report.rewrapped), ("root-2", 2));
        // Who had it open goes on, with the old project and with new ones.
        assert_eq!(get(&other.session(), "web1/key"), PAYLOAD);
        put(&other.session(), "web2/key", PAYLOAD);
        assert_eq!(active(&site, root_key), [true, true], "older backups need the first");
        store.retire_key("kmip", &RootKeyId::new("root-1").unwrap()).unwrap();
        drop((store, other));
        let store = site.open("s").unwrap();
        for name in ["web1/key", "web2/key"] {
            assert_eq!(get(&store.session(), name), PAYLOAD);
        }
        let states: Vec<_> =
            store.root_keys().unwrap().into_iter().map(|key| (key.id, key.state)).collect();
        let (old, new) = ("root-1".to_owned(), "root-2".to_owned());
        assert_eq!(states, [(old, KeyState::Destroyed), (new, KeyState::Active)]);
        // On the server it is for the operator to end it.
        assert_eq!(active(&site, root_key), [true, true]);
        revoke_all(&site);
        assert_eq!(active(&site, root_key), [false, false], "the control");
    }
}

#[test]
fn a_software_store_moves_under_a_server_and_back() {
    let mut site = Site::new();
    let running = site.software_store("s");
    put(&running.session(), "web1/key", PAYLOAD);
    site.name_the_server("s", "kmip", "in-server");
    let store = site.open("s").unwrap();
    assert_eq!(rotate(&store, Some("kmip")).rewrapped, 2);
    assert_eq!(get(&running.session(), "web1/key"), PAYLOAD);
    put(&store.session(), "web2/key", PAYLOAD);
    drop((store, running));
    // The keyring is not needed any more.
    let (keyring, aside) = (site.folder().join("s/keyring.json"), site.folder().join("aside"));
    std::fs::rename(&keyring, &aside).unwrap();
    assert_eq!(get(&site.open("s").unwrap().session(), "web2/key"), PAYLOAD);
    std::fs::rename(&aside, &keyring).unwrap();
    let store = site.open("s").unwrap();
    rotate(&store, Some("software"));
    drop(store);
    site.server.kill();
    let session = site.open("s").unwrap().session();
    for name in ["web1/key", "web2/key"] {
        assert_eq!(get(&session, name), PAYLOAD);
    }
}

#[test]
fn fetched_keys_move_into_the_server_that_learned_to_encrypt() {
    let site = Site::new();
    let store = site.store("s", RootKeyUse::Fetched);
    put(&store.session(), "web1/key", PAYLOAD);
    drop(store);
    site.name_the_server("s", "safer", "in-server");
    let store = site.open("s").unwrap();
    let report = rotate(&store, Some("safer"));
    assert_eq!((report.key_backend.as_str(), report.rewrapped), ("safer", 2));
    drop(store);
    assert_eq!(get(&site.open("s").unwrap().session(), "web1/key"), PAYLOAD);
}
