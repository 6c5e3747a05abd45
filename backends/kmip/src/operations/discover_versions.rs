//! Discover Versions (KMIP 1.4 section 4.26).

use strongroom_backend::Result;

use super::{Answered, Request};
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Asks which of these versions the server speaks.
pub(crate) struct DiscoverVersions<'a> {
    pub(crate) versions: &'a [ProtocolVersion],
}

impl Request for DiscoverVersions<'_> {
    fn operation(&self) -> Operation {
        Operation::DiscoverVersions
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        for version in self.versions {
            version.encode(to);
        }
    }
}

impl Answered for DiscoverVersions<'_> {
    type Answer = Vec<ProtocolVersion>;

    fn decode(payload: Structure<'_>) -> Result<Vec<ProtocolVersion>> {
        payload
            .all(Tag::PROTOCOL_VERSION)
            .map(|item| ProtocolVersion::decode(item.structure()?))
            .collect()
    }
}
