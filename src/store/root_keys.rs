//! What can be asked about root keys.

use serde::Serialize;
use strongroom_backend::RootKeyId;

use super::{Inner, Store};
use crate::keys::verify_check_value;
use crate::metadata::{keys, root_keys};
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// A root key that the store knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootKeyInfo {
    /// The backend whose key backend holds it.
    pub backend: String,
    /// Its id.
    pub id: String,
    /// Whether it wraps new keys.
    pub state: KeyState,
    /// When the store learned of it.
    pub created_at: Timestamp,
    /// Whether the key backend has it now.
    pub at_hand: bool,
    /// How many store and project keys it wraps.
    pub wraps: u64,
}

/// The outcome of testing a root key.
#[derive(Debug)]
pub struct KeyCheck {
    /// The backend whose key backend holds it.
    pub backend: String,
    /// Its id.
    pub id: RootKeyId,
    /// Ok when it is at hand and is the key that the store knows.
    pub result: Result<()>,
}

impl Store {
    /// Every root key that the store knows.
    pub fn root_keys(&self) -> Result<Vec<RootKeyInfo>> {
        self.inner.check_process()?;
        let known = self.inner.known_root_keys()?;
        let mut infos = Vec::new();
        for key in known {
            let wraps = self
                .inner
                .metadata
                .reading(|q| keys::count_under(q, &key.backend, &key.root_key_id))?;
            let held = self.inner.slot(&key.backend).and_then(|slot| slot.keys.root_keys());
            infos.push(RootKeyInfo {
                at_hand: held.is_ok_and(|held| held.contains(&key.root_key_id)),
                backend: key.backend,
                id: key.root_key_id.to_string(),
                state: key.state,
                created_at: key.created_at,
                wraps,
            });
        }
        Ok(infos)
    }

    /// Tests for real that each root key is at hand and the one that the store knows.
    pub fn check_keys(&self) -> Result<Vec<KeyCheck>> {
        self.inner.check_process()?;
        let known = self.inner.known_root_keys()?;
        Ok(known.into_iter().map(|key| self.inner.check_root_key(key)).collect())
    }
}

impl Inner {
    pub(super) fn known_root_keys(&self) -> Result<Vec<root_keys::RootKey>> {
        self.metadata.reading(|q| root_keys::all(&self.keys, q))
    }

    pub(super) fn check_root_key(&self, key: root_keys::RootKey) -> KeyCheck {
        let result = self.slot(&key.backend).and_then(|slot| {
            if key.state == KeyState::Destroyed {
                return Ok(());
            }
            if !slot.keys.root_keys()?.contains(&key.root_key_id) {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("the root key {} is not at hand", key.root_key_id),
                    "put the store's own keyring back in its place",
                ));
            }
            verify_check_value(&*slot.keys, &key.root_key_id, self.id, &key.check_value)
        });
        KeyCheck { backend: key.backend, id: key.root_key_id, result }
    }
}
