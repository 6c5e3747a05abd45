//! What a KMIP server is and can do.

use serde::Serialize;

use crate::{BackendConfig, Config, Error, ErrorKind, KeyConfig, KmipConfig, Result, RootKeyUse};

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
    /// How the config has root keys used there, where it was the config that named the server: `in-server`,
    /// or `fetched`. Root keys that are fetched are software-held while a process uses them.
    pub configured_root_key: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether it can keep payloads as objects.
    pub keeps_payloads: bool,
    /// The operations that it has, in the words of the specification.
    pub operations: Vec<String>,
    /// The types of objects that it keeps; empty where it does not tell.
    pub object_types: Vec<String>,
}

/// Asks a server what it is and can do. Makes nothing on it. `configured` is how the config has root keys
/// used there, if it does ([`Config::key_manager`]).
///
/// Errors: `Config` where certificates, key or password are not usable; `Unauthenticated` where the
/// server refuses them; `Unavailable` and `Timeout` where none answers; `Unsupported` in a build without
/// the feature `kmip`.
pub fn kmip_report(servers: &KmipConfig, configured: Option<RootKeyUse>) -> Result<KmipReport> {
    report(servers, configured)
}

impl Config {
    /// The servers of the key backend or backend with this name, or of the only one that is on any. Where
    /// root keys are on a server, it is theirs, and it is told how they are used there.
    pub fn key_manager(&self, name: Option<&str>) -> Result<(KmipConfig, Option<RootKeyUse>)> {
        let is_meant = |found: &str| name.is_none_or(|wanted| wanted == found);
        let mut found = Vec::new();
        for (name, key) in self.key_backends() {
            if let KeyConfig::Kmip { server, root_key } = key
                && is_meant(&name)
            {
                found.push((*server, Some(root_key)));
            }
        }
        if found.is_empty() {
            for (name, backend) in &self.backends {
                if let BackendConfig::KmipObjects { server, .. } = backend
                    && is_meant(name)
                {
                    found.push(((**server).clone(), None));
                }
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(Error::new(
                ErrorKind::Config,
                match name {
                    Some(name) => format!("the config has no backend {name} on a KMIP server"),
                    None => "the config names no KMIP server".to_owned(),
                },
                "add a table [keys.kmip] with kind = \"kmip\", or name the server",
            )),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                "the config names several KMIP servers",
                "say which key backend or backend is meant",
            )),
        }
    }
}

#[cfg(feature = "kmip")]
fn report(servers: &KmipConfig, configured: Option<RootKeyUse>) -> Result<KmipReport> {
    use strongroom_kmip::{KmipClient, RootKeyUse as Possible};
    let info = KmipClient::new(crate::store::kmip_settings(servers)?)?.info()?;
    let (root_key, reason) = match info.root_key_use {
        Some(Possible::InServer) => (
            Some("in-server"),
            "it encrypts and decrypts with AES-GCM, so root keys never leave it",
        ),
        Some(Possible::Fetched) => (
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
        configured_root_key: configured.map(|root_key| root_key.name().to_owned()),
        reason: reason.to_owned(),
        keeps_payloads: info.keeps_payloads,
        operations: info.operations,
        object_types: info.object_types,
    })
}

#[cfg(not(feature = "kmip"))]
fn report(_: &KmipConfig, _: Option<RootKeyUse>) -> Result<KmipReport> {
    Err(crate::not_built::not_built("KMIP", "kmip"))
}
