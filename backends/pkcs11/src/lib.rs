//! PKCS#11 for the [Strongroom](https://docs.rs/strongroom) secret store: root keys in a token,
//! payloads that the token encrypts, and payloads that are objects of the token.

mod settings;

pub use settings::{PinSource, TokenChoice, TokenSettings};
