//! What can be asked about root keys.

use std::collections::BTreeSet;

use serde::Serialize;
use strongroom_backend::{Health, RootKeyId};

use super::{Inner, Slot, Store};
use crate::keys::verify_check_value;
use crate::metadata::root_keys::RootKey;
use crate::metadata::{Queries, keys, root_keys};
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
    /// Whether it wraps new keys. One that is destroyed, retired that is, is not looked for.
    pub state: KeyState,
    /// Ok when it is at hand and is the key that the store knows, or is retired.
    pub result: Result<()>,
    /// How the key backend keeps it: for a token, whether it is sensitive and can never leave.
    pub findings: Vec<Health>,
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

    /// Tests for real that each root key is at hand and the one that the store knows. One that is retired is
    /// left out, and a finding says so: what held it may be gone.
    pub fn check_keys(&self) -> Result<Vec<KeyCheck>> {
        self.inner.check_process()?;
        let known = self.inner.known_root_keys()?;
        Ok(known.into_iter().map(|key| self.inner.check_root_key(key)).collect())
    }
}

impl Inner {
    /// The root key that wraps new project keys of a backend: the active one of the key backend that
    /// its config names. Where all of that one's keys were moved, the only active one that the store uses.
    pub(crate) fn active_root(&self, slot: &Slot) -> Result<RootKey> {
        let known = self.known_root_keys()?;
        let name = &slot.key_backend;
        let (own, others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|key| key.backend == *name);
        if let Some(active) = own.iter().find(|key| is_active(key)) {
            return Ok(active.clone());
        }
        let mut others: Vec<_> = others.into_iter().filter(is_active).collect();
        if others.len() > 1 {
            if self.unfinished_move()?.is_some() {
                // Where the rest of the keys will go.
                return self.newest_active(None);
            }
            // One that was only prepared for a rotation is not where the keys went.
            others = self.used_of(others)?;
        }
        let moved = !own.is_empty();
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

    /// Those of these root keys that wrap something.
    fn used_of(&self, roots: Vec<RootKey>) -> Result<Vec<RootKey>> {
        let mut used = Vec::new();
        for root in roots {
            let count = |q: &dyn Queries| keys::count_under(q, &root.backend, &root.root_key_id);
            if self.metadata.reading(count)? > 0 {
                used.push(root);
            }
        }
        Ok(used)
    }

    /// The key backends that hold a root key of the store, of which some may be retired by now.
    pub(super) fn holding_key_backends(&self) -> Result<BTreeSet<String>> {
        let known = self.known_root_keys()?.into_iter();
        Ok(known.filter(|key| key.state != KeyState::Destroyed).map(|key| key.backend).collect())
    }

    pub(super) fn known_root_keys(&self) -> Result<Vec<RootKey>> {
        self.metadata.reading(|q| root_keys::all(&self.keys, q))
    }

    pub(super) fn check_root_key(&self, key: RootKey) -> KeyCheck {
        if key.state == KeyState::Destroyed {
            return left_out(key);
        }
        let result = self.key_backends.get(&key.backend).and_then(|backend| {
            if !backend.root_keys()?.contains(&key.root_key_id) {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    format!("the root key {} is not at hand", key.root_key_id),
                    "put back what held it: the keyring, the token, or a copy of its objects",
                ));
            }
            verify_check_value(&*backend, &key.root_key_id, self.id, &key.check_value)
        });
        let findings = match &result {
            Ok(()) => self.findings_of(&key),
            Err(_) => Vec::new(),
        };
        KeyCheck { backend: key.backend, id: key.root_key_id, state: key.state, result, findings }
    }

    fn findings_of(&self, key: &RootKey) -> Vec<Health> {
        let findings = self
            .key_backends
            .get(&key.backend)
            .and_then(|backend| backend.check_root_key(&key.root_key_id));
        findings.unwrap_or_else(|e| vec![Health::error("root key", e.to_string())])
    }
}

/// A retired key: its keyring may have been destroyed, its token given away.
fn left_out(key: RootKey) -> KeyCheck {
    let said = format!("{} is retired, and was not looked for", key.root_key_id);
    KeyCheck {
        backend: key.backend,
        id: key.root_key_id,
        state: key.state,
        result: Ok(()),
        findings: vec![Health::ok("root key", said)],
    }
}

fn is_active(key: &RootKey) -> bool {
    key.state == KeyState::Active
}
