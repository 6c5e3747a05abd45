//! Asking for a payload before it is known whether it is the one that will be wanted.
//!
//! A backend behind a network answers after a round trip. A caller who can guess which payload it is
//! going to load asks for it, does something else meanwhile, and then takes the answer or drops it.

use crate::{Locator, Placement, Reference, Result, SecretBytes};

/// What a [`Backend`](crate::Backend) was asked for: the rest of its `load`. `None` when nothing came back: whoever
/// still wants it calls `load`. Dropped, the answer is thrown away.
pub type Loading<'a> = Box<dyn FnOnce(&Placement<'_>) -> Option<Result<SecretBytes>> + 'a>;

/// What a [`Shelf`](crate::Shelf) was asked for: the rest of its `get`. `None` when nothing came back: whoever still
/// wants it calls `get`. Dropped, the answer is thrown away.
pub type Getting<'a> = Box<
    dyn FnOnce(&mut dyn FnMut(&[u8]) -> Result<SecretBytes>) -> Option<Result<SecretBytes>> + 'a,
>;

/// A backend that can be asked for payloads ahead.
///
/// An answer may be from any moment between the question and the end of `Loading`.
pub trait LoadAhead {
    /// Asks for the payload under a reference and waits for nothing. Nothing when that is not possible
    /// now.
    fn begin(&self, reference: Reference, locator: &Locator) -> Option<Loading<'_>>;
}

/// A shelf that can be asked for envelopes ahead, as [`LoadAhead`] says.
pub trait GetAhead {
    /// Asks for an envelope and waits for nothing. Nothing when that is not possible now.
    fn begin(&self, reference: Reference, locator: &Locator) -> Option<Getting<'_>>;
}
