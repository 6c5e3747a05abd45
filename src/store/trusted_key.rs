//! The wrapped store key, kept beside the config as well: for root keys under which anyone can wrap.
//!
//! With an RSA root key whoever can write the metadata could wrap a store key of their own choice, and
//! sign every row with it. So the store key that the metadata names must be one that this file knows.
//! The file is written before the metadata changes, and forgets nothing: backups need old wrappings.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strongroom_backend::{file_error, folder_of, keep_access, lock_folder, replace_file};

use crate::metadata::keys::WrappedKey;
use crate::{Error, ErrorKind, Result};

/// Its name, in the folder of the config.
const FILE: &str = "store-key.toml";

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    keys: Vec<Entry>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key_backend: String,
    root_key: String,
    wrapped: String,
    sha256: String,
}

impl Entry {
    fn of(row: &WrappedKey) -> Entry {
        Entry {
            key_backend: row.backend.clone(),
            root_key: row.root_key_id.to_string(),
            wrapped: hex(&row.wrapped),
            sha256: hex(&Sha256::digest(&row.wrapped)),
        }
    }
}

/// Where the file of a store is.
pub(super) fn path_for(config: &Path) -> PathBuf {
    folder_of(config).join(FILE)
}

/// Refuses a wrapped store key that the file does not know.
pub(super) fn check(config: Option<&Path>, row: &WrappedKey) -> Result<()> {
    let path = path_for(config.ok_or_else(no_folder)?);
    if read(&path)?.keys.contains(&Entry::of(row)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!("the store key in the metadata is not one that {} knows", path.display()),
        "if `strongroom keys rotate` ran on another machine, copy its file here; otherwise restore the \
         metadata, or that file, from where you keep it",
    ))
}

/// Adds a wrapped store key to the file, before the metadata has it. Others who add one wait until the
/// answer is dropped.
pub(super) fn add(config: Option<&Path>, row: &WrappedKey) -> Result<File> {
    let config = config.ok_or_else(no_folder)?;
    let locked = lock_folder(&folder_of(config))?;
    add_alone(config, row)?;
    Ok(locked)
}

/// As [`add`], for who has locked the folder.
pub(super) fn add_alone(config: &Path, row: &WrappedKey) -> Result<()> {
    let path = path_for(config);
    let mut known = if path.exists() { read(&path)? } else { Known::default() };
    let entry = Entry::of(row);
    if !known.keys.contains(&entry) {
        known.keys.push(entry);
    }
    let text = toml::to_string(&known).map_err(|e| {
        Error::new(ErrorKind::Internal, "the wrapped store key cannot be written", "report this")
            .with_source(e)
    })?;
    let before = path.metadata().ok();
    replace_file(&path, text.as_bytes(), 0o600)?;
    before.map_or(Ok(()), |before| keep_access(&path, &before))
}

fn read(path: &Path) -> Result<Known> {
    let bytes = std::fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::Config,
            format!("{} is missing, without which an RSA root key proves nothing", path.display()),
            "put it back from where you keep the config; `strongroom restore --keys-from CONFIG` takes \
             the one beside CONFIG",
        ),
        _ => file_error("read", path, e),
    })?;
    crate::config::check_trusted(path)?;
    let known: Option<Known> =
        String::from_utf8(bytes).ok().and_then(|text| toml::from_str(&text).ok());
    let is_whole = |entry: &Entry| {
        unhex(&entry.wrapped).is_some_and(|bytes| hex(&Sha256::digest(bytes)) == entry.sha256)
    };
    known.filter(|known| known.keys.iter().all(is_whole)).ok_or_else(|| {
        Error::new(
            ErrorKind::Corrupt,
            format!("{} is damaged", path.display()),
            "put it back from where you keep the config",
        )
    })
}

fn no_folder() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "a store whose root key is an RSA key must be opened from its config file",
        "open it by the path of the config",
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    text.len().is_multiple_of(2).then(|| text.as_bytes().chunks_exact(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyState, Timestamp};
    use strongroom_backend::{KeyId, ProjectId, RootKeyId};

    fn row(wrapped: &[u8]) -> WrappedKey {
        WrappedKey {
            key_id: KeyId::random().unwrap(),
            project_id: ProjectId::STORE,
            generation: 1,
            state: KeyState::Active,
            backend: "hsm".into(),
            root_key_id: RootKeyId::new("root-1").unwrap(),
            wrapped: wrapped.to_vec(),
            created_at: Timestamp::from_micros(1),
        }
    }

    #[test]
    fn only_store_keys_that_were_added_are_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("strongroom.toml");
        let config = Some(config.as_path());
        let kind = |row: &WrappedKey| check(config, row).map_err(|e| e.kind());
        assert_eq!(kind(&row(b"one")), Err(ErrorKind::Config));
        drop(add(config, &row(b"one")).unwrap());
        drop(add(config, &row(b"two")).unwrap());
        assert_eq!((kind(&row(b"one")), kind(&row(b"two"))), (Ok(()), Ok(())));
        assert_eq!(kind(&row(b"of an attacker")), Err(ErrorKind::Corrupt));
        let elsewhere = WrappedKey { backend: "other".into(), ..row(b"one") };
        assert_eq!(kind(&elsewhere), Err(ErrorKind::Corrupt));
        assert_eq!(check(None, &row(b"one")).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("strongroom.toml");
        drop(add(Some(&config), &row(b"one")).unwrap());
        let path = path_for(&config);
        let text = std::fs::read_to_string(&path).unwrap();
        for damaged in [text.replace(&hex(b"one"), &hex(b"two")), text.replace("wrapped", "w")] {
            std::fs::write(&path, damaged).unwrap();
            let error = check(Some(&config), &row(b"one")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }
}
