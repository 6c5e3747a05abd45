//! PKCS#11 for the [Strongroom](https://docs.rs/strongroom) secret store: root keys in a token,
//! payloads that the token encrypts, and payloads that are objects of the token.

// For what the tests of this crate share with those in tests/.
#[cfg(test)]
extern crate self as strongroom_pkcs11;

mod abilities;
mod blob;
mod canary;
mod check;
mod claims;
mod connect;
mod device;
mod direct;
mod errors;
mod exchange;
mod failure;
mod find;
mod gate;
mod gcm;
#[cfg(feature = "test-harness")]
pub mod harness;
mod held;
mod info;
mod initialize;
mod key_backend;
mod login;
mod mailbox;
mod making;
mod marker;
mod module;
mod oaep;
mod objects;
mod oid;
mod payloads;
mod pin;
mod pool;
mod roots;
mod settings;
mod sight;
#[cfg(test)]
mod tests;
mod token;
mod token_info;
mod traffic;
mod uri;
mod watch;
mod worker;

pub use info::{Choice, MechanismReport, TokenReport};
pub use key_backend::{KeyLocation, Pkcs11Keys};
pub use objects::{ObjectSettings, Pkcs11Objects};
pub use payloads::ObjectKind;
pub use settings::{PinSource, TokenChoice, TokenSettings};
pub use token::Token;
pub use token_info::TokenInfo;
pub use uri::Pkcs11Uri;
