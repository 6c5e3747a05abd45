//! Decrypt (KMIP 1.4 section 4.30).

use strongroom_backend::{Result, SecretBytes};

use super::encrypt::aes_gcm;
use super::{Answered, Request};
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Decrypts with AES-GCM under a key of the server.
pub(crate) struct Decrypt<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) data: &'a [u8],
    pub(crate) iv: &'a [u8],
    pub(crate) tag: &'a [u8],
}

impl Request for Decrypt<'_> {
    fn operation(&self) -> Operation {
        Operation::Decrypt
    }

    fn since(&self) -> ProtocolVersion {
        ProtocolVersion::V1_4
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
        aes_gcm(to);
        to.bytes(Tag::DATA, self.data);
        to.bytes(Tag::IV_COUNTER_NONCE, self.iv);
        to.bytes(Tag::AUTHENTICATED_ENCRYPTION_TAG, self.tag);
    }
}

impl Answered for Decrypt<'_> {
    type Answer = SecretBytes;

    fn decode(payload: Structure<'_>) -> Result<SecretBytes> {
        SecretBytes::copy_of(payload.get(Tag::DATA)?.bytes()?)
    }
}
