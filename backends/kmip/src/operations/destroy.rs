//! Destroy (KMIP 1.4 section 4.21).

use super::Request;
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Tag};

/// Destroys an object's bytes. An Active one must be revoked first.
pub(crate) struct Destroy<'a> {
    pub(crate) identifier: &'a str,
}

impl Request for Destroy<'_> {
    fn operation(&self) -> Operation {
        Operation::Destroy
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
    }
}
