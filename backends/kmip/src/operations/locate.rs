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

/// Finds as many of them as fit into one answer, where the version can ask for that many and for those
/// after them (KMIP 1.3).
pub(crate) struct LocatePage<'a>(pub(crate) Locate<'a>);

impl LocatePage<'_> {
    /// The most of one page.
    pub(crate) const ITEMS: usize = 50_000;
    const MAXIMUM: i32 = LocatePage::ITEMS as i32;
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

impl Request for LocatePage<'_> {
    fn operation(&self) -> Operation {
        self.0.operation()
    }

    fn since(&self) -> ProtocolVersion {
        self.0.since()
    }

    fn encode(&self, to: &mut Encoder, version: ProtocolVersion) {
        if version >= ProtocolVersion::V1_3 {
            to.integer(Tag::MAXIMUM_ITEMS, Self::MAXIMUM);
        }
        self.0.encode(to, version);
    }
}

impl Answered for LocatePage<'_> {
    type Answer = Located;

    fn decode(payload: Structure<'_>) -> Result<Located> {
        Locate::decode(payload)
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
