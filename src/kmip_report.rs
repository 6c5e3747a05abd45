//! What a KMIP server is and can do.

use serde::Serialize;

use crate::{Config, KeyConfig, KmipConfig, Result};

/// A server as it describes itself, and what Strongroom would make of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KmipReport {
    /// The address of the server that answered.
    pub server: String,
    /// The version of KMIP that is spoken with it.
    pub version: String,
    /// What its maker calls it, where it tells.
    pub vendor: Option<String>,
    /// How root keys can be used there: `in-server`, or `fetched`, which must be asked for. Absent where
    /// neither is possible.
    pub root_key: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether it can keep payloads as objects.
    pub keeps_payloads: bool,
    /// The operations that it has, in the words of the specification.
    pub operations: Vec<String>,
    /// The types of objects that it keeps; empty where it does not tell.
    pub object_types: Vec<String>,
}

/// Asks a server what it is and can do. Makes nothing on it.
///
/// Errors: `Config` where certificates, key or password are not usable; `Unauthenticated` where the
/// server refuses them; `Unavailable` and `Timeout` where none answers; `Unsupported` in a build without
/// the feature `kmip`.
pub fn kmip_report(servers: &KmipConfig) -> Result<KmipReport> {
    report(servers)
}

impl Config {
    /// The servers of a key backend: of the one with this name, or of the only one that is on any.
    pub fn key_manager(&self, key_backend: Option<&str>) -> Result<KmipConfig> {
        let next = "add a table [keys.kmip] with kind = \"kmip\", or name the server";
        self.only_key_backend(key_backend, "KMIP server", next, |key| match key {
            KeyConfig::Kmip { server, .. } => Some(*server),
            _ => None,
        })
    }
}

#[cfg(feature = "kmip")]
fn report(servers: &KmipConfig) -> Result<KmipReport> {
    use strongroom_kmip::{KmipClient, RootKeyUse};
    let info = KmipClient::new(crate::store::kmip_settings(servers)?)?.info()?;
    let (root_key, reason) = match info.root_key_use {
        Some(RootKeyUse::InServer) => (
            Some("in-server"),
            "it encrypts and decrypts with AES-GCM, so root keys never leave it",
        ),
        Some(RootKeyUse::Fetched) => (
            Some("fetched"),
            "it cannot encrypt, or speaks no KMIP 1.4: root keys would be software-held while in use",
        ),
        None => (None, "it cannot make keys, find them and give them out"),
    };
    Ok(KmipReport {
        server: info.server,
        version: info.version.to_string(),
        vendor: info.vendor,
        root_key: root_key.map(str::to_owned),
        reason: reason.to_owned(),
        keeps_payloads: info.keeps_payloads,
        operations: info.operations,
        object_types: info.object_types,
    })
}

#[cfg(not(feature = "kmip"))]
fn report(_: &KmipConfig) -> Result<KmipReport> {
    Err(crate::not_built::not_built("KMIP", "kmip"))
}
