//! Backups and their restoring.

use std::sync::atomic::{AtomicBool, Ordering};

use strongroom::{ErrorKind, RestoreKeys, State, Store, backup_info};

use crate::support::{Fixture, bytes, fixture, kind, path};

fn filled() -> Fixture {
    let f = fixture();
    for n in 0..20 {
        f.put(&format!("p/{n}"), &format!("payload {n}"));
    }
    f.put("p/1", "second");
    f.session.set_state(&path("p/1"), 1, State::Deactivated).unwrap();
    f.session.destroy(&path("p/1"), 1).unwrap();
    f
}

#[test]
fn a_backup_with_keys_restores_under_its_passphrase_alone() {
    let f = filled();
    let (file, target) = (f.file("b.srb"), f.file("restored"));
    let passphrase = bytes("a long passphrase");
    let report = f.store.backup(&file, Some(&passphrase), &mut |_| {}).unwrap();
    assert!(report.holds_keys && report.versions == 21);
    assert!(backup_info(&file).unwrap().holds_keys);
    let restore = |keys| Store::restore(&file, &target, keys, &mut |_| {});
    let wrong = bytes("another passphrase");
    assert_eq!(kind(restore(RestoreKeys::Passphrase(&wrong))), ErrorKind::Denied);
    assert!(!target.exists());
    let restored = restore(RestoreKeys::Passphrase(&passphrase)).unwrap();
    assert_eq!((restored.secrets, restored.versions), (20, 20));
    let session = Store::open(&restored.config).unwrap().session();
    assert_eq!(&session.get(&path("p/1")).unwrap()[..], b"second");
    assert_eq!(&session.get(&path("p/19")).unwrap()[..], b"payload 19");
    assert_eq!(kind(restore(RestoreKeys::Passphrase(&passphrase))), ErrorKind::AlreadyExists);
}

#[test]
fn a_backup_without_keys_needs_the_keyring() {
    let f = filled();
    let (file, target) = (f.file("b.srb"), f.file("restored"));
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    assert_eq!(kind(f.store.backup(&file, None, &mut |_| {})), ErrorKind::AlreadyExists);
    let keyring = std::fs::read_to_string(f.file("keyring.json")).unwrap();
    let key = keyring.split('"').rev().nth(1).unwrap().as_bytes().to_vec();
    let content = std::fs::read(&file).unwrap();
    assert!(!content.windows(key.len()).any(|w| w == key), "the backup holds the root key");
    let restore = |keys| Store::restore(&file, &target, keys, &mut |_| {});
    let none = bytes("none");
    assert_eq!(kind(restore(RestoreKeys::Passphrase(&none))), ErrorKind::InvalidArgument);
    let other = fixture();
    let foreign = other.file("keyring.json");
    assert_eq!(kind(restore(RestoreKeys::Keyring(&foreign))), ErrorKind::Config);
    assert!(!target.exists());
    let keyring = f.file("keyring.json");
    assert_eq!(restore(RestoreKeys::Keyring(&keyring)).unwrap().versions, 20);
}

#[test]
fn an_altered_backup_is_refused_at_every_byte_that_is_tried() {
    let f = fixture();
    f.put("p/a", "x");
    let (file, target) = (f.file("b.srb"), f.file("restored"));
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    let good = std::fs::read(&file).unwrap();
    let keyring = f.file("keyring.json");
    let step = good.len() / 60;
    let places = (0..60).chain((60..good.len()).step_by(step)).chain([good.len() - 1]);
    for at in places {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let damaged = f.file("damaged.srb");
        std::fs::write(&damaged, &bad).unwrap();
        let result = Store::restore(&damaged, &target, RestoreKeys::Keyring(&keyring), &mut |_| {});
        assert!(
            matches!(kind(result), ErrorKind::Corrupt | ErrorKind::Unsupported),
            "byte {at} of {}",
            good.len()
        );
        assert!(!target.exists(), "byte {at}");
    }
    for length in [0, 3, 50, good.len() / 2, good.len() - 1] {
        let damaged = f.file("damaged.srb");
        std::fs::write(&damaged, &good[..length]).unwrap();
        let result = Store::restore(&damaged, &target, RestoreKeys::Keyring(&keyring), &mut |_| {});
        assert_eq!(kind(result), ErrorKind::Corrupt, "length {length}");
    }
}

#[test]
fn a_backup_with_a_section_twice_is_damaged() {
    let f = filled();
    let file = f.file("b.srb");
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    let good = std::fs::read(&file).unwrap();
    // A section without a name: 10 bytes to the end of its length, a digest, the content.
    let end_of = |start: usize| {
        let length = u64::from_be_bytes(good[start + 2..start + 10].try_into().unwrap());
        start + 42 + length as usize
    };
    let metadata = end_of(44);
    let shelf = end_of(metadata);
    let mut twice = [&good[..shelf], &good[metadata..]].concat();
    twice[43] += 1;
    std::fs::write(&file, &twice).unwrap();
    let keyring = f.file("keyring.json");
    let keys = RestoreKeys::Keyring(&keyring);
    let error = Store::restore(&file, &f.file("restored"), keys, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.what().contains("twice"), "{error}");
}

#[test]
fn a_backup_while_others_write_and_erase_restores_whole() {
    let f = filled();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Ends the others when this thread is done, and when it panics.
        let _stop = StopOnDrop(&stop);
        let running = || !stop.load(Ordering::Relaxed);
        let f = &f;
        scope.spawn(move || {
            for n in (0..).take_while(|_| running()) {
                f.put(&format!("w/{}", n % 50), "x");
            }
        });
        scope.spawn(move || {
            for n in (0..).take_while(|_| running()) {
                f.put(&format!("e/{}", n % 5), "y");
                let erased = f.session.erase(&path(&format!("e/{}", n % 5)));
                let kind = erased.map_err(|e| e.kind());
                assert!(matches!(kind, Ok(()) | Err(ErrorKind::Pending)), "{kind:?}");
            }
        });
        for round in 0..5 {
            let file = f.file(&format!("{round}.srb"));
            let target = f.file(&format!("restored-{round}"));
            f.store.backup(&file, None, &mut |_| {}).unwrap();
            let keyring = f.file("keyring.json");
            let keys = RestoreKeys::Keyring(&keyring);
            Store::restore(&file, &target, keys, &mut |_| {}).unwrap();
        }
    });
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_restored_copy_on_the_live_shelf_removes_nothing() {
    let f = filled();
    let (file, target) = (f.file("b.srb"), f.file("restored"));
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    f.put("p/later", "kept");
    let keyring = f.file("keyring.json");
    let restored =
        Store::restore(&file, &target, RestoreKeys::Keyring(&keyring), &mut |_| {}).unwrap();
    let text = std::fs::read_to_string(&restored.config).unwrap();
    let shelf = f.file("payloads.db");
    let text = text.replace("payloads-main.db", shelf.to_str().unwrap());
    std::fs::write(&restored.config, text).unwrap();
    let copy = Store::open(&restored.config).unwrap();
    let put = copy.session().put(&path("p/copy"), &bytes("x"), &Default::default());
    assert_eq!(kind(put), ErrorKind::Conflict);
    let repair = strongroom::DoctorOptions { repair: true, ..Default::default() };
    let report = copy.doctor(&repair, &mut |_| {}).unwrap();
    assert_eq!(report.strays_removed, 0);
    assert!(report.refused.is_some(), "{report:?}");
    assert_eq!(kind(copy.session().erase(&path("p/2"))), ErrorKind::Pending);
    assert_eq!(f.get("p/later").unwrap(), "kept");
    assert_eq!(f.get("p/2").unwrap(), "payload 2");
}

#[test]
fn a_restored_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let f = filled();
    let (file, target) = (f.file("b.srb"), f.file("restored"));
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    let keyring = f.file("keyring.json");
    Store::restore(&file, &target, RestoreKeys::Keyring(&keyring), &mut |_| {}).unwrap();
    for entry in std::fs::read_dir(&target).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().mode();
        assert_eq!(mode & 0o077, 0);
    }
    assert_eq!(std::fs::metadata(&target).unwrap().mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_copied_store_is_read_but_stores_and_removes_nothing_until_it_is_adopted() {
    let f = filled();
    let (from, to) = (f.folder.path().to_path_buf(), tempfile::tempdir().unwrap());
    drop((f.store, f.session));
    for entry in std::fs::read_dir(&from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    let copy = Store::open(&to.path().join("strongroom.toml")).unwrap();
    let session = copy.session();
    assert_eq!(&session.get(&path("p/2")).unwrap()[..], b"payload 2");
    let put = || session.put(&path("p/new"), &bytes("x"), &Default::default());
    assert_eq!(kind(put()), ErrorKind::Conflict);
    let error = session.erase(&path("p/2")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pending);
    assert!(error.next().contains("--adopt"), "{error}");
    assert!(copy.doctor(&Default::default(), &mut |_| {}).unwrap().copy);
    let adopt = strongroom::DoctorOptions { adopt: true, ..Default::default() };
    let report = copy.doctor(&adopt, &mut |_| {}).unwrap();
    assert!(report.adopted && !report.copy && report.pending_erasures == 0, "{report:?}");
    session.erase(&path("p/3")).unwrap();
    put().unwrap();
    drop(f.folder);
}

#[test]
fn damage_from_before_the_backup_does_not_keep_the_rest_from_being_restored() {
    let f = filled();
    let damage = "UPDATE payloads SET envelope = randomblob(length(envelope))
                  WHERE id = (SELECT min(id) FROM payloads)";
    crate::support::sql_on(&f.file("payloads.db"), damage);
    let (file, target, keyring) = (f.file("b.srb"), f.file("restored"), f.file("keyring.json"));
    f.store.backup(&file, None, &mut |_| {}).unwrap();
    let keys = RestoreKeys::Keyring(&keyring);
    let report = Store::restore(&file, &target, keys, &mut |_| {}).unwrap();
    assert_eq!(report.damaged.len(), 1, "{report:?}");
    let session = Store::open(&report.config).unwrap().session();
    assert_eq!(&session.get(&path("p/19")).unwrap()[..], b"payload 19");
}

#[test]
fn keys_that_are_not_the_stores_are_not_backed_up() {
    let (f, other) = (filled(), fixture());
    f.get("p/2").unwrap();
    std::fs::copy(other.file("keyring.json"), f.file("keyring.json")).unwrap();
    let passphrase = bytes("a long passphrase");
    let backup = f.store.backup(&f.file("b.srb"), Some(&passphrase), &mut |_| {});
    assert_eq!(kind(backup), ErrorKind::Config);
    assert!(!f.file("b.srb").exists());
}
