//! The one error type.

use std::error::Error as StdError;
use std::fmt;

use crate::ErrorKind;

/// What a fallible operation of any part of Strongroom returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// A failed operation: its [kind](ErrorKind), what happened, and what to do next.
///
/// An error never carries secret bytes, a PIN or a password.
///
/// ```
/// use strongroom_backend::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "no secret web1/db", "see `strongroom list web1`");
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "no secret web1/db; see `strongroom list web1`");
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Parts>);

#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
struct Parts {
    kind: ErrorKind,
    what: String,
    next: String,
    backend: Option<String>,
    native: Option<String>,
    source: Option<Source>,
}

impl Parts {
    fn sentence(&self) -> String {
        let backend = self.backend.as_ref().map(|b| format!("backend {b}: ")).unwrap_or_default();
        let native = self.native.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
        format!("{backend}{}{native}; {}", self.what, self.next)
    }
}

impl Error {
    /// An error of `kind`: `what` happened, and what to do `next`.
    pub fn new(kind: ErrorKind, what: impl Into<String>, next: impl Into<String>) -> Error {
        Error(Box::new(Parts {
            kind,
            what: what.into(),
            next: next.into(),
            backend: None,
            native: None,
            source: None,
        }))
    }

    /// Names the backend in which it happened.
    pub fn with_backend(mut self, backend: impl Into<String>) -> Error {
        self.0.backend = Some(backend.into());
        self
    }

    /// Adds the code that the layer below gave: `CKR_…`, a KMIP reason, an SQLSTATE, `SQLITE_…`.
    pub fn with_native(mut self, native: impl Into<String>) -> Error {
        self.0.native = Some(native.into());
        self
    }

    /// Keeps the error that caused this one.
    pub fn with_source(mut self, source: impl Into<Source>) -> Error {
        self.0.source = Some(source.into());
        self
    }

    /// What a caller can act on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened, without the advice.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What to do next.
    pub fn next(&self) -> &str {
        &self.0.next
    }

    /// The backend in which it happened, if one is to blame.
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// The code that the layer below gave, if there was one.
    pub fn native(&self) -> Option<&str> {
        self.0.native.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.0.kind.name())
    }
}
