//! A real backup, damaged: it is restored only when its MAC is right, and then no payload is another.
//!
//! The input says what is made right again after the damage (byte 0: bit 0 the digests, bit 1 the MAC,
//! as only somebody with the keys can), and then the damages, of six bytes each: what, where, with what.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use strongroom::{GetOptions, ListOptions, RestoreKeys, Result, SecretPath, Store, StoreId};
use strongroom_backend::{KeyBackend, KeyPurpose, ProjectId, SecretBytes, WrapContext};
use strongroom_crypto::{Mac, hkdf_expand};
use strongroom_fuzz::backup::{
    MAC, Section, golden_keyring, make_digests_right, restore, sections,
};
use strongroom_fuzz::golden;
use strongroom_software::{KeyringPermissions, SoftwareKeys};

const DIGESTS: u8 = 1;
const SEALED: u8 = 2;

/// The payload of each version that opens.
type Payloads = BTreeMap<(String, u32), Vec<u8>>;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| golden("backup-without-keys.srb"));
static BACKUP_KEY: LazyLock<SecretBytes> = LazyLock::new(backup_key);
static PAYLOADS: LazyLock<Payloads> = LazyLock::new(|| payloads_of(&WHOLE).unwrap());

fuzz_target!(init: start(), |input: &[u8]| {
    let Some((repair, damages)) = input.split_first() else { return };
    let file = damaged(*repair, damages);
    match payloads_of(&file) {
        Err(_) => assert!(file != *WHOLE),
        Ok(payloads) => {
            assert!(file == *WHOLE || repair & SEALED != 0, "an altered backup was restored");
            for (version, payload) in payloads {
                assert_eq!(PAYLOADS.get(&version), Some(&payload), "{version:?}");
            }
        }
    }
});

/// The controls: the whole backup is restored, and it is altered by no repair.
fn start() {
    strongroom_fuzz::start();
    assert_eq!(PAYLOADS.len(), 10, "{:?}", PAYLOADS.keys());
    assert_eq!(damaged(DIGESTS | SEALED, &[]), *WHOLE);
}

fn damaged(repair: u8, damages: &[u8]) -> Vec<u8> {
    let mut file = WHOLE.clone();
    for damage in damages.chunks_exact(6) {
        let at = u32::from_be_bytes([damage[1], damage[2], damage[3], damage[4]]) as usize;
        apply(&mut file, damage[0], at, damage[5]);
    }
    if repair & DIGESTS != 0 {
        make_digests_right(&mut file);
    }
    if repair & SEALED != 0 {
        make_mac_right(&mut file);
    }
    file
}

fn apply(file: &mut Vec<u8>, what: u8, at: usize, with: u8) {
    if file.is_empty() {
        return;
    }
    let at = at % file.len();
    let end = (at + usize::from(with)).min(file.len());
    match what % 5 {
        0 => file[at] ^= with,
        1 => file[at] = with,
        2 => file.truncate(at),
        3 => replace(file, at..end, &[]),
        _ => {
            let twice = file[at..end].repeat(2);
            replace(file, at..end, &twice);
        }
    }
}

/// Within one section, its length follows.
fn replace(file: &mut Vec<u8>, range: Range<usize>, with: &[u8]) {
    let mut all = sections(file).into_iter();
    let within = |c: &Range<usize>| c.start <= range.start && range.end <= c.end;
    if let Some(Section { digest, content, .. }) = all.find(|section| within(&section.content)) {
        let length = (content.len() - range.len() + with.len()) as u64;
        file[digest.start - 8..digest.start].copy_from_slice(&length.to_be_bytes());
    }
    drop(file.splice(range, with.iter().copied()));
}

fn make_mac_right(file: &mut [u8]) {
    let Some((content, mac)) = file.split_last_chunk_mut::<MAC>() else { return };
    let mut right = Mac::new(&BACKUP_KEY).unwrap();
    right.update(content);
    *mac = right.finish();
}

/// Restores the file, and reads every version of every secret.
fn payloads_of(file: &[u8]) -> Result<Payloads> {
    let keyring = golden_keyring();
    let folder = restore(file, RestoreKeys::Keyring(&keyring))?;
    let payloads = read_payloads(&folder);
    fs::remove_dir_all(folder).unwrap();
    Ok(payloads)
}

/// Damaged rows may hide versions, even all of them.
fn read_payloads(folder: &Path) -> Payloads {
    let mut payloads = Payloads::new();
    let session = Store::open(&folder.join("strongroom.toml")).unwrap().session();
    let all = ListOptions::default();
    for project in session.projects(&all).map_or(Vec::new(), |page| page.items) {
        for secret in session.list(&project.name, &all).map_or(Vec::new(), |page| page.items) {
            let name = format!("{}/{}", project.name, secret.name);
            let path: SecretPath = name.parse().unwrap();
            for version in 1..8 {
                let options = GetOptions { version: Some(version), ..GetOptions::default() };
                if let Ok(fetched) = session.get_with(&path, &options) {
                    payloads.insert((name.clone(), version), fetched.payload.to_vec());
                }
            }
        }
    }
    payloads
}

/// The key of the MAC, out of the store key that lies wrapped in the backup's metadata.
fn backup_key() -> SecretBytes {
    let keys = SoftwareKeys::open(&golden_keyring(), KeyringPermissions::Owner).unwrap();
    let context = WrapContext {
        store: StoreId::from_slice(&WHOLE[8..24]).unwrap(),
        project: ProjectId::STORE,
        generation: 1,
        purpose: KeyPurpose::StoreKey,
    };
    let roots = keys.root_keys().unwrap();
    let mut wrapped = WHOLE.windows(120).filter(|bytes| bytes.starts_with(b"SRW1"));
    let store_key = wrapped.find_map(|blob| keys.unwrap(&roots[0], blob, &context).ok());
    hkdf_expand(&store_key.unwrap(), &[b"strongroom/store/1/backup"], 32).unwrap()
}
