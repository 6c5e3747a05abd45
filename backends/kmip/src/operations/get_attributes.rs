//! Get Attributes (KMIP 1.4 section 4.12).

use strongroom_backend::Result;

use super::{Answered, Request};
use crate::attributes::{self, Found};
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Tells attributes of an object.
pub(crate) struct GetAttributes<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) wanted: &'a [Tag],
}

impl Request for GetAttributes<'_> {
    fn operation(&self) -> Operation {
        Operation::GetAttributes
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    fn encode(&self, to: &mut Encoder, version: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
        attributes::wanted(to, version, self.wanted);
    }
}

impl Answered for GetAttributes<'_> {
    type Answer = Found;

    fn decode(payload: Structure<'_>) -> Result<Found> {
        Found::decode(payload)
    }
}
