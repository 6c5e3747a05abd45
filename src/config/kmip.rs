//! KMIP servers in the config.

use serde::{Deserialize, Serialize};

use super::invalid;
use crate::Result;

/// KMIP servers that share their objects, and how to log in to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmipConfig {
    /// `HOST` or `HOST:PORT` of each server, the preferred one first. Without a port: 5696.
    pub servers: Vec<String>,
    /// The name that their certificates must have, when that is not the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The part of the server that is this store's: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub namespace: String,
    /// The certificates of the authorities that vouch for the servers, a PEM file.
    pub ca: String,
    /// The client certificate, a PEM file.
    pub certificate: String,
    /// Its private key, a PEM file that nobody but its owner and group can read.
    pub private_key: String,
    /// A username, where the servers want one beside the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The file with its password, which nobody but its owner and group can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// The version of KMIP; without one, the newest that both sides speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The longest that one call to one server may take, in seconds. 5 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_timeout: Option<u32>,
    /// How many connections to one server are held open at most. 8 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u16>,
}

/// Where root keys are used. The one is not as good as the other, so it is never chosen at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootKeyUse {
    /// In the server, which they never leave. Needs KMIP 1.4.
    #[default]
    InServer,
    /// Fetched and used in the process, for servers that cannot encrypt. Software-held while in use.
    Fetched,
}

impl RootKeyUse {
    /// What the config calls it.
    pub fn name(self) -> &'static str {
        match self {
            RootKeyUse::InServer => "in-server",
            RootKeyUse::Fetched => "fetched",
        }
    }

    pub(super) fn is_default(&self) -> bool {
        *self == RootKeyUse::InServer
    }
}

/// What payloads are on a server that is meant to own them. One that cannot be of its type is Secret
/// Data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PlaintextType {
    /// The type that fits the type of the secret.
    #[default]
    Fitting,
    /// Secret Data.
    SecretData,
    /// Symmetric Key: an AES key of 16, 24 or 32 bytes.
    SymmetricKey,
    /// Private Key: RSA, or on P-256, P-384 or P-521, in PKCS#8 and DER.
    PrivateKey,
    /// Public Key: likewise, a SubjectPublicKeyInfo in DER.
    PublicKey,
    /// Certificate: X.509 in DER.
    Certificate,
    /// Opaque Object.
    OpaqueObject,
}

impl PlaintextType {
    pub(super) fn is_default(&self) -> bool {
        *self == PlaintextType::Fitting
    }
}

impl KmipConfig {
    /// Paths that are relative to the config's folder.
    pub(super) fn each_path(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.ca);
        change(&mut self.certificate);
        change(&mut self.private_key);
        if let Some(file) = &mut self.password_file {
            change(file);
        }
    }

    /// What a table must say, whatever servers there are.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        if self.servers.is_empty() {
            return Err(invalid(
                format!("[{place}] names no server"),
                "add servers = [\"kmip.example.org\"]".to_owned(),
            ));
        }
        if self.username.is_some() != self.password_file.is_some() {
            return Err(invalid(
                format!("[{place}] has only one of username and password_file"),
                "add the other one, or leave both out".to_owned(),
            ));
        }
        if self.call_timeout == Some(0) || self.connections == Some(0) {
            return Err(invalid(
                format!("call_timeout and connections in [{place}] must be at least 1"),
                "leave them out for what is usual".to_owned(),
            ));
        }
        Ok(())
    }
}
