//! Backup files (`docs/format.md` section 7) taken apart, and made right again where they were damaged.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use strongroom::{ErrorKind, RestoreKeys, Result, Store};

use crate::{assert_kind, folder, golden, write};

pub const HEADER: usize = 44;
pub const MAC: usize = 32;

const KEYS: u8 = 4;

/// How a backup that is not good may be refused.
const REFUSED: &[ErrorKind] = &[
    ErrorKind::Config,
    ErrorKind::Corrupt,
    ErrorKind::Denied,
    ErrorKind::InvalidArgument,
    ErrorKind::Unsupported,
];

/// Where the parts of a section are.
pub struct Section {
    pub kind: u8,
    pub digest: Range<usize>,
    pub content: Range<usize>,
}

/// The sections as far as they can be followed.
pub fn sections(file: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut at = HEADER;
    while let Some(section) = section_at(file, at) {
        at = section.content.end;
        sections.push(section);
    }
    sections
}

fn section_at(file: &[u8], at: usize) -> Option<Section> {
    let [kind, name_length] = *file.get(at..at + 2)? else { return None };
    let length_at = at + 2 + usize::from(name_length);
    let length = u64::from_be_bytes(file.get(length_at..length_at + 8)?.try_into().ok()?);
    let digest = length_at + 8..length_at + 40;
    let content = digest.end..digest.end.checked_add(usize::try_from(length).ok()?)?;
    (content.end <= file.len().saturating_sub(MAC)).then_some(Section { kind, digest, content })
}

/// Makes every digest right. Deriving a key from a passphrase gets the smallest cost.
pub fn make_digests_right(file: &mut [u8]) {
    for section in sections(file) {
        let content = &mut file[section.content.clone()];
        if let (KEYS, Some(cost)) = (section.kind, content.get_mut(8..20)) {
            cost.copy_from_slice(&[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 1]);
        }
        let digest = Sha256::digest(content);
        file[section.digest].copy_from_slice(&digest);
    }
}

/// Restores a file in the private folder; returns the folder of the store, which is the caller's to
/// remove. A restore that fails leaves nothing behind.
pub fn restore(file: &[u8], keys: RestoreKeys<'_>) -> Result<PathBuf> {
    let path = write("backup.srb", file);
    let parent = folder().join("restored");
    fs::create_dir_all(&parent).unwrap();
    let target = parent.join("store");
    match Store::restore(&path, &target, keys, &mut |_| {}) {
        Ok(_) => Ok(target),
        Err(error) => {
            assert_kind(&error, REFUSED);
            let left: Vec<_> = fs::read_dir(&parent).unwrap().collect();
            assert!(left.is_empty(), "{left:?} is left after {error:?}");
            Err(error)
        }
    }
}

/// The keyring of the golden store, as a file.
pub fn golden_keyring() -> PathBuf {
    write("keyring.json", &golden("store/keyring.json"))
}
