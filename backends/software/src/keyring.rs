//! The keyring in memory.

use std::collections::BTreeMap;

use strongroom_backend::{Error, ErrorKind, Result, RootKeyId, SecretBytes};

/// Root keys by their ids, and the id that people are told is the active one.
pub(crate) struct Keyring {
    pub(crate) active: RootKeyId,
    pub(crate) keys: BTreeMap<RootKeyId, SecretBytes>,
}

impl Keyring {
    /// A keyring of one new key.
    pub(crate) fn with_new_key(id: &RootKeyId) -> Result<Keyring> {
        let mut keyring = Keyring { active: id.clone(), keys: BTreeMap::new() };
        keyring.add_new_key(id)?;
        Ok(keyring)
    }

    /// Adds a new key under an id that is free.
    pub(crate) fn add_new_key(&mut self, id: &RootKeyId) -> Result<()> {
        if self.keys.contains_key(id) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("the keyring has a key {id} already"),
                "choose an id that was never used",
            ));
        }
        self.keys.insert(id.clone(), SecretBytes::random(32)?);
        Ok(())
    }

    /// The key with this id.
    pub(crate) fn key(&self, id: &RootKeyId) -> Result<&SecretBytes> {
        self.keys.get(id).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("the keyring has no root key {id}"),
                "restore the keyring that has it from where you keep it",
            )
        })
    }
}
