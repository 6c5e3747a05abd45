//! Register (KMIP 1.4 section 4.3).

use strongroom_backend::Result;

use super::{Answered, Request, unique_identifier};
use crate::attributes::{self, Attribute};
use crate::enumerations::Operation;
use crate::managed_object::ManagedObject;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Gives the server an object to keep.
pub(crate) struct Register<'a> {
    pub(crate) object: ManagedObject<'a>,
    pub(crate) attributes: &'a [Attribute<'a>],
}

impl Request for Register<'_> {
    fn operation(&self) -> Operation {
        Operation::Register
    }

    fn encode(&self, to: &mut Encoder, version: ProtocolVersion) {
        to.enumeration(Tag::OBJECT_TYPE, self.object.object_type as u32);
        attributes::of_new_object(to, version, self.attributes);
        self.object.encode(to);
    }
}

impl Answered for Register<'_> {
    type Answer = String;

    fn decode(payload: Structure<'_>) -> Result<String> {
        unique_identifier(payload)
    }
}
