//! Payloads with a state of their own, as the objects of a KMIP server have.

use crate::{Locator, Placement, Reference, Result, SecretBytes};

/// A state that a payload is taken to while it is kept (KMIP 1.4 section 3.22).
///
/// In their order: none ever goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PayloadState {
    /// In use.
    Active,
    /// Not for anything new.
    Deactivated,
    /// Others may know it.
    Compromised,
}

/// A backend that shows the state of each payload to those who look after it.
///
/// States are for them to see: whatever a payload's state is, it loads as before. Dates never act by
/// themselves; a payload stays in its state until it is taken to another.
pub trait FollowStates: Send + Sync {
    /// Stores as [`Backend::store`](crate::Backend::store) does, which makes payloads active; this one
    /// stays pre-active.
    fn store_pre_active(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator>;

    /// Takes a payload to a state. One that is in it, or further on, is left alone, so repeating a call
    /// is safe; one that must pass a state on the way passes it. What it was compromised for stays known
    /// when it is destroyed.
    ///
    /// Adopted objects are left alone: they are not ours to change. `NotFound` when nothing is kept
    /// under the reference, `Conflict` when it cannot be told whether what is kept is ours.
    fn follow(&self, reference: Reference, locator: &Locator, state: PayloadState) -> Result<()>;
}

/// A shelf that does so for envelopes: what [`FollowStates`] is to a backend.
pub trait ShelfStates: Send + Sync {
    /// Lays an envelope down as [`Shelf::put`](crate::Shelf::put) does, but pre-active.
    fn put_pre_active(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator>;

    /// As [`FollowStates::follow`].
    fn follow(&self, reference: Reference, locator: &Locator, state: PayloadState) -> Result<()>;
}
