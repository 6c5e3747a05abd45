//! What can be asked about root keys.

use serde::Serialize;
use strongroom_backend::RootKeyId;

use super::{Inner, Slot, Store};
use crate::keys::verify_check_value;
use crate::metadata::root_keys::RootKey;
use crate::metadata::{keys, root_keys};
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// A root key that the store knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootKeyInfo {
    /// The key backend that holds it.
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
    /// The key backend that holds it.
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
            let held = self.inner.key_backends.get(&key.backend).and_then(|b| b.root_keys());
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
    /// The root key that wraps new project keys of a backend: the active one of the key backend that
    /// its config names. Where all of that one's keys were moved, the only active one of the store.
    pub(crate) fn active_root(&self, slot: &Slot) -> Result<RootKey> {
        let known = self.known_root_keys()?;
        let name = &slot.key_backend;
        let (own, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|key| key.backend == *name);
        let moved = !own.is_empty();
        if let Some(active) = own.into_iter().find(is_active) {
            return Ok(active);
        }
        let mut others: Vec<_> = others.into_iter().filter(is_active).collect();
        match others.pop() {
            Some(only) if moved && others.is_empty() => Ok(only),
            _ => Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the key backend {name} of backend {} has no active root key in this store",
                    slot.name
                ),
                format!(
                    "make one with `strongroom keys init {name}`, or name another key backend as the \
                     key of [backends.{}]",
                    slot.name
                ),
            )),
        }
    }

    pub(super) fn known_root_keys(&self) -> Result<Vec<RootKey>> {
        self.metadata.reading(|q| root_keys::all(&self.keys, q))
    }

    pub(super) fn check_root_key(&self, key: RootKey) -> KeyCheck {
        let result = self.key_backends.get(&key.backend).and_then(|backend| {
            if key.state == KeyState::Destroyed {
                return Ok(());
            }
            if !backend.root_keys()?.contains(&key.root_key_id) {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("the root key {} is not at hand", key.root_key_id),
                    "put the store's own keyring back in its place",
                ));
            }
            verify_check_value(&*backend, &key.root_key_id, self.id, &key.check_value)
        });
        KeyCheck { backend: key.backend, id: key.root_key_id, result }
    }
}

fn is_active(key: &RootKey) -> bool {
    key.state == KeyState::Active
}
