//! PKCS#11 tokens in the config.

use serde::{Deserialize, Serialize};
use toml::Value;

use super::invalid;
use crate::Result;

/// A PKCS#11 token, and how to log in to it.
///
/// Which token: every one of `token`, `serial`, `manufacturer`, `model`, `slot` and `uri` that is
/// there must match, and exactly one token must be left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenConfig {
    /// The path of the module, a shared library. A name without slash is looked for where the
    /// system's loader looks. The URI's `module-path` does as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The token's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its manufacturer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The number of its slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u64>,
    /// A PKCS#11 URI (RFC 7512).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Where the user's PIN comes from; without one, none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinConfig>,
    /// What the module is initialised with, for those that want something (NSS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initialization: Option<String>,
    /// The longest that one call into the module may take, in seconds. 5 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_timeout: Option<u32>,
    /// How many sessions are held open at most. 4 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u16>,
}

/// Where a token's PIN comes from. Never the config itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PinConfig {
    /// A file that nobody but its owner can read.
    File(String),
    /// An open descriptor, read once to its end.
    Descriptor(i32),
    /// An environment variable.
    Environment(String),
    /// What a program prints; it is run without a shell.
    Command(Vec<String>),
    /// A systemd credential.
    Credential(String),
}

/// Where project keys are in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyLocation {
    /// In the memory of the process, which encrypts payloads.
    #[default]
    Envelope,
    /// In the token alone, which encrypts payloads itself.
    Device,
}

/// What symmetric keys are in a token that keeps payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SymmetricKeys {
    /// A data object (CKO_DATA), like every other payload.
    #[default]
    Data,
    /// A generic secret key (CKO_SECRET_KEY).
    SecretKey,
}

impl SymmetricKeys {
    pub(super) fn is_default(&self) -> bool {
        *self == SymmetricKeys::Data
    }
}

impl KeyLocation {
    pub(super) fn is_default(&self) -> bool {
        *self == KeyLocation::Envelope
    }
}

impl TokenConfig {
    /// Paths that are relative to the config's folder.
    pub(super) fn each_path(&mut self, change: &mut dyn FnMut(&mut String)) {
        if let Some(module) = self.module.as_mut().filter(|module| module.contains('/')) {
            change(module);
        }
        if let Some(PinConfig::File(file)) = &mut self.pin {
            change(file);
        }
    }

    /// What a table must say, whatever token there is.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        if self.module.is_none() && self.uri.is_none() {
            return Err(invalid(
                format!("[{place}] names no module"),
                "add module = \"/path/to/the/module.so\"".to_owned(),
            ));
        }
        if let Some(PinConfig::Command(words)) = &self.pin
            && !words.first().is_some_and(|program| program.starts_with('/'))
        {
            return Err(invalid(
                format!("the program of the PIN command in [{place}] is not an absolute path"),
                "write pin = { command = [\"/path/to/program\", \"argument\"] }".to_owned(),
            ));
        }
        if self.call_timeout == Some(0) || self.sessions == Some(0) {
            return Err(invalid(
                format!("call_timeout and sessions in [{place}] must be at least 1"),
                "leave them out for what is usual".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Refuses a PIN in the config, and whatever might be one by mistake, without repeating it.
pub(super) fn refuse_pin(place: &str, table: &toml::Table) -> Result<()> {
    let in_uri = |uri: &str| uri.to_ascii_lowercase().contains("pin-value");
    if table.get("uri").and_then(Value::as_str).is_some_and(in_uri) {
        return Err(stray_pin(&format!("{place}uri")));
    }
    match table.get("pin") {
        None => Ok(()),
        Some(Value::Table(source)) if is_source(source) => Ok(()),
        Some(_) => Err(stray_pin(&format!("{place}pin"))),
    }
}

/// Whether this names one source of a PIN. An unknown name is left to those who know the names.
fn is_source(source: &toml::Table) -> bool {
    let right = |(name, value): (&String, &Value)| match name.as_str() {
        "file" | "environment" | "credential" => value.is_str(),
        "descriptor" => value.as_integer().is_some_and(|n| (0..=i64::from(i32::MAX)).contains(&n)),
        "command" => value.as_array().is_some_and(|words| words.iter().all(Value::is_str)),
        _ => false,
    };
    source.len() == 1 && source.iter().all(right)
}

fn stray_pin(place: &str) -> crate::Error {
    invalid(
        format!("`{place}` does not say where a PIN comes from; it must not hold one itself"),
        "write pin = { file = \"PATH\" }, or { descriptor = N }, { environment = \"NAME\" }, \
         { command = [\"/PROGRAM\"] }, { credential = \"NAME\" }"
            .to_owned(),
    )
}
