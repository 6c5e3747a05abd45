//! Revoke (KMIP 1.4 section 4.20).

use super::Request;
use crate::enumerations::{Operation, RevocationReasonCode};
use crate::protocol_version::ProtocolVersion;
use crate::ttlv::{Encoder, Tag};

/// Ends the use of an object.
pub(crate) struct Revoke<'a> {
    pub(crate) identifier: &'a str,
    pub(crate) reason: RevocationReasonCode,
    /// When others may have come to know it, in seconds since 1970: to be said of Key Compromise, and of
    /// nothing else.
    pub(crate) compromised_at: Option<i64>,
}

impl<'a> Revoke<'a> {
    /// Of an object that is no longer needed.
    pub(crate) fn unneeded(identifier: &'a str) -> Revoke<'a> {
        let reason = RevocationReasonCode::CessationOfOperation;
        Revoke { identifier, reason, compromised_at: None }
    }

    /// Of an object that others may have come to know.
    pub(crate) fn compromised(identifier: &'a str, at: i64) -> Revoke<'a> {
        let reason = RevocationReasonCode::KeyCompromise;
        Revoke { identifier, reason, compromised_at: Some(at) }
    }
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
        if let Some(at) = self.compromised_at {
            to.date_time(Tag::COMPROMISE_OCCURRENCE_DATE, at);
        }
    }
}
