use strongroom_backend::Result;

use super::{Answered, Request};
use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Asks which of our versions the server speaks.
pub(crate) struct DiscoverVersions;

impl Request for DiscoverVersions {
    fn operation(&self) -> Operation {
        Operation::DiscoverVersions
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        for version in ProtocolVersion::SPOKEN {
            version.encode(to);
        }
    }
}

impl Answered for DiscoverVersions {
    type Answer = Vec<ProtocolVersion>;

    fn decode(payload: Structure<'_>) -> Result<Vec<ProtocolVersion>> {
        payload
            .all(Tag::PROTOCOL_VERSION)
            .map(|item| ProtocolVersion::decode(item.structure()?))
            .collect()
    }
}
