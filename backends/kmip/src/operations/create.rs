//! Create (KMIP 1.4 section 4.1).

use strongroom_backend::Result;

use super::{Answered, Request, unique_identifier};
use crate::attributes::{self, Attribute};
use crate::enumerations::{ObjectType, Operation};
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Makes a symmetric key inside the server.
pub(crate) struct Create<'a> {
    pub(crate) attributes: &'a [Attribute<'a>],
}

impl Request for Create<'_> {
    fn operation(&self) -> Operation {
        Operation::Create
    }

    fn encode(&self, to: &mut Encoder, version: ProtocolVersion) {
        to.enumeration(Tag::OBJECT_TYPE, ObjectType::SymmetricKey as u32);
        attributes::of_new_object(to, version, self.attributes);
    }
}

impl Answered for Create<'_> {
    type Answer = String;

    fn decode(payload: Structure<'_>) -> Result<String> {
        unique_identifier(payload)
    }
}
