//! Key backends in the config: `[keys.NAME]`, or inline in a backend.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{BackendConfig, Config, invalid};
use crate::Result;

/// One key backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyConfig {
    /// Root keys in a keyring file.
    Software {
        /// The path of the keyring.
        keyring: String,
        /// Who else may read the keyring.
        #[serde(default, skip_serializing_if = "KeyringPermissions::is_default")]
        keyring_permissions: KeyringPermissions,
    },
}

impl KeyConfig {
    /// What the config calls its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            KeyConfig::Software { .. } => "software",
        }
    }
}

/// Who may read a keyring besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyringPermissions {
    /// Nobody.
    #[default]
    Owner,
    /// The file's group: for mounted secrets.
    Group,
    /// Anybody: for mounted secrets whose folder is closed.
    Any,
}

impl KeyringPermissions {
    fn is_default(&self) -> bool {
        *self == KeyringPermissions::Owner
    }
}

/// Which key backend wraps the project keys of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KeyChoice {
    /// One of its own, described in its place. It has the name of the backend.
    Own(KeyConfig),
    /// The one of this name: a table of [`Config::keys`], or another backend's own.
    Named(String),
}

impl<'de> Deserialize<'de> for KeyChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(KeyChoiceVisitor)
    }
}

struct KeyChoiceVisitor;

impl<'de> Visitor<'de> for KeyChoiceVisitor {
    type Value = KeyChoice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a [keys.NAME] table, or a table like it")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<KeyChoice, E> {
        if name.is_empty() {
            return Err(E::custom("the name of a key backend is empty"));
        }
        Ok(KeyChoice::Named(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<KeyChoice, A::Error> {
        KeyConfig::deserialize(MapAccessDeserializer::new(map))
            .map(KeyChoice::Own)
            .map_err(A::Error::custom)
    }
}

impl Config {
    /// Every key backend by its name: those of [`keys`](Self::keys), and each backend's own.
    pub fn key_backends(&self) -> BTreeMap<&str, &KeyConfig> {
        let own = self.backends.iter().filter_map(|(name, backend)| match backend.key() {
            KeyChoice::Own(key) => Some((name.as_str(), key)),
            KeyChoice::Named(_) => None,
        });
        self.keys.iter().map(|(name, key)| (name.as_str(), key)).chain(own).collect()
    }

    /// As [`key_backends`](Self::key_backends), to be changed.
    pub(crate) fn key_backends_mut(&mut self) -> impl Iterator<Item = (&String, &mut KeyConfig)> {
        let own = self.backends.iter_mut().filter_map(|(name, backend)| match backend.key_mut() {
            KeyChoice::Own(key) => Some((name, key)),
            KeyChoice::Named(_) => None,
        });
        self.keys.iter_mut().chain(own)
    }

    /// The name of the key backend that a backend was given.
    pub(crate) fn key_backend_of<'a>(&'a self, backend: &'a str) -> &'a str {
        match self.backends.get(backend).map(BackendConfig::key) {
            Some(KeyChoice::Named(key)) => key,
            _ => backend,
        }
    }

    /// Every name must stand for one key backend, and each that is used for one at all.
    pub(super) fn check_key_backends(&self) -> Result<()> {
        for (name, backend) in &self.backends {
            match backend.key() {
                KeyChoice::Own(_) if self.keys.contains_key(name) => {
                    return Err(invalid(
                        format!(
                            "[keys.{name}] and the key of [backends.{name}] have the same name"
                        ),
                        format!(
                            "rename [keys.{name}], or write key = \"{name}\" in [backends.{name}]"
                        ),
                    ));
                }
                KeyChoice::Named(key) if !self.key_backends().contains_key(key.as_str()) => {
                    return Err(invalid(
                        format!("there is no [keys.{key}], which [backends.{name}] names"),
                        "add that table, or name one that is there".to_owned(),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
