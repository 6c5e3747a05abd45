//! How servers are reached.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use strongroom_backend::{Error, ErrorKind, Result};

use crate::ProtocolVersion;

/// The port that IANA gave to KMIP.
pub const KMIP_PORT: u16 = 5696;

/// Servers that share their objects, and how to log in to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmipSettings {
    /// The servers, the preferred one first. The next one is asked when one does not answer.
    pub servers: Vec<ServerAddress>,
    /// The certificates and the key of TLS.
    pub tls: TlsFiles,
    /// A username and a password that the servers want beside the client certificate.
    pub credential: Option<CredentialSource>,
    /// The version to speak. Without one, the newest that both sides speak.
    pub version: Option<ProtocolVersion>,
    /// The longest that one call to one server may take, connecting included. A message that is sent
    /// again, or to another server, takes twice as long at most; a payload or key whose making was
    /// not confirmed is looked for before it is made again, with messages of their own.
    pub timeout: Duration,
    /// The most connections to one server.
    pub connections: usize,
}

impl KmipSettings {
    /// How long one call may take when nothing else was asked for.
    pub const TIMEOUT: Duration = Duration::from_secs(5);
    /// How many connections to one server there may be when nothing else was asked for.
    pub const CONNECTIONS: usize = 8;

    /// These servers, with the defaults for everything else.
    pub fn new(servers: Vec<ServerAddress>, tls: TlsFiles) -> KmipSettings {
        KmipSettings {
            servers,
            tls,
            credential: None,
            version: None,
            timeout: Self::TIMEOUT,
            connections: Self::CONNECTIONS,
        }
    }
}

/// Where one server listens.
///
/// ```
/// use strongroom_kmip::ServerAddress;
///
/// let port = |text: &str| text.parse().map(|address: ServerAddress| address.port);
/// assert_eq!(port("kmip.example.org")?, 5696);
/// assert_eq!(port("[2001:db8::1]:5700")?, 5700);
/// assert!(port("kmip.example.org:").is_err());
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    /// A host name or an IP address.
    pub host: String,
    /// The port, usually [`KMIP_PORT`].
    pub port: u16,
    /// The name that its certificate must have, when that is not `host`.
    pub server_name: Option<String>,
}

impl FromStr for ServerAddress {
    type Err = Error;

    /// `HOST` or `HOST:PORT`; an IPv6 address with a port stands in brackets.
    fn from_str(text: &str) -> Result<ServerAddress> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, port.strip_prefix(':').or(Some(""))),
            None => match text.split_once(':') {
                // More colons than one: an IPv6 address without a port.
                Some((_, rest)) if rest.contains(':') => (text, None),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        match port.map_or(Ok(KMIP_PORT), str::parse) {
            Ok(port) if port != 0 && !host.is_empty() => {
                Ok(ServerAddress { host: host.to_owned(), port, server_name: None })
            }
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{text:?} is no address of a KMIP server"),
                "write HOST or HOST:PORT",
            )),
        }
    }
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// PEM files. They are read again when they change, so that certificates can be renewed under a
/// running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificates of the authorities that vouch for the servers. The system's are not used. Like
    /// the others, this file must be its user's own, or root's, and nobody else may write it.
    pub ca: PathBuf,
    /// The client certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// The key of the client certificate. Everyone but its owner and group must be kept from it.
    pub key: PathBuf,
}

/// Where a username and a password come from. Never the config itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSource {
    /// The username.
    pub username: String,
    /// A file that nobody but its owner and group can read. One final newline is not part of the
    /// password.
    pub password_file: PathBuf,
}
