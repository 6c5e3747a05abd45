//! Files that were written once and must open for ever (`tests/golden/v1/README.md`).

use std::fs;
use std::path::PathBuf;

use strongroom_backend::{
    ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, StoreId, WrapContext,
};
use strongroom_software::{KeyringPermissions, SoftwareKeys};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/v1").join(name)
}

/// A checkout does not keep the file's mode, so it is not looked at.
fn keyring() -> SoftwareKeys {
    SoftwareKeys::open(&golden("keyring.json"), KeyringPermissions::Any).unwrap()
}

fn root(name: &str) -> RootKeyId {
    RootKeyId::new(name).unwrap()
}

fn project_key() -> Vec<u8> {
    (0x20..0x40).collect()
}

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::from_bytes([0x11; 16]),
        project: ProjectId::from_bytes([0x22; 16]),
        generation: 7,
        purpose: KeyPurpose::ProjectKey,
    }
}

#[test]
fn the_keyring_opens() {
    let keys = keyring();
    assert_eq!(keys.root_keys().unwrap(), [root("root-1"), root("root-2")]);
    assert_eq!(keys.active_hint().unwrap(), root("root-2"));
}

#[test]
fn the_wrapped_key_opens_under_its_root_key_in_its_context() {
    let (keys, blob) = (keyring(), fs::read(golden("wrapped-key.bin")).unwrap());
    assert_eq!(blob.len(), 120);
    let key = keys.unwrap(&root("root-1"), &blob, &context()).unwrap();
    assert!(key.equals(&project_key()));
    let error = keys.unwrap(&root("root-2"), &blob, &context()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let other = WrapContext { purpose: KeyPurpose::StoreKey, ..context() };
    let error = keys.unwrap(&root("root-1"), &blob, &other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}
