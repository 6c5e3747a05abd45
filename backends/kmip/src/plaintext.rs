//! Payloads as objects of their own type, for key managers that are meant to own them.

use std::sync::Arc;

use strongroom_backend::{
    Backend, Capabilities, Destroyed, Error, ErrorKind, Health, Locator, Marker, Placement,
    Reference, Result, SecretBytes,
};

use crate::enumerations::ObjectType;
use crate::managed_object::ManagedObject;
use crate::objects::Objects;
use crate::{KmipClient, Namespace};

/// The longest payload, in bytes.
pub const PAYLOAD_LIMIT: usize = 64 << 10;

/// What payloads are on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaintextType {
    /// Secret Data.
    SecretData,
    /// Opaque Object. Has no state: it can be destroyed without being revoked.
    OpaqueObject,
}

/// Payloads as they are, on a KMIP server: its operator, and everyone to whom it gives the right, can
/// read them. For payloads that only Strongroom can read, lay envelopes on a
/// [`KmipShelf`](crate::KmipShelf).
pub struct KmipObjects {
    objects: Objects,
    object_type: ObjectType,
}

impl KmipObjects {
    /// The objects of one namespace. Connects when it is first used.
    pub fn new(
        client: Arc<KmipClient>,
        namespace: Namespace,
        plaintext: PlaintextType,
    ) -> KmipObjects {
        let object_type = match plaintext {
            PlaintextType::SecretData => ObjectType::SecretData,
            PlaintextType::OpaqueObject => ObjectType::OpaqueObject,
        };
        KmipObjects { objects: Objects::new(client, namespace), object_type }
    }
}

impl Backend for KmipObjects {
    fn capabilities(&self) -> Capabilities {
        Capabilities { payload_limit: PAYLOAD_LIMIT, durable: true, binds_placement: false }
    }

    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        match payload.len() {
            1..=PAYLOAD_LIMIT => {}
            0 => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "the payload is empty",
                    "store at least one byte",
                ));
            }
            len => {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!("the payload has {len} bytes, the limit is {PAYLOAD_LIMIT}"),
                    "store the data elsewhere, encrypted under a key that is kept here",
                ));
            }
        }
        let object = ManagedObject { object_type: self.object_type, value: payload };
        self.objects.put(at.reference, object)
    }

    fn load(&self, at: &Placement<'_>, locator: &Locator) -> Result<SecretBytes> {
        self.objects.get(at.reference, locator)
    }

    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        self.objects.remove(targets).map(|()| Destroyed::Gone)
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

    fn health(&self) -> Vec<Health> {
        self.objects.health(self.object_type)
    }
}
