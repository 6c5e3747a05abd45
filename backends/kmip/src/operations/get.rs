//! Get (KMIP 1.4 section 4.11).

use strongroom_backend::{Result, SecretBytes};

use super::{Answered, Request};
use crate::enumerations::Operation;
use crate::managed_object;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Brings an object's bytes.
pub(crate) struct Get<'a> {
    pub(crate) identifier: &'a str,
}

impl Request for Get<'_> {
    fn operation(&self) -> Operation {
        Operation::Get
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
    }
}

impl Answered for Get<'_> {
    type Answer = SecretBytes;

    fn decode(payload: Structure<'_>) -> Result<SecretBytes> {
        managed_object::value_of(payload)
    }
}
