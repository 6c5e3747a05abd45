//! Where envelopes lie.

use std::path::Path;

use strongroom_backend::{Destroyed, Health, Marker, Reference, Result, SecretBytes};

/// Keeps envelopes, which are ciphertext, under references.
///
/// The promises are those of [`Backend`](strongroom_backend::Backend), whose methods these serve;
/// implementations are safe to call from any thread at once.
pub trait Shelf: Send + Sync {
    /// Whether envelopes survive the process.
    fn is_durable(&self) -> bool;

    /// Lays an envelope down, durably. `AlreadyExists` when the reference is taken.
    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<()>;

    /// Hands the envelope to `open`, once, and returns what that makes of it. `NotFound` when
    /// there is none.
    fn get(
        &self,
        reference: Reference,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes>;

    /// Removes envelopes for good, and says whether their bytes are gone. Absent ones count as
    /// removed.
    fn remove(&self, references: &[Reference]) -> Result<Destroyed>;

    /// Up to `limit` references after `after`, in the order of their bytes.
    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>>;

    /// The marker, if one was ever written.
    fn marker(&self) -> Result<Option<Marker>>;

    /// Replaces the marker, durably. `Conflict` when it is not `expected`.
    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()>;

    /// Writes a consistent copy to the new file `target` while the shelf is in use, not synced.
    /// `Unsupported` where there is no file to be copied.
    fn copy_to(&self, target: &Path) -> Result<()>;

    /// Tests for real whether envelopes can be put and got now.
    fn health(&self) -> Vec<Health>;
}

pub(crate) mod errors {
    //! What every shelf says alike.

    use strongroom_backend::{Error, ErrorKind, Reference};

    pub(crate) fn absent(reference: Reference) -> Error {
        Error::new(
            ErrorKind::NotFound,
            format!("the shelf has no envelope {reference}"),
            "run `strongroom doctor`; if the shelf is the wrong or an old file, put the right one back",
        )
    }

    pub(crate) fn taken(reference: Reference) -> Error {
        Error::new(
            ErrorKind::AlreadyExists,
            format!("the shelf has an envelope {reference} already"),
            "store under a new reference",
        )
    }

    pub(crate) fn other_marker() -> Error {
        Error::new(
            ErrorKind::Conflict,
            "the shelf's marker is not the expected one",
            "check that metadata and shelf belong together; another process may have restored the store",
        )
    }
}
