//! KMIP for the [Strongroom](https://docs.rs/strongroom) secret store: root keys and payloads in an
//! enterprise key manager.
//!
//! [`KmipKeys`] keeps root keys in a server, [`KmipShelf`] lays envelopes there, which the server
//! cannot read, and [`KmipObjects`] keeps payloads as they are. All of them share a [`KmipClient`].
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use strongroom_backend::{KeyBackend, RootKeyId};
//! use strongroom_kmip::{
//!     KMIP_PORT, KmipClient, KmipKeys, KmipSettings, Namespace, RootKeyUse, ServerAddress, TlsFiles,
//! };
//!
//! let server = ServerAddress { host: "kmip.example.org".into(), port: KMIP_PORT, server_name: None };
//! let tls = TlsFiles {
//!     ca: "/etc/strongroom/kmip-ca.pem".into(),
//!     certificate: "/etc/strongroom/kmip-client.pem".into(),
//!     key: "/etc/strongroom/kmip-client.key".into(),
//! };
//! let client = Arc::new(KmipClient::new(KmipSettings::new(vec![server], tls))?);
//! let keys = KmipKeys::new(client, Namespace::new("backup-eu")?, RootKeyUse::InServer);
//! keys.create_root_key(&RootKeyId::new("root-1")?)?;
//! # Ok::<(), strongroom_backend::Error>(())
//! ```
//!
//! The protocol is KMIP 1.0 to 1.4 and 2.0, over TLS 1.2 or 1.3.

mod adopting;
mod asymmetric;
mod attributes;
mod belonging;
mod capabilities;
mod client;
mod connection;
mod deadline;
mod enumerations;
mod failure;
mod following;
#[cfg(fuzzing)]
pub mod fuzzing;
mod getting;
#[cfg(feature = "test-harness")]
pub mod harness;
mod info;
mod keys;
mod listing;
mod locate;
mod locators;
mod managed_object;
mod marker;
mod message;
mod namespace;
mod negotiate;
mod objects;
mod operations;
mod plaintext;
mod protocol_version;
mod putting;
mod read_back;
mod reasons;
mod rehearsal;
mod removal;
mod root_keys;
mod server;
mod settings;
mod shelf;
mod tls;
mod tls_error;
mod trusted_file;
mod ttlv;
mod turns;
mod wrapped_key;

pub use client::KmipClient;
pub use info::KmipInfo;
pub use keys::{KmipKeys, RootKeyUse};
pub use namespace::Namespace;
pub use plaintext::{KmipObjects, PAYLOAD_LIMIT, PlaintextType};
pub use protocol_version::ProtocolVersion;
pub use settings::{CredentialSource, KMIP_PORT, KmipSettings, ServerAddress, TlsFiles};
pub use shelf::{ENVELOPE_LIMIT, KmipShelf};

#[cfg(test)]
mod tests;
