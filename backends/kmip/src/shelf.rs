//! Envelopes as objects: the server keeps what it cannot read.

use std::path::Path;
use std::sync::Arc;

use strongroom_backend::{
    Destroyed, Error, ErrorKind, Health, Locator, Marker, PayloadState, Reference, Result,
    SecretBytes, Shelf, ShelfStates,
};

use crate::enumerations::ObjectType;
use crate::getting::KnownBy;
use crate::managed_object::ManagedObject;
use crate::objects::Objects;
use crate::putting::Begin;
use crate::{KmipClient, Namespace};

/// The longest envelope when nothing else was asked for, in bytes. Some servers get slow above that.
pub const ENVELOPE_LIMIT: usize = 64 << 10;

/// A shelf on a KMIP server: each envelope is a Secret Data object.
///
/// The server's operator sees how many payloads there are, how long they are and when they come and
/// go, but not what they are. When an object's bytes really leave the server's disks, the server
/// decides.
pub struct KmipShelf {
    objects: Objects,
    limit: usize,
}

impl KmipShelf {
    /// The envelopes of one namespace. Connects when it is first used.
    pub fn new(client: Arc<KmipClient>, namespace: Namespace) -> KmipShelf {
        KmipShelf { objects: Objects::new(client, namespace), limit: ENVELOPE_LIMIT }
    }

    /// With another limit to the length of an envelope, in bytes.
    pub fn with_envelope_limit(mut self, limit: usize) -> KmipShelf {
        self.limit = limit;
        self
    }
}

impl Shelf for KmipShelf {
    fn is_durable(&self) -> bool {
        true
    }

    fn envelope_limit(&self) -> usize {
        self.limit
    }

    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator> {
        self.objects.put(reference, secret_data(&envelope), Begin::Active)
    }

    fn get(
        &self,
        reference: Reference,
        locator: &Locator,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes> {
        open(&self.objects.get(reference, locator, KnownBy::Content)?)
    }

    fn states(&self) -> Option<&dyn ShelfStates> {
        Some(self)
    }

    fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        self.objects.remove(targets)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        self.objects.list(after, limit)
    }

    fn marker(&self) -> Result<Option<Marker>> {
        self.objects.marker()
    }

    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        self.objects.set_marker(expected, marker)
    }

    fn copy_to(&self, _: &Path) -> Result<()> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "the payloads of a KMIP server cannot be copied into a file",
            "back the server up with its own tools",
        ))
    }

    fn health(&self) -> Vec<Health> {
        self.objects.health(ObjectType::SecretData)
    }
}

impl ShelfStates for KmipShelf {
    fn put_pre_active(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator> {
        self.objects.put(reference, secret_data(&envelope), Begin::PreActive)
    }

    fn follow(&self, reference: Reference, locator: &Locator, state: PayloadState) -> Result<()> {
        self.objects.follow(reference, locator, state)
    }
}

fn secret_data(envelope: &[u8]) -> ManagedObject<'_> {
    ManagedObject { object_type: ObjectType::SecretData, value: envelope }
}
