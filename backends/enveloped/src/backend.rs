//! The backend: envelopes on a shelf.

use std::path::Path;

use strongroom_backend::{
    Backend, Capabilities, Destroyed, Error, ErrorKind, FollowStates, Health, LoadAhead, Loading,
    Locator, Marker, PayloadState, Placement, Reference, Result, SecretBytes, Shelf, ShelfStates,
    check_payload_length,
};

use crate::envelope;

/// The longest payload: 1 MiB.
pub const PAYLOAD_LIMIT: usize = 1 << 20;

/// Encrypts payloads under their project's key and lays them on a shelf.
pub struct Enveloped<S> {
    shelf: S,
}

impl<S: Shelf> Enveloped<S> {
    /// Over this shelf.
    pub fn new(shelf: S) -> Enveloped<S> {
        Enveloped { shelf }
    }

    /// The longest payload, in bytes, whose envelope fits on the shelf.
    fn payload_limit(&self) -> usize {
        self.shelf.envelope_limit().saturating_sub(envelope::OVERHEAD).min(PAYLOAD_LIMIT)
    }

    /// The envelope of a payload, if it is as long as it may be.
    fn seal(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Vec<u8>> {
        check_payload_length(payload, self.payload_limit())?;
        envelope::seal(at, payload)
    }

    /// The shelf, for what only its kind can do.
    pub fn shelf(&self) -> &S {
        &self.shelf
    }
}

impl<S: Shelf> Backend for Enveloped<S> {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            payload_limit: self.payload_limit(),
            durable: self.shelf.is_durable(),
            binds_placement: true,
        }
    }

    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        self.shelf.put(at.reference, self.seal(at, payload)?)
    }

    fn load(&self, at: &Placement<'_>, locator: &Locator) -> Result<SecretBytes> {
        self.shelf.get(at.reference, locator, &mut |found| envelope::open(at, found))
    }

    fn ahead(&self) -> Option<&dyn LoadAhead> {
        self.shelf.ahead().map(|_| self as _)
    }

    fn states(&self) -> Option<&dyn FollowStates> {
        self.shelf.states().map(|_| self as _)
    }

    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        if targets.is_empty() {
            return Ok(Destroyed::Gone);
        }
        self.shelf.remove(targets)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        self.shelf.list(after, limit)
    }

    fn marker(&self) -> Result<Option<Marker>> {
        self.shelf.marker()
    }

    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        self.shelf.set_marker(expected, marker)
    }

    fn copy_to(&self, target: &Path) -> Result<()> {
        self.shelf.copy_to(target)
    }

    fn health(&self) -> Vec<Health> {
        self.shelf.health()
    }
}

impl<S: Shelf> LoadAhead for Enveloped<S> {
    fn begin(&self, reference: Reference, locator: &Locator) -> Option<Loading<'_>> {
        let getting = self.shelf.ahead()?.begin(reference, locator)?;
        Some(Box::new(|at| getting(&mut |found| envelope::open(at, found))))
    }
}

impl<S: Shelf> Enveloped<S> {
    fn shelf_states(&self) -> Result<&dyn ShelfStates> {
        self.shelf.states().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "the envelopes of this shelf have no states",
                "ask the backend for its states first",
            )
        })
    }
}

impl<S: Shelf> FollowStates for Enveloped<S> {
    fn store_pre_active(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        self.shelf_states()?.put_pre_active(at.reference, self.seal(at, payload)?)
    }

    fn follow(&self, reference: Reference, locator: &Locator, state: PayloadState) -> Result<()> {
        self.shelf_states()?.follow(reference, locator, state)
    }
}
