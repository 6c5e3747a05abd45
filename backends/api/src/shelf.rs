//! Where envelopes lie: the port to a database, a folder or a key manager.

use std::path::Path;

use crate::{
    Destroyed, GetAhead, Health, Locator, Marker, Reference, Result, SecretBytes, ShelfStates,
};

/// Keeps envelopes, which are ciphertext, under references.
///
/// The promises are those of [`Backend`](crate::Backend), whose methods these serve; implementations
/// are safe to call from any thread at once.
pub trait Shelf: Send + Sync {
    /// Whether envelopes survive the process.
    fn is_durable(&self) -> bool;

    /// The longest envelope, in bytes.
    fn envelope_limit(&self) -> usize {
        usize::MAX
    }

    /// Lays an envelope down, durably, and says how it is found again; most shelves need nothing but
    /// the reference. `AlreadyExists` when the reference is taken.
    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator>;

    /// Hands the envelope to `open`, once, and returns what that makes of it. `NotFound` when
    /// there is none.
    fn get(
        &self,
        reference: Reference,
        locator: &Locator,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes>;

    /// Where envelopes can be asked for before it is certain which one is wanted.
    fn ahead(&self) -> Option<&dyn GetAhead> {
        None
    }

    /// Where envelopes have a state of their own that others see.
    fn states(&self) -> Option<&dyn ShelfStates> {
        None
    }

    /// Removes envelopes for good, and says whether their bytes are gone. Absent ones count as
    /// removed.
    fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed>;

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
