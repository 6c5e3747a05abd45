//! The operations that we use, one file each (KMIP 1.4 section 4): what is asked,
//! and how the answer is read.

mod activate;
mod create;
mod decrypt;
mod destroy;
mod discover_versions;
mod encrypt;
mod get;
mod get_attributes;
mod locate;
mod query;
mod register;
mod revoke;

pub(crate) use activate::Activate;
pub(crate) use create::Create;
pub(crate) use decrypt::Decrypt;
pub(crate) use destroy::Destroy;
pub(crate) use discover_versions::DiscoverVersions;
pub(crate) use encrypt::{Encrypt, Encrypted, TAG_BYTES};
pub(crate) use get::Get;
pub(crate) use get_attributes::GetAttributes;
pub(crate) use locate::{Locate, LocatePage};
pub(crate) use query::{Queried, Query};
pub(crate) use register::Register;
pub(crate) use revoke::Revoke;

use strongroom_backend::Result;

use crate::enumerations::Operation;
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// One thing that a server is asked for.
pub(crate) trait Request {
    /// Which operation.
    fn operation(&self) -> Operation;

    /// The first version in which it means what we need.
    fn since(&self) -> ProtocolVersion {
        ProtocolVersion::V1_0
    }

    /// The object that it is about; the answer must say that it is about the same.
    fn identifier(&self) -> Option<&str> {
        None
    }

    /// Writes the content of the request payload.
    fn encode(&self, to: &mut Encoder, version: ProtocolVersion);
}

/// A request whose answer says something.
pub(crate) trait Answered: Request {
    /// What it says.
    type Answer;

    /// Reads the content of the response payload.
    fn decode(payload: Structure<'_>) -> Result<Self::Answer>;
}

fn unique_identifier(payload: Structure<'_>) -> Result<String> {
    Ok(payload.get(Tag::UNIQUE_IDENTIFIER)?.text()?.to_string())
}
