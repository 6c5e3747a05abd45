//! What a PKCS#11 token is and can do.

use serde::Serialize;

use crate::{Config, KeyConfig, Result, TokenConfig};

/// A token as it describes itself, and what Strongroom would make of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenReport {
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its manufacturer.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// The version of its firmware.
    pub firmware: String,
    /// What it says of its state, in words.
    pub flags: Vec<String>,
    /// The most sessions that Strongroom holds at once in a process.
    pub held_sessions: usize,
    /// The most sessions that it allows; absent where it sets no limit or does not tell.
    pub most_sessions: Option<u64>,
    /// How root keys would wrap store and project keys.
    pub wrapping: TokenChoice,
    /// How project keys would stay in the device.
    pub device: TokenChoice,
    /// Every mechanism that it lists.
    pub mechanisms: Vec<TokenMechanism>,
}

/// What Strongroom would choose, before it has tried it with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenChoice {
    /// The mechanism in words; absent where the token lists nothing that would do.
    pub mechanism: Option<String>,
    /// Why this one.
    pub reason: String,
    /// How tampering is noticed.
    pub protection: String,
}

/// One mechanism of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenMechanism {
    /// Its name, `CKM_…`.
    pub name: String,
    /// The smallest key, in the unit of the mechanism: bits for RSA, bytes for AES.
    pub smallest_key: usize,
    /// The largest key, in the same unit.
    pub largest_key: usize,
    /// Whether Strongroom uses it.
    pub used: bool,
}

/// Logs in to a token and asks what it is and can do. Makes no keys.
///
/// Errors: `Config` where module, token or PIN source are not usable; `Unauthenticated` for a wrong PIN,
/// which is not tried again in this process; `Unavailable` where the token is not there; `Unsupported`
/// in a build without the feature `pkcs11`.
pub fn token_report(token: &TokenConfig) -> Result<TokenReport> {
    report(token)
}

impl Config {
    /// The token of a key backend: of the one with this name, or of the only one that is on a token.
    pub fn token(&self, key_backend: Option<&str>) -> Result<TokenConfig> {
        let next = "add a table [keys.hsm] with kind = \"pkcs11\", or name module and token";
        self.only_key_backend(key_backend, "token", next, |key| match key {
            KeyConfig::Pkcs11 { token, .. } => Some(*token),
            _ => None,
        })
    }
}

#[cfg(feature = "pkcs11")]
fn report(token: &TokenConfig) -> Result<TokenReport> {
    use strongroom_pkcs11::{Choice, Token};
    let token = Token::open(crate::store::token_settings(token)?)?;
    let found = strongroom_pkcs11::TokenReport::of(&token)?;
    let choice = |choice: Choice| TokenChoice {
        mechanism: choice.mechanism,
        reason: choice.reason,
        protection: choice.protection,
    };
    let mechanism = |found: strongroom_pkcs11::MechanismReport| TokenMechanism {
        name: found.name,
        smallest_key: found.smallest_key,
        largest_key: found.largest_key,
        used: found.used,
    };
    Ok(TokenReport {
        label: found.label,
        serial: found.serial,
        manufacturer: found.manufacturer,
        model: found.model,
        firmware: found.firmware,
        flags: found.flags,
        held_sessions: token.settings().sessions,
        most_sessions: found.most_sessions,
        wrapping: choice(found.wrapping),
        device: choice(found.device),
        mechanisms: found.mechanisms.into_iter().map(mechanism).collect(),
    })
}

#[cfg(not(feature = "pkcs11"))]
fn report(_: &TokenConfig) -> Result<TokenReport> {
    Err(crate::not_built::not_built("PKCS#11", "pkcs11"))
}
