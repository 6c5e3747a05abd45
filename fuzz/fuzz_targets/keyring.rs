//! Keyring files: a text is a keyring with all its keys or none, and no refusal shows a key.

#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use strongroom_backend::{
    ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, StoreId, WrapContext,
};
use strongroom_fuzz::{assert_kind, folder, shows_key, text_with_key};
use strongroom_software::{KeyringPermissions, SoftwareKeys};

const CONTEXT: WrapContext = WrapContext {
    store: StoreId::from_bytes([0x11; 16]),
    project: ProjectId::STORE,
    generation: 1,
    purpose: KeyPurpose::StoreKey,
};

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    // No text is needed to be UTF-8 but for the key in it.
    let text = text_with_key(input).map_or(input.to_vec(), String::into_bytes);
    let path = folder().join("keyring.json");
    match SoftwareKeys::import(&path, &SecretBytes::copy_of(&text).unwrap()) {
        Ok(keys) => {
            assert!(keys.export().unwrap().equals(&text));
            every_key_survives_writing(&path, &keys);
            fs::remove_file(&path).unwrap();
        }
        Err(error) => {
            assert_kind(&error, &[ErrorKind::Config]);
            assert!(!shows_key(&error), "{error:?}");
            assert!(!path.exists());
        }
    }
});

/// Writes the file anew. Another reader finds the same keys in it, under the same ids.
fn every_key_survives_writing(path: &Path, keys: &SoftwareKeys) {
    let ids = keys.root_keys().unwrap();
    let probe = SecretBytes::copy_of(&[7; 32]).unwrap();
    let wrap = |id: &RootKeyId| keys.wrap(id, &probe, &CONTEXT).unwrap();
    let wrapped: Vec<_> = ids.iter().map(|id| (id, wrap(id))).collect();

    keys.set_active_hint(&ids[0]).unwrap();
    let written = keys.export().unwrap();
    let other = SoftwareKeys::open(path, KeyringPermissions::Owner).unwrap();
    assert_eq!(other.root_keys().unwrap(), ids);
    assert_eq!(other.active_hint().unwrap(), ids[0]);
    for (id, blob) in &wrapped {
        assert!(other.unwrap(id, blob, &CONTEXT).unwrap().equals(&probe));
    }
    other.set_active_hint(&ids[0]).unwrap();
    assert!(other.export().unwrap().equals(&written));
}
