//! What the fuzz target `kmip_decode` needs of the private parts: there under `--cfg fuzzing` alone.

use strongroom_backend::{Error, SecretBytes};
use zeroize::Zeroizing;

use crate::message::{Failed, Outcome, Response};
use crate::operations::{
    Answered, Create, Decrypt, DiscoverVersions, Encrypt, Get, GetAttributes, Locate, Query,
};
use crate::reasons::Refusal;

/// What was read from a message in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// What it says, as text.
    Answer(String),
    /// Bytes that stand in it.
    Bytes(Vec<u8>),
    /// The server refused, with this error.
    Refused(String),
    /// It cannot be read in this way; the kind of the error.
    Error(strongroom_backend::ErrorKind),
}

/// Reads a message in every way that there is. None when it is no response.
pub fn read(message: &[u8]) -> Result<Vec<Read>, Error> {
    let response = Response::new(Zeroizing::new(message.to_vec()))?;
    let mut all = Vec::new();
    for at in 0..2 {
        all.push(match response.result(at) {
            Ok(Outcome::Done(_)) => Read::Answer("done".into()),
            Ok(Outcome::Undone) => Read::Answer("undone".into()),
            Ok(Outcome::Refused(refusal)) => refused(refusal),
            Err(error) => Read::Error(error.kind()),
        });
        all.push(answer::<Create<'_>>(&response, at, Read::Answer));
        all.push(answer::<Get<'_>>(&response, at, bytes));
        all.push(answer::<Decrypt<'_>>(&response, at, bytes));
        all.push(answer::<Encrypt<'_>>(&response, at, |found| Read::Bytes(found.data)));
        all.push(answer::<Locate<'_>>(&response, at, |found| {
            Read::Answer(format!("{:?} {:?}", found.identifiers, found.in_all))
        }));
        all.push(answer::<GetAttributes<'_>>(&response, at, |found| text(&found)));
        all.push(answer::<Query<'_>>(&response, at, |found| text(&found)));
        all.push(answer::<DiscoverVersions<'_>>(&response, at, |found| text(&found)));
    }
    Ok(all)
}

fn answer<O: Answered>(
    response: &Response,
    at: usize,
    show: impl FnOnce(O::Answer) -> Read,
) -> Read {
    match response.answer::<O>(at) {
        Ok(answer) => show(answer),
        Err(Failed::Refused(refusal)) => refused(refusal),
        Err(Failed::Error(error)) => Read::Error(error.kind()),
    }
}

fn refused(refusal: Refusal) -> Read {
    Read::Refused(refusal.into_error().to_string())
}

fn bytes(found: SecretBytes) -> Read {
    Read::Bytes(found.to_vec())
}

fn text(found: &impl std::fmt::Debug) -> Read {
    Read::Answer(format!("{found:?}"))
}
