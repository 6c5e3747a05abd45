//! Revoke (KMIP 1.4 section 4.20).

use super::Request;
use crate::enumerations::{Operation, RevocationReasonCode};
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Tag};

/// Ends the use of an object.
pub(crate) struct Revoke<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) reason: RevocationReasonCode,
}

impl Request for Revoke<'_> {
    fn operation(&self) -> Operation {
        Operation::Revoke
    }

    fn identifier(&self) -> Option<&str> {
        Some(self.identifier)
    }

    fn encode(&self, to: &mut Encoder, _: ProtocolVersion) {
        to.text(Tag::UNIQUE_IDENTIFIER, self.identifier);
        to.structure(Tag::REVOCATION_REASON, |to| {
            to.enumeration(Tag::REVOCATION_REASON_CODE, self.reason as u32);
        });
    }
}
