//! How a call fails, and what may be done about it.

use strongroom_backend::{Error, ErrorKind};

/// A call to a server that brought no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing of the request reached the server, and it will not help to wait.
    Refused(Error),
    /// Nothing of the request reached the server.
    NotSent(Error),
    /// The server may have done what it was asked for.
    Unknown(Error),
}

/// What a request changes on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    Nothing,
    /// Something, but twice is the same as once.
    SameTwice,
    /// Something that must be looked for before it is asked for again.
    Once,
}

impl Effect {
    /// Whether the request may be sent again when its outcome is not known.
    pub(crate) fn may_be_repeated(self) -> bool {
        self != Effect::Once
    }

    /// The error of a request of this effect: one that may have been carried out is `Timeout`.
    pub(crate) fn error(self, failure: Failure) -> Error {
        match failure {
            Failure::Unknown(error) if self != Effect::Nothing => outcome_unknown(error),
            Failure::Refused(error) | Failure::NotSent(error) | Failure::Unknown(error) => error,
        }
    }
}

/// The error of something that may have been carried out, whatever came after it.
pub(crate) fn outcome_unknown(error: Error) -> Error {
    Error::new(
        ErrorKind::Timeout,
        error.what().to_string(),
        "read back what became of it, then try again",
    )
    .with_native(error.native().unwrap_or("no answer").to_string())
}

/// The error of what follows something that was done: it may be no more than half of it now.
pub(crate) fn after_a_change(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unavailable => outcome_unknown(error),
        _ => error,
    }
}

/// The same error again, for another caller.
pub(crate) fn copy(error: &Error) -> Error {
    let copy = Error::new(error.kind(), error.what().to_string(), error.next().to_string());
    match error.native() {
        Some(native) => copy.with_native(native.to_string()),
        None => copy,
    }
}
