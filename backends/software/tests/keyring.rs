//! The keyring file: never made or replaced by accident, closed to others, shared by processes.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use strongroom_backend::{
    ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, Severity, StoreId,
    WrapContext,
};
use strongroom_software::{KeyringPermissions, SoftwareKeys};
use tempfile::TempDir;

fn id(name: &str) -> RootKeyId {
    RootKeyId::new(name).unwrap()
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    (folder, path)
}

fn keyring() -> (TempDir, PathBuf, SoftwareKeys) {
    let (folder, path) = place();
    let keys = SoftwareKeys::create(&path, &id("root-1")).unwrap();
    (folder, path, keys)
}

fn open(path: &Path) -> strongroom_backend::Result<SoftwareKeys> {
    SoftwareKeys::open(path, KeyringPermissions::Owner)
}

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::from_bytes([1; 16]),
        project: ProjectId::from_bytes([2; 16]),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_new_keyring_is_for_its_owner_alone_and_never_replaces_one() {
    let (_folder, path, keys) = keyring();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(keys.active_hint().unwrap(), id("root-1"));
    let before = fs::read(&path).unwrap();
    let error = SoftwareKeys::create(&path, &id("root-2")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let text = keys.export().unwrap();
    let error = SoftwareKeys::import(&path, &text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn opening_a_missing_keyring_says_so_and_makes_nothing() {
    let (folder, path) = place();
    let error = open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.what().contains("keyring.json is not there"), "{error}");
    assert!(error.next().contains("restore it from where you keep it"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_keyring_is_named_and_left_as_it_is() {
    let (folder, path, _) = keyring();
    let whole = fs::read(&path).unwrap();
    for text in [&whole[..whole.len() / 2], b"", b"\x00\xff", &vec![b' '; (1 << 20) + 1]] {
        fs::write(&path, text).unwrap();
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("keyring.json"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), text);
    }
    assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_keyring_that_others_can_read_is_refused_unless_that_is_meant() {
    use KeyringPermissions::{Any, Group, Owner};
    let (_folder, path, _) = keyring();
    for (bits, allowed) in [
        (0o600, &[Owner, Group, Any][..]),
        (0o400, &[Owner, Group, Any]),
        (0o640, &[Group, Any]),
        (0o440, &[Group, Any]),
        (0o620, &[Any]),
        (0o660, &[Any]),
        (0o604, &[Any]),
        (0o644, &[Any]),
        (0o666, &[Any]),
    ] {
        set_mode(&path, bits);
        for permissions in [Owner, Group, Any] {
            let opened = SoftwareKeys::open(&path, permissions);
            assert_eq!(opened.is_ok(), allowed.contains(&permissions), "{bits:o} {permissions:?}");
            if let Err(error) = opened {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.next().contains("chmod 6"), "{error}");
            }
        }
    }
}

#[test]
#[allow(clippy::print_stderr, reason = "a skip must be seen")]
fn a_keyring_of_another_user_is_refused_unless_that_is_meant() {
    let (_folder, path, _) = keyring();
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
        eprintln!("skipped: only root can give a file away");
        return;
    }
    let error = open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.what().contains("belongs to user 12345"), "{error}");
    assert!(SoftwareKeys::open(&path, KeyringPermissions::Group).is_ok());
}

#[test]
fn a_symbolic_link_is_followed_and_stays_one() {
    let (folder, path, _) = keyring();
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();
    let keys = open(&link).unwrap();
    keys.create_root_key(&id("root-2")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(open(&path).unwrap().root_keys().unwrap(), [id("root-1"), id("root-2")]);
}

#[test]
fn a_key_that_another_process_added_is_seen() {
    let (_folder, path, mine) = keyring();
    let other = open(&path).unwrap();
    other.create_root_key(&id("root-2")).unwrap();
    let key = SecretBytes::random(32).unwrap();
    let blob = other.wrap(&id("root-2"), &key, &context()).unwrap();
    assert!(mine.unwrap(&id("root-2"), &blob, &context()).unwrap().equals(&key));
    assert_eq!(mine.root_keys().unwrap(), [id("root-1"), id("root-2")]);
    other.set_active_hint(&id("root-2")).unwrap();
    assert_eq!(mine.active_hint().unwrap(), id("root-2"));
}

#[test]
fn keys_that_many_add_at_once_are_all_kept() {
    let (_folder, path, keys) = keyring();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            // A handle each: the lock holds between files that were opened apart, as between
            // processes.
            scope.spawn(move || {
                let keys = open(path).unwrap();
                for round in 0..5 {
                    keys.create_root_key(&id(&format!("key-{writer}-{round}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(keys.root_keys().unwrap().len(), 41);
}

#[test]
fn writing_keeps_the_mode_and_the_owner() {
    let (_folder, path, _) = keyring();
    let owned = std::os::unix::fs::chown(&path, Some(12_345), Some(54_321)).is_ok();
    set_mode(&path, 0o640);
    let keys = SoftwareKeys::open(&path, KeyringPermissions::Group).unwrap();
    keys.create_root_key(&id("root-2")).unwrap();
    assert_eq!(mode(&path), 0o640);
    if owned {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(&path).unwrap();
        assert_eq!((found.uid(), found.gid()), (12_345, 54_321));
    }
}

#[test]
fn the_hint_names_only_keys_that_are_there() {
    let (_folder, path, keys) = keyring();
    let before = fs::read(&path).unwrap();
    assert_eq!(keys.set_active_hint(&id("root-9")).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn without_its_file_a_running_store_unwraps_but_wraps_nothing_new() {
    let (_folder, path, keys) = keyring();
    let key = SecretBytes::random(32).unwrap();
    let blob = keys.wrap(&id("root-1"), &key, &context()).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(keys.unwrap(&id("root-1"), &blob, &context()).unwrap().equals(&key));
    let error = keys.wrap(&id("root-1"), &key, &context()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(keys.create_root_key(&id("root-2")).unwrap_err().kind(), ErrorKind::Config);
    assert!(!path.exists(), "a keyring must never be made anew");
    let health = keys.health();
    assert_eq!(health[0].severity, Severity::Error);
    assert!(health[0].message.contains("is not there"), "{}", health[0].message);
}

#[test]
fn a_swapped_keyring_opens_nothing_of_the_first() {
    let (_folder, path, keys) = keyring();
    let blob = keys.wrap(&id("root-1"), &SecretBytes::random(32).unwrap(), &context()).unwrap();
    fs::remove_file(&path).unwrap();
    let swapped = SoftwareKeys::create(&path, &id("root-1")).unwrap();
    let error = swapped.unwrap(&id("root-1"), &blob, &context()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    // Who had the first one open notices, and wraps nothing under the other's key.
    let error =
        keys.wrap(&id("root-1"), &SecretBytes::random(32).unwrap(), &context()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.what().contains("another key as root-1"), "{error}");
}

#[test]
fn an_exported_keyring_is_imported_as_it_was() {
    let (folder, _, keys) = keyring();
    keys.create_root_key(&id("root-2")).unwrap();
    let key = SecretBytes::random(32).unwrap();
    let blob = keys.wrap(&id("root-2"), &key, &context()).unwrap();
    let copy = folder.path().join("copy.json");
    let imported = SoftwareKeys::import(&copy, &keys.export().unwrap()).unwrap();
    assert!(imported.unwrap(&id("root-2"), &blob, &context()).unwrap().equals(&key));
    assert_eq!(mode(&copy), 0o600);
    let text = SecretBytes::copy_of(b"something else").unwrap();
    let error = SoftwareKeys::import(&folder.path().join("other.json"), &text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!folder.path().join("other.json").exists());
}

#[test]
fn a_hint_to_a_key_that_is_not_there_is_a_warning() {
    let (_folder, path, keys) = keyring();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"active\": \"root-1\"", "\"active\": \"root-2\"")).unwrap();
    let health = keys.health();
    assert_eq!(health.iter().map(|h| h.severity).max(), Some(Severity::Warning));
}

#[test]
fn no_message_shows_a_key() {
    let (_folder, path, keys) = keyring();
    let text = fs::read_to_string(&path).unwrap();
    let value = text.rsplit('"').nth(1).unwrap();
    assert_eq!(value.len(), 44);
    assert!(!format!("{keys:?}").contains(value));
    for damage in [value.to_string(), format!("{value}x"), format!("{}/", &value[..20])] {
        fs::write(&path, text.replace("root-1", &damage)).unwrap();
        let error = open(&path).unwrap_err();
        assert!(!format!("{error:?}").contains(&value[..20]), "{error:?}");
    }
}
