//! Encrypt (KMIP 1.4 section 4.29).

use strongroom_backend::Result;

use super::{Answered, Request};
use crate::enumerations::{AES, GCM, Operation};
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// How long the authentication tag of AES-GCM is, in bytes.
pub(crate) const TAG_BYTES: usize = 16;

/// Encrypts with AES-GCM under a key of the server.
pub(crate) struct Encrypt<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) data: &'a [u8],
    pub(crate) iv: &'a [u8],
}

/// What came of it.
pub(crate) struct Encrypted {
    pub(crate) data: Vec<u8>,
    /// The initialization vector, where the server says which it used.
    pub(crate) iv: Option<Vec<u8>>,
    pub(crate) tag: Vec<u8>,
}

impl Request for Encrypt<'_> {
    fn operation(&self) -> Operation {
        Operation::Encrypt
    }

    /// Encrypt is older, but has no place for the tag.
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
    }
}

impl Answered for Encrypt<'_> {
    type Answer = Encrypted;

    fn decode(payload: Structure<'_>) -> Result<Encrypted> {
        let iv = payload.find(Tag::IV_COUNTER_NONCE).map(|item| item.bytes()).transpose()?;
        Ok(Encrypted {
            data: payload.get(Tag::DATA)?.bytes()?.to_vec(),
            iv: iv.map(<[u8]>::to_vec),
            tag: payload.get(Tag::AUTHENTICATED_ENCRYPTION_TAG)?.bytes()?.to_vec(),
        })
    }
}

pub(super) fn aes_gcm(to: &mut Encoder) {
    to.structure(Tag::CRYPTOGRAPHIC_PARAMETERS, |to| {
        to.enumeration(Tag::BLOCK_CIPHER_MODE, GCM);
        to.enumeration(Tag::CRYPTOGRAPHIC_ALGORITHM, AES);
        to.integer(Tag::TAG_LENGTH, TAG_BYTES as i32);
    });
}
