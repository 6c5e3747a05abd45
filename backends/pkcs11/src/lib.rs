//! PKCS#11 for the [Strongroom](https://docs.rs/strongroom) secret store: root keys in a token,
//! payloads that the token encrypts, and payloads that are objects of the token.

#[cfg(feature = "test-harness")]
pub mod harness;
#[allow(dead_code)]
mod pin;
mod settings;
mod uri;

pub use settings::{PinSource, TokenChoice, TokenSettings};
pub use uri::Pkcs11Uri;
