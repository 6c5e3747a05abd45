//! Which version to speak (KMIP 1.4 section 4.26).

use std::time::Instant;

use strongroom_backend::{Error, ErrorKind};

use crate::ProtocolVersion;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::message::{AfterFailure, Failed, Header, request};
use crate::operations::DiscoverVersions;
use crate::reasons::reason;

/// Asks the server. `header` makes the header of a request in a version.
pub(crate) fn negotiate<'a>(
    connection: &mut Connection,
    deadline: Instant,
    header: impl Fn(ProtocolVersion) -> Header<'a>,
) -> Result<ProtocolVersion, Failure> {
    let discover = DiscoverVersions { versions: &ProtocolVersion::SPOKEN };
    // The first version that can ask, then the newest, for servers that left the old ones behind.
    for version in [ProtocolVersion::V1_1, ProtocolVersion::V2_0] {
        let bytes = request(&header(version), &[&discover], AfterFailure::Stop);
        let response = connection.exchange(&bytes, deadline).map_err(asked_only)?;
        match response.answer::<DiscoverVersions<'_>>(0) {
            Ok(answer) => return newest(&answer),
            Err(Failed::Refused(refusal)) => match refusal.kind() {
                ErrorKind::Unsupported if refusal.reason == reason::OPERATION_NOT_SUPPORTED => {
                    return Ok(ProtocolVersion::V1_0);
                }
                ErrorKind::Unsupported => {}
                ErrorKind::Unauthenticated | ErrorKind::Denied => {
                    return Err(Failure::Refused(refusal.into_error()));
                }
                // A fault of the moment says nothing of what it speaks.
                _ => return Err(Failure::NotSent(refusal.into_error())),
            },
            Err(Failed::Error(error)) => return Err(Failure::NotSent(error)),
        }
    }
    Ok(ProtocolVersion::V1_0)
}

/// Asking changes nothing.
fn asked_only(failure: Failure) -> Failure {
    match failure {
        Failure::Unknown(error) => Failure::NotSent(error),
        other => other,
    }
}

fn newest(answer: &[ProtocolVersion]) -> Result<ProtocolVersion, Failure> {
    let shared = ProtocolVersion::SPOKEN.into_iter().find(|version| answer.contains(version));
    shared.ok_or_else(|| {
        Failure::Refused(Error::new(
            ErrorKind::Config,
            "the KMIP server speaks no version that Strongroom speaks",
            "use a server that speaks KMIP 1.0 to 1.4, or 2.0",
        ))
    })
}
