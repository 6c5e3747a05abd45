//! Backup files of any bytes: the header is told as it is, and nothing that Strongroom did not write is
//! restored. Damage of a real backup is `restore`'s.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use strongroom::{RestoreKeys, SecretBytes, backup_info};
use strongroom_fuzz::backup::{HEADER, MAC, golden_keyring, make_digests_right, restore};
use strongroom_fuzz::write;

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    let holds_keys = tells_its_header(&write("backup.srb", input), input);
    let keyring = golden_keyring();
    let with_keyring = RestoreKeys::Keyring(&keyring);
    assert!(restore(input, with_keyring).is_err());

    // Past the digests. A passphrase is tried here only, where it costs little.
    let mut file = input.to_vec();
    make_digests_right(&mut file);
    assert!(restore(&file, with_keyring).is_err());
    if holds_keys {
        let passphrase = SecretBytes::copy_of(b"correct horse battery staple").unwrap();
        assert!(restore(&file, RestoreKeys::Passphrase(&passphrase)).is_err());
    }
});

/// Returns whether the file says that it holds keys.
fn tells_its_header(path: &Path, input: &[u8]) -> bool {
    let Ok(info) = backup_info(path) else { return false };
    assert!(input.len() >= HEADER + MAC && input.starts_with(b"SRB1\x01"));
    assert_eq!(info.store.as_bytes()[..], input[8..24]);
    assert_eq!(info.made_at.micros().to_be_bytes()[..], input[32..40]);
    assert_eq!(info.holds_keys, input[5] == 1);
    info.holds_keys
}
