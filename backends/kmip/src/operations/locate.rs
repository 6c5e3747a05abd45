//! Locate (KMIP 1.4 section 4.9).

use strongroom_backend::Result;

use super::{Answered, Request};
use crate::attributes::{self, Attribute};
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Finds the objects that have all of these attributes.
pub(crate) struct Locate<'a> {
    pub(crate) attributes: &'a [Attribute<'a>],
    /// How many of them to leave out. Needs KMIP 1.3 when it is not 0.
    pub(crate) offset: i32,
}

/// What was found.
pub(crate) struct Located {
    pub(crate) identifiers: Vec<String>,
    /// How many there are in all, where the server tells (KMIP 1.3).
    pub(crate) in_all: Option<i32>,
}

impl Request for Locate<'_> {
    fn operation(&self) -> Operation {
        Operation::Locate
    }

    fn since(&self) -> ProtocolVersion {
        if self.offset == 0 { ProtocolVersion::V1_0 } else { ProtocolVersion::V1_3 }
    }

    fn encode(&self, to: &mut Encoder, version: ProtocolVersion) {
        if self.offset != 0 {
            to.integer(Tag::OFFSET_ITEMS, self.offset);
        }
        attributes::to_locate(to, version, self.attributes);
    }
}

impl Answered for Locate<'_> {
    type Answer = Located;

    fn decode(payload: Structure<'_>) -> Result<Located> {
        let identifiers = payload
            .all(Tag::UNIQUE_IDENTIFIER)
            .map(|item| item.text().map(str::to_string))
            .collect::<Result<_>>()?;
        let in_all = payload.find(Tag::LOCATED_ITEMS).map(|item| item.integer()).transpose()?;
        Ok(Located { identifiers, in_all })
    }
}
