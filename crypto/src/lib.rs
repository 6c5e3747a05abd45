//! The few cryptographic compositions of the [Strongroom](https://docs.rs/strongroom) secret store,
//! as `docs/format.md` fixes them.
//!
//! The primitives are RustCrypto's; what is here is how they are put together, each checked against
//! public test vectors. Keys and plaintexts live in [`SecretBytes`](strongroom_backend::SecretBytes)
//! only.

mod argon;
mod field;
mod gcm;
mod generate;
mod hkdf;
mod mac;
mod onetime;
mod row_mac;
mod scrub;
mod siv;

pub use argon::PassphraseCost;
pub use field::append_text;
pub use generate::base62;
pub use hkdf::hkdf_expand;
pub use mac::Mac;
pub use onetime::Sealing;
pub use row_mac::RowMac;
pub use siv::ReferenceCipher;
