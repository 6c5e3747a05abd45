//! Root keys, the keyring, and health.

use std::os::unix::fs::PermissionsExt;

use strongroom::{ErrorKind, Health, KeyState, Layout, Severity, Store};

use crate::support::{fixture, kind};

fn find<'a>(health: &'a [Health], part: &str) -> &'a Health {
    health.iter().find(|h| h.part == part).unwrap_or_else(|| panic!("no {part} in {health:?}"))
}

#[test]
fn the_root_key_is_listed_and_checked() {
    let f = fixture();
    f.put("a/b", "x");
    let keys = f.store.root_keys().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].id.as_str(), keys[0].state), ("root-1", KeyState::Active));
    // The store key and one project key.
    assert_eq!((keys[0].wraps, keys[0].at_hand), (2, true));
    let checks = f.store.check_keys().unwrap();
    assert!(checks.len() == 1 && checks[0].result.is_ok());
}

#[test]
fn a_missing_or_foreign_keyring_is_named_and_never_replaced() {
    let f = fixture();
    let (config, keyring) = (f.config(), f.file("keyring.json"));
    let kept = std::fs::read(&keyring).unwrap();
    std::fs::remove_file(&keyring).unwrap();
    let error = Store::open(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("keyring.json"), "{error}");
    assert!(!keyring.exists());

    let other = fixture();
    std::fs::copy(other.file("keyring.json"), &keyring).unwrap();
    let error = Store::open(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("root-1"), "{error}");

    std::fs::write(&keyring, &kept).unwrap();
    std::fs::set_permissions(&keyring, PermissionsExt::from_mode(0o600)).unwrap();
    Store::open(&config).unwrap();
}

#[test]
fn a_keyring_that_others_can_read_and_a_config_that_they_can_write_are_refused() {
    let f = fixture();
    let chmod = |file: &str, mode| {
        std::fs::set_permissions(f.file(file), PermissionsExt::from_mode(mode)).unwrap();
    };
    chmod("keyring.json", 0o640);
    assert_eq!(kind(Store::open(&f.config())), ErrorKind::Config);
    chmod("keyring.json", 0o600);
    chmod("strongroom.toml", 0o622);
    assert_eq!(kind(Store::open(&f.config())), ErrorKind::Config);
    chmod("strongroom.toml", 0o644);
    Store::open(&f.config()).unwrap();
}

#[test]
fn creating_never_touches_what_is_there() {
    for name in ["strongroom.toml", "keyring.json", "metadata.db", "payloads.db"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, "mine").unwrap();
        let error = Store::create(&Layout::in_folder(folder.path())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_folder_with_a_store_can_be_moved() {
    let f = fixture();
    f.put("a/b", "x");
    let moved = f.folder.path().with_extension("moved");
    drop((f.store, f.session));
    std::fs::rename(f.folder.path(), &moved).unwrap();
    Store::open(&moved.join("strongroom.toml")).unwrap();
    std::fs::remove_dir_all(&moved).unwrap();
}

#[test]
fn health_warns_until_a_backup_exists_and_when_keyring_and_shelf_share_a_folder() {
    let f = fixture();
    f.put("a/b", "x");
    let health = f.store.health();
    assert_eq!(find(&health, "backup").severity, Severity::Warning);
    assert_eq!(find(&health, "folder main").severity, Severity::Warning);
    let works = |h: &Health| h.severity != Severity::Error;
    assert!(health.iter().all(works), "{health:?}");
    f.store.backup(&f.file("backup.srb"), None, &mut |_| {}).unwrap();
    assert_eq!(find(&f.store.health(), "backup").severity, Severity::Ok);
}

#[test]
fn health_warns_before_an_expiry() {
    let f = fixture();
    let in_days = |days: i64| {
        let micros = strongroom::Timestamp::now().micros() + days * 86_400_000_000;
        strongroom::PutOptions {
            expires_at: Some(strongroom::Timestamp::from_micros(micros)),
            ..Default::default()
        }
    };
    let put = |at, days| {
        f.session.put(&crate::support::path(at), &crate::support::bytes("x"), &in_days(days))
    };
    put("a/late", 31).unwrap();
    assert_eq!(find(&f.store.health(), "expiry").severity, Severity::Ok);
    put("a/soon", 29).unwrap();
    assert_eq!(find(&f.store.health(), "expiry").severity, Severity::Warning);
}

#[test]
fn health_warns_of_a_secret_that_expired_and_has_no_other_version() {
    let f = fixture();
    f.put("a/b", "x");
    let past = strongroom::Timestamp::from_micros(strongroom::Timestamp::now().micros() - 1);
    let expire =
        strongroom::Dates { expires_at: strongroom::Change::Set(past), ..Default::default() };
    f.session.set_dates(&crate::support::path("a/b"), 1, &expire).unwrap();
    assert_eq!(find(&f.store.health(), "expiry").severity, Severity::Warning);
    f.put("a/b", "y");
    assert_eq!(find(&f.store.health(), "expiry").severity, Severity::Ok);
}

#[test]
fn of_many_who_make_a_store_in_one_folder_one_succeeds_and_its_store_stays() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let layout = crate::common::layout(folder.path());
        let made: Vec<Store> = std::thread::scope(|scope| {
            let make = || Store::create(&layout).ok();
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(make)).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(made.len(), 1);
        assert_eq!(Store::open(&layout.config).unwrap().id(), made[0].id());
    }
}
