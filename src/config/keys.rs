//! Key backends in the config: `[keys.NAME]`, or inline in a backend.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::kmip::{KmipConfig, RootKeyUse};
use super::token::{KeyLocation, TokenConfig};
use super::{BackendConfig, Config, absolute, absolute_folder, invalid, unknown_keys, unreadable};
use crate::{Error, ErrorKind, Result};

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
    /// Root keys in a PKCS#11 token.
    Pkcs11 {
        /// The token.
        #[serde(flatten)]
        token: Box<TokenConfig>,
        /// Where project keys are in the clear.
        #[serde(default, skip_serializing_if = "KeyLocation::is_default")]
        key_location: KeyLocation,
    },
    /// Root keys in a KMIP server.
    Kmip {
        /// The server.
        #[serde(flatten)]
        server: Box<KmipConfig>,
        /// Where root keys are used.
        #[serde(default, skip_serializing_if = "RootKeyUse::is_default")]
        root_key: RootKeyUse,
    },
}

impl KeyConfig {
    /// Reads a key backend from text: what a `[keys.NAME]` table has below its name. Relative paths are
    /// relative to `base`.
    pub fn from_toml(text: &str, base: &Path) -> Result<KeyConfig> {
        let unreadable = |e: toml::de::Error| unreadable(text, &e);
        let table: toml::Table = text.parse().map_err(unreadable)?;
        unknown_keys::refuse_in_key(&table)?;
        let mut key: KeyConfig = table.try_into().map_err(unreadable)?;
        key.check("key")?;
        let base = absolute_folder(base)?;
        key.each_path(&mut |path| absolute(path, &base));
        Ok(key)
    }

    /// What the config calls its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            KeyConfig::Software { .. } => "software",
            KeyConfig::Pkcs11 { .. } => "pkcs11",
            KeyConfig::Kmip { .. } => "kmip",
        }
    }

    /// Whether using it means to log in somewhere, or to run code that it names.
    pub(crate) fn reaches_outside(&self) -> bool {
        !matches!(self, KeyConfig::Software { .. })
    }

    /// Paths that are relative to the config's folder.
    fn each_path(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            KeyConfig::Software { keyring, .. } => change(keyring),
            KeyConfig::Pkcs11 { token, .. } => token.each_path(change),
            KeyConfig::Kmip { server, .. } => server.each_path(change),
        }
    }

    fn check(&self, place: &str) -> Result<()> {
        match self {
            KeyConfig::Software { .. } => Ok(()),
            KeyConfig::Pkcs11 { token, .. } => token.check(place),
            KeyConfig::Kmip { server, .. } => server.check(place),
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

impl BackendConfig {
    /// What wraps its project keys, where the config says so.
    fn key(&self) -> Option<&KeyChoice> {
        match self {
            BackendConfig::Enveloped { key, .. } => Some(key),
            BackendConfig::Pkcs11Objects { key, .. } | BackendConfig::KmipObjects { key, .. } => {
                key.as_ref()
            }
        }
    }

    fn key_mut(&mut self) -> Option<&mut KeyChoice> {
        match self {
            BackendConfig::Enveloped { key, .. } => Some(key),
            BackendConfig::Pkcs11Objects { key, .. } | BackendConfig::KmipObjects { key, .. } => {
                key.as_mut()
            }
        }
    }

    /// Whether using it means to log in somewhere, or to run code that it names.
    pub(crate) fn reaches_outside(&self) -> bool {
        !matches!(self, BackendConfig::Enveloped { .. })
    }

    /// Its own key backend, if it has one. An object backend without a key has one where its objects are.
    fn own_key(&self) -> Option<KeyConfig> {
        match (self.key(), self) {
            (Some(KeyChoice::Own(key)), _) => Some(key.clone()),
            (None, BackendConfig::Pkcs11Objects { token, .. }) => Some(KeyConfig::Pkcs11 {
                token: token.clone(),
                key_location: KeyLocation::default(),
            }),
            (None, BackendConfig::KmipObjects { server, .. }) => {
                Some(KeyConfig::Kmip { server: server.clone(), root_key: RootKeyUse::default() })
            }
            _ => None,
        }
    }

    /// The name of the key backend that it shares with others, if it does.
    fn shared_key(&self) -> Option<&str> {
        match self.key() {
            Some(KeyChoice::Named(name)) => Some(name),
            _ => None,
        }
    }

    fn check(&self, place: &str) -> Result<()> {
        match self {
            BackendConfig::Enveloped { .. } => Ok(()),
            BackendConfig::Pkcs11Objects { token, .. } => token.check(place),
            BackendConfig::KmipObjects { server, .. } => server.check(place),
        }
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            BackendConfig::Enveloped { shelf, .. } => change(shelf),
            BackendConfig::Pkcs11Objects { token, .. } => token.each_path(change),
            BackendConfig::KmipObjects { server, .. } => server.each_path(change),
        }
        if let Some(KeyChoice::Own(key)) = self.key_mut() {
            key.each_path(change);
        }
    }
}

impl Config {
    /// Every key backend by its name: those of [`keys`](Self::keys), and each backend's own.
    pub fn key_backends(&self) -> BTreeMap<String, KeyConfig> {
        let own = |(name, backend): (&String, &BackendConfig)| {
            backend.own_key().map(|key| (name.clone(), key))
        };
        self.backends.iter().filter_map(own).chain(self.keys.clone()).collect()
    }

    /// What `pick` finds in the key backend of this name, or in the only one in which it finds something:
    /// a `what`. `next` tells how to come by one.
    pub(crate) fn only_key_backend<T>(
        &self,
        name: Option<&str>,
        what: &str,
        next: &str,
        pick: impl Fn(KeyConfig) -> Option<T>,
    ) -> Result<T> {
        let named = |(found, key): (String, KeyConfig)| {
            name.is_none_or(|wanted| wanted == found).then_some(key)
        };
        let mut found = self.key_backends().into_iter().filter_map(named).filter_map(pick);
        match (found.next(), found.next(), name) {
            (Some(only), None, _) => Ok(only),
            (Some(_), Some(_), _) => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the config names several {what}s"),
                "say which key backend is meant",
            )),
            (None, _, Some(name)) => Err(invalid(
                format!("the config has no key backend {name} on a {what}"),
                next.to_owned(),
            )),
            (None, _, None) => Err(invalid(format!("the config names no {what}"), next.to_owned())),
        }
    }

    /// Whether it names modules to be loaded, programs to be run for a PIN, or servers to log in to.
    pub(super) fn reaches_outside(&self) -> bool {
        self.backends.values().any(BackendConfig::reaches_outside)
            || self.key_backends().values().any(KeyConfig::reaches_outside)
    }

    /// The name of the key backend that a backend was given.
    pub fn key_backend_of<'a>(&'a self, backend: &'a str) -> &'a str {
        self.backends.get(backend).and_then(BackendConfig::shared_key).unwrap_or(backend)
    }

    /// Hands over each key backend that the config describes in so many words, to be changed.
    pub(crate) fn each_key_backend(&mut self, change: &mut dyn FnMut(&str, &mut KeyConfig)) {
        for (name, key) in &mut self.keys {
            change(name, key);
        }
        for (name, backend) in &mut self.backends {
            if let Some(KeyChoice::Own(key)) = backend.key_mut() {
                change(name, key);
            }
        }
    }

    /// Hands over every path that is relative to the config's folder, to be changed.
    pub(crate) fn each_path(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.metadata);
        self.keys.values_mut().for_each(|key| key.each_path(change));
        self.backends.values_mut().for_each(|backend| backend.each_path(change));
    }

    /// Every name must stand for one key backend, and each that is used for one at all.
    pub(super) fn check_key_backends(&self) -> Result<()> {
        let all = self.key_backends();
        for (name, key) in &all {
            key.check(name)?;
        }
        for (name, backend) in &self.backends {
            backend.check(name)?;
            if backend.own_key().is_some() && self.keys.contains_key(name) {
                return Err(invalid(
                    format!("[keys.{name}] and the key of [backends.{name}] have the same name"),
                    format!("rename [keys.{name}], or write key = \"{name}\" in [backends.{name}]"),
                ));
            }
            if let Some(key) = backend.shared_key().filter(|key| !all.contains_key(*key)) {
                return Err(invalid(
                    format!("there is no [keys.{key}], which [backends.{name}] names"),
                    "add that table, or name one that is there".to_owned(),
                ));
            }
        }
        Ok(())
    }
}
