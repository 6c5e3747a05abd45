//! Requests and responses as a whole (KMIP 1.4 sections 6 and 7).

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};
use zeroize::Zeroizing;

use crate::enumerations::{CONTINUE, STOP, USERNAME_AND_PASSWORD, operation_name};
use crate::operations::{Answered, Request};
use crate::protocol_version::ProtocolVersion;
use crate::reasons::Refusal;
use crate::ttlv::{Encoder, Limits, Structure, Tag, damaged, decode};

/// A name and a password that a server wants beside the client certificate.
pub(crate) struct Credential<'a> {
    pub(crate) username: &'a str,
    pub(crate) password: &'a SecretBytes,
}

/// What a request says before its batch items.
pub(crate) struct Header<'a> {
    pub(crate) version: ProtocolVersion,
    pub(crate) credential: Option<Credential<'a>>,
    /// The longest answer, in bytes, that is read.
    pub(crate) maximum_response_size: Option<i32>,
}

/// What becomes of the batch items after one that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFailure {
    /// They are left undone.
    Stop,
    /// They are done all the same.
    Continue,
    /// They are done all the same, each after the one before it: without being asked for that, a server
    /// may take them in any order. One that cannot promise it refuses the whole message.
    ContinueInOrder,
}

/// A request of these operations, in this order.
pub(crate) fn request(
    header: &Header<'_>,
    operations: &[&dyn Request],
    after_failure: AfterFailure,
) -> Zeroizing<Vec<u8>> {
    let mut to = Encoder::new();
    to.structure(Tag::REQUEST_MESSAGE, |to| {
        to.structure(Tag::REQUEST_HEADER, |to| {
            header.version.encode(to);
            if let Some(size) = header.maximum_response_size {
                to.integer(Tag::MAXIMUM_RESPONSE_SIZE, size);
            }
            if let Some(credential) = &header.credential {
                to.structure(Tag::AUTHENTICATION, |to| authentication(to, credential));
            }
            if operations.len() > 1 {
                let option = if after_failure == AfterFailure::Stop { STOP } else { CONTINUE };
                to.enumeration(Tag::BATCH_ERROR_CONTINUATION_OPTION, option);
                if after_failure == AfterFailure::ContinueInOrder {
                    to.boolean(Tag::BATCH_ORDER_OPTION, true);
                }
            }
            to.integer(Tag::BATCH_COUNT, i32::try_from(operations.len()).unwrap_or(i32::MAX));
        });
        for (at, operation) in operations.iter().enumerate() {
            to.structure(Tag::BATCH_ITEM, |to| {
                to.enumeration(Tag::OPERATION, operation.operation() as u32);
                if operations.len() > 1 {
                    to.bytes(Tag::UNIQUE_BATCH_ITEM_ID, &batch_item_id(at));
                }
                to.structure(Tag::REQUEST_PAYLOAD, |to| operation.encode(to, header.version));
            });
        }
    });
    to.finish()
}

fn authentication(to: &mut Encoder, credential: &Credential<'_>) {
    // The password is text on the wire, but never in a `String` of ours.
    let password = std::str::from_utf8(credential.password).unwrap_or_default();
    to.structure(Tag::CREDENTIAL, |to| {
        to.enumeration(Tag::CREDENTIAL_TYPE, USERNAME_AND_PASSWORD);
        to.structure(Tag::CREDENTIAL_VALUE, |to| {
            to.text(Tag::USERNAME, credential.username);
            to.text(Tag::PASSWORD, password);
        });
    });
}

fn batch_item_id(at: usize) -> [u8; 4] {
    u32::try_from(at).unwrap_or(u32::MAX).to_be_bytes()
}

/// A response, checked from end to end.
pub(crate) struct Response {
    bytes: Zeroizing<Vec<u8>>,
}

impl Response {
    /// Takes a message. `Corrupt` when it is not a response.
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Response> {
        let message = decode(&bytes, Tag::RESPONSE_MESSAGE, Limits::RESPONSE)?;
        message.get(Tag::RESPONSE_HEADER)?.structure()?;
        message.get(Tag::BATCH_ITEM)?;
        Ok(Response { bytes })
    }

    /// What became of the operation at this place of the batch.
    pub(crate) fn result(&self, at: usize) -> Result<Outcome<'_>> {
        let message = decode(&self.bytes, Tag::RESPONSE_MESSAGE, Limits::RESPONSE)?;
        let mut first = None;
        for (place, item) in message.all(Tag::BATCH_ITEM).enumerate() {
            let item = item.structure()?;
            match item.find(Tag::UNIQUE_BATCH_ITEM_ID) {
                Some(id) if id.bytes()? == batch_item_id(at) => return outcome(item),
                Some(_) => {}
                // A batch of one has no ids.
                None if place == at => return outcome(item),
                None if place == 0 => first = Some(item),
                None => first = None,
            }
        }
        // Neither has a message that was refused as a whole, which one item says for all. One that says
        // that something was done speaks for itself alone.
        match first.map(outcome).transpose()? {
            Some(Outcome::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
            _ => Ok(Outcome::Undone),
        }
    }

    /// Checks that what was done was done to the objects that were meant. `Corrupt` when an answer is
    /// about another one, and so belongs to another request, or does not say about which.
    pub(crate) fn check_objects(&self, operations: &[&dyn Request]) -> Result<()> {
        for (at, operation) in operations.iter().enumerate() {
            let (Some(meant), Outcome::Done(payload)) = (operation.identifier(), self.result(at)?)
            else {
                continue;
            };
            if payload.get(Tag::UNIQUE_IDENTIFIER)?.text()? != meant {
                return Err(damaged("it is about another object than the request".into()));
            }
        }
        Ok(())
    }

    /// Whether the first operation was refused for something that the server does not know.
    pub(crate) fn is_unsupported(&self) -> Result<bool> {
        let Outcome::Refused(refusal) = self.result(0)? else { return Ok(false) };
        Ok(refusal.kind() == ErrorKind::Unsupported)
    }

    /// The answer at this place of the batch.
    pub(crate) fn answer<O: Answered>(&self, at: usize) -> Result<O::Answer, Failed> {
        match self.result(at)? {
            Outcome::Done(payload) => Ok(O::decode(payload)?),
            Outcome::Refused(refusal) => Err(Failed::Refused(refusal)),
            Outcome::Undone => Err(damaged("it leaves a part of the batch out".into()).into()),
        }
    }
}

/// What became of an operation.
pub(crate) enum Outcome<'a> {
    /// Done; this is the response payload.
    Done(Structure<'a>),
    /// Not done, and the server says why.
    Refused(Refusal),
    /// Not done, because one before it failed.
    Undone,
}

/// Why there is no answer.
pub(crate) enum Failed {
    /// The server refused.
    Refused(Refusal),
    /// Anything else.
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Error(error)
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Error {
        match failed {
            Failed::Refused(refusal) => refusal.into_error(),
            Failed::Error(error) => error,
        }
    }
}

fn outcome(item: Structure<'_>) -> Result<Outcome<'_>> {
    const SUCCESS: u32 = 0;
    if item.get(Tag::RESULT_STATUS)?.enumeration()? == SUCCESS {
        let payload = item.find(Tag::RESPONSE_PAYLOAD).map(|payload| payload.structure());
        return Ok(Outcome::Done(payload.transpose()?.unwrap_or(Structure::EMPTY)));
    }
    let operation = item.find(Tag::OPERATION).map(|found| found.enumeration()).transpose()?;
    let reason = item.find(Tag::RESULT_REASON).map(|found| found.enumeration()).transpose()?;
    let message = item.find(Tag::RESULT_MESSAGE).map(|found| found.text()).transpose()?;
    Ok(Outcome::Refused(Refusal {
        operation: operation.map(operation_name),
        reason: reason.unwrap_or(0),
        message: message.unwrap_or_default().to_string(),
    }))
}
