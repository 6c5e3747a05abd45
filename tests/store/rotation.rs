//! Root keys that are rotated, moved and retired, on a store in use.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use strongroom::{
    ErrorKind, KeyState, PutOptions, RestoreKeys, RootKeyId, RootKeyInfo, RotateOptions,
    RotateReport, Store,
};
use strongroom_backend::KeyBackend;
use strongroom_software::{KeyringPermissions, SoftwareKeys};

use crate::support::{Fixture, bytes, fixture, kind, path, sql_on};

fn rotate(store: &Store, to: Option<&str>) -> strongroom::Result<RotateReport> {
    let options = RotateOptions { to: to.map(str::to_owned), ..Default::default() };
    store.rotate_keys(&options, &mut |_| {})
}

/// Three projects with a secret each.
fn filled() -> Fixture {
    let f = fixture();
    for project in ["a", "b", "c"] {
        f.put(&format!("{project}/s"), project);
    }
    f
}

fn assert_whole(store: &Store) {
    for project in ["a", "b", "c"] {
        let at = path(&format!("{project}/s"));
        assert_eq!(&store.session().get(&at).unwrap()[..], project.as_bytes());
    }
    assert_eq!(store.doctor(&Default::default(), &mut |_| {}).unwrap().damaged, []);
    assert!(store.check_keys().unwrap().iter().all(|check| check.result.is_ok()));
}

fn root(store: &Store, backend: &str, id: &str) -> RootKeyInfo {
    let keys = store.root_keys().unwrap();
    let found = keys.iter().find(|key| key.backend == backend && key.id == id);
    found.unwrap_or_else(|| panic!("no {id} in {keys:?}")).clone()
}

fn state(store: &Store, backend: &str, id: &str) -> (KeyState, u64) {
    let key = root(store, backend, id);
    (key.state, key.wraps)
}

/// Names further keyrings in the config.
fn add_keyrings(config: &Path, names: &[&str]) {
    let mut text = fs::read_to_string(config).unwrap();
    for name in names {
        text += &format!("\n[keys.{name}]\nkind = \"software\"\nkeyring = \"{name}.json\"\n");
    }
    fs::write(config, text).unwrap();
}

/// The store with keyrings beside its own, opened anew.
fn with_keyrings(names: &[&str]) -> (Fixture, Store) {
    let f = filled();
    add_keyrings(&f.config(), names);
    let store = Store::open(&f.config()).unwrap();
    (f, store)
}

#[test]
fn a_rotated_root_key_wraps_everything_and_the_old_one_nothing() {
    let f = filled();
    let report = rotate(&f.store, None).unwrap();
    assert_eq!((report.key_backend.as_str(), report.id.as_str()), ("main", "root-2"));
    assert_eq!((report.rewrapped, report.resumed), (4, false));
    assert!(report.damaged.is_empty() && report.stale_backends.is_empty());
    assert_eq!(state(&f.store, "main", "root-1"), (KeyState::Deactivated, 0));
    assert_eq!(state(&f.store, "main", "root-2"), (KeyState::Active, 4));
    f.put("d/s", "d");
    assert_eq!(state(&f.store, "main", "root-2"), (KeyState::Active, 5));
    assert_whole(&f.store);
    assert_whole(&Store::open(&f.config()).unwrap());
}

#[test]
fn keys_move_to_another_key_backend_and_back() {
    let (f, store) = with_keyrings(&["other"]);
    let error = rotate(&store, Some("other")).map(drop);
    assert!(error.is_ok(), "{error:?}");
    assert_eq!(state(&store, "other", "root-2"), (KeyState::Active, 4));
    assert_whole(&store);
    // The config still names the old one for new projects; they go where the keys went.
    store.session().put(&path("d/s"), &bytes("d"), &PutOptions::default()).unwrap();
    assert_eq!(state(&store, "other", "root-2"), (KeyState::Active, 5));

    let back = rotate(&store, Some("main")).unwrap();
    assert_eq!((back.id.as_str(), back.rewrapped), ("root-3", 5));
    assert!(back.stale_backends.is_empty());
    assert_eq!(state(&store, "main", "root-3"), (KeyState::Active, 5));
    assert_eq!(kind(rotate(&store, Some("software"))), ErrorKind::InvalidArgument);
    assert_eq!(kind(rotate(&store, Some("pkcs11"))), ErrorKind::Config);
    // Handles that were opened before know nothing of the other keyring, and read the config again.
    assert_whole(&f.store);
}

#[test]
fn after_a_move_the_config_can_name_the_new_key_backend_alone() {
    let (f, store) = with_keyrings(&["other"]);
    let report = rotate(&store, Some("other")).unwrap();
    assert_eq!(report.stale_backends, ["main"]);
    let text = fs::read_to_string(f.config()).unwrap();
    let (before, own) = text.split_once("[backends.main.key]").unwrap();
    let (_, others) = own.split_once("[keys.other]").unwrap();
    let before = before.replace("[backends.main]", "[backends.main]\nkey = \"other\"");
    fs::write(f.config(), format!("{before}\n[keys.other]{others}")).unwrap();
    fs::remove_file(f.file("keyring.json")).unwrap();
    let store = Store::open(&f.config()).unwrap();
    for project in ["a", "b", "c"] {
        store.session().get(&path(&format!("{project}/s"))).unwrap();
    }
    store.session().put(&path("d/s"), &bytes("d"), &PutOptions::default()).unwrap();
}

#[test]
fn a_handle_that_was_opened_before_the_move_finds_the_new_key_backend_in_the_config() {
    let f = filled();
    add_keyrings(&f.config(), &["other"]);
    rotate(&Store::open(&f.config()).unwrap(), Some("other")).unwrap();
    // Opened without [keys.other]; no project key is in its memory.
    assert_eq!(f.get("a/s").unwrap(), "a");
    f.put("new/s", "n");
    assert_eq!(f.get("new/s").unwrap(), "n");
}

#[test]
fn a_key_backend_is_prepared_by_init_and_then_used() {
    let (_f, store) = with_keyrings(&["other"]);
    let made = store.init_keys("other").unwrap();
    assert_eq!((made.id.as_str(), made.state, made.wraps), ("root-2", KeyState::Active, 0));
    assert_eq!(kind(store.init_keys("other")), ErrorKind::AlreadyExists);
    assert_eq!(kind(store.init_keys("main")), ErrorKind::AlreadyExists);
    assert_eq!(kind(store.init_keys("nowhere")), ErrorKind::Config);
    // Until then nothing changes.
    store.session().put(&path("d/s"), &bytes("d"), &PutOptions::default()).unwrap();
    assert_eq!(state(&store, "main", "root-1"), (KeyState::Active, 5));
    let report = rotate(&store, Some("other")).unwrap();
    assert_eq!((report.id.as_str(), report.rewrapped), ("root-2", 5));
    assert_whole(&store);
}

#[test]
fn a_retired_root_key_is_never_used_again() {
    let f = filled();
    let retire = |id: &str| f.store.retire_key("main", &RootKeyId::new(id).unwrap());
    assert_eq!(kind(retire("root-1")), ErrorKind::Conflict);
    assert_eq!(kind(retire("root-7")), ErrorKind::NotFound);
    rotate(&f.store, None).unwrap();
    retire("root-1").unwrap();
    retire("root-1").unwrap();
    assert_eq!(state(&f.store, "main", "root-1"), (KeyState::Destroyed, 0));
    // Even when its key is gone, its id is not free.
    let keyring = f.file("keyring.json");
    let text = fs::read_to_string(&keyring).unwrap();
    let mut parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    parsed["active"] = "root-2".into();
    parsed["keys"].as_object_mut().unwrap().remove("root-1").unwrap();
    fs::write(&keyring, parsed.to_string()).unwrap();
    assert_whole(&f.store);
    assert_eq!(rotate(&f.store, None).unwrap().id, "root-3");
    assert_whole(&f.store);
}

#[test]
fn a_key_that_nobody_knows_is_left_alone_and_its_id_is_not_taken() {
    let f = filled();
    let keyring = SoftwareKeys::open(&f.file("keyring.json"), KeyringPermissions::Owner).unwrap();
    keyring.create_root_key(&RootKeyId::new("root-5").unwrap()).unwrap();
    assert_eq!(rotate(&f.store, None).unwrap().id, "root-6");
    assert!(keyring.root_keys().unwrap().contains(&RootKeyId::new("root-5").unwrap()));
    assert_whole(&f.store);
}

#[test]
fn a_damaged_key_is_reported_and_does_not_keep_the_others_back() {
    let f = filled();
    let projects = f.session.projects(&Default::default()).unwrap();
    let b = projects.items.iter().find(|p| p.name == "b").unwrap().id;
    let id: String = b.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let damage = format!("UPDATE keys SET wrapped = zeroblob(120) WHERE project_id = x'{id}'");
    sql_on(&f.file("metadata.db"), &damage);
    let report = rotate(&f.store, None).unwrap();
    assert_eq!((report.rewrapped, report.damaged.len()), (3, 1), "{report:?}");
    assert_eq!(state(&f.store, "main", "root-1"), (KeyState::Deactivated, 1));
    assert_eq!(
        kind(f.store.retire_key("main", &RootKeyId::new("root-1").unwrap())),
        ErrorKind::Conflict
    );
    // It stands in the way of nothing.
    let again = rotate(&f.store, None).unwrap();
    assert_eq!((again.id.as_str(), again.rewrapped, again.damaged.len()), ("root-3", 3, 1));
    assert_eq!(f.get("a/s").unwrap(), "a");
}

#[test]
fn a_backup_from_before_a_rotation_still_opens() {
    let f = filled();
    let backup = f.file("backup.srb");
    f.store.backup(&backup, None, &mut |_| {}).unwrap();
    rotate(&f.store, None).unwrap();
    let folder = f.file("restored");
    let keyring = f.file("keyring.json");
    let report =
        Store::restore(&backup, &folder, RestoreKeys::Keyring(&keyring), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty() && report.versions == 3);
    assert_whole(&Store::open(&report.config).unwrap());
}

#[test]
fn a_copy_of_a_store_rotates_nothing() {
    let f = filled();
    let copy = f.file("copy.db");
    f.store.close();
    drop(f.session);
    fs::copy(f.folder.path().join("metadata.db"), &copy).unwrap();
    let config = f.folder.path().join("strongroom.toml");
    let text = fs::read_to_string(&config).unwrap().replace("metadata.db", "copy.db");
    fs::write(&config, text).unwrap();
    let store = Store::open(&config).unwrap();
    assert_eq!(kind(rotate(&store, None)), ErrorKind::Conflict);
    let keyring = fs::read_to_string(f.folder.path().join("keyring.json")).unwrap();
    assert!(!keyring.contains("root-2"));
}

#[test]
fn nobody_is_disturbed_while_keys_are_rotated_and_moved() {
    let (f, store) = with_keyrings(&["other"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let (done, f) = (&done, &f);
            scope.spawn(move || {
                // Its own handle, as another process has it.
                let session = Store::open(&f.config()).unwrap().session();
                for round in 0.. {
                    let at = path(&format!("p{worker}-{round}/s"));
                    session.put(&at, &bytes("x"), &PutOptions::default()).unwrap();
                    assert_eq!(&session.get(&at).unwrap()[..], b"x");
                    assert_eq!(&session.get(&path("a/s")).unwrap()[..], b"a");
                    if done.load(Ordering::Relaxed) && round > 5 {
                        break;
                    }
                }
            });
        }
        let rotations = [None, Some("other"), None, Some("main"), Some("other"), None];
        for to in rotations {
            rotate(&store, to).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_whole(&store);
    let used: Vec<_> = store.root_keys().unwrap().into_iter().filter(|k| k.wraps > 0).collect();
    assert!(used.len() == 1 && used[0].state == KeyState::Active, "{used:?}");
}

#[test]
fn of_many_who_rotate_at_once_all_succeed() {
    let f = filled();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let config = f.config();
            scope.spawn(move || rotate(&Store::open(&config).unwrap(), None).unwrap());
        }
    });
    assert_whole(&f.store);
    let keys = f.store.root_keys().unwrap();
    let active: Vec<_> = keys.iter().filter(|key| key.state == KeyState::Active).collect();
    assert!(active.len() == 1 && active[0].wraps == 4, "{keys:?}");
}
