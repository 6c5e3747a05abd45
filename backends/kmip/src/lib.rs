//! KMIP for the [Strongroom](https://docs.rs/strongroom) secret store: root keys and payloads in an
//! enterprise key manager.

mod attributes;
mod client;
mod connection;
mod deadline;
mod enumerations;
mod failure;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(feature = "test-harness")]
pub mod harness;
mod info;
mod keys;
mod locate;
mod managed_object;
mod marker;
mod message;
mod namespace;
mod negotiate;
mod objects;
mod operations;
mod plaintext;
mod protocol_version;
mod reasons;
mod removal;
mod root_keys;
mod server;
mod settings;
mod shelf;
mod tls;
mod tls_error;
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
