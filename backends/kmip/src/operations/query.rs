//! Query (KMIP 1.4 section 4.25).

use strongroom_backend::Result;

use super::{Answered, Request};
use crate::enumerations::{Operation, QueryFunction};
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Structure, Tag};

/// Asks what the server can do.
pub(crate) struct Query<'a> {
    pub(crate) functions: &'a [QueryFunction],
}

/// What it said, in the numbers of the specification.
#[derive(Debug, Default, Clone)]
pub(crate) struct Queried {
    pub(crate) operations: Vec<u32>,
    pub(crate) object_types: Vec<u32>,
    pub(crate) vendor: Option<String>,
}

impl Request for Query<'_> {
    fn operation(&self) -> Operation {
        Operation::Query
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        for function in self.functions {
            to.enumeration(Tag::QUERY_FUNCTION, *function as u32);
        }
    }
}

impl Answered for Query<'_> {
    type Answer = Queried;

    fn decode(payload: Structure<'_>) -> Result<Queried> {
        let numbers =
            |tag| payload.all(tag).map(|item| item.enumeration()).collect::<Result<Vec<u32>>>();
        let vendor =
            payload.find(Tag::VENDOR_IDENTIFICATION).map(|item| item.text()).transpose()?;
        Ok(Queried {
            operations: numbers(Tag::OPERATION)?,
            object_types: numbers(Tag::OBJECT_TYPE)?,
            vendor: vendor.map(str::to_string),
        })
    }
}
