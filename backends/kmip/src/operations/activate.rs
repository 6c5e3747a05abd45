//! Activate (KMIP 1.4 section 4.19).

use super::Request;
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Tag};

/// Makes an object Active.
pub(crate) struct Activate<'a> {
    pub(crate) identifier: &'a str,
}

impl Request for Activate<'_> {
    fn operation(&self) -> Operation {
        Operation::Activate
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    /// With the identifier: not every server takes the one of the batch item before it instead.
    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
    }
}
