//! Payloads as objects of their own type, for key managers that are meant to own them.

use std::sync::Arc;

use strongroom_backend::{
    Adopted, Backend, Capabilities, Destroyed, FollowStates, Health, Locator, Marker, PayloadState,
    PayloadType, Placement, Reference, Result, SecretBytes, check_payload_length,
};

use crate::asymmetric::{is_certificate, private_key, public_key};
use crate::enumerations::ObjectType;
use crate::getting::KnownBy;
use crate::managed_object::ManagedObject;
use crate::objects::Objects;
use crate::putting::Begin;
use crate::{KmipClient, Namespace};

/// The longest payload, in bytes.
pub const PAYLOAD_LIMIT: usize = 64 << 10;

/// What payloads are on the server. One that cannot be of its type is Secret Data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PlaintextType {
    /// The type that fits what the payload is: Secret Data for a passphrase, Opaque Object for what is
    /// none of the others.
    #[default]
    Fitting,
    /// Secret Data.
    SecretData,
    /// Symmetric Key: an AES key of 16, 24 or 32 bytes.
    SymmetricKey,
    /// Private Key: RSA, or on P-256, P-384 or P-521, in PKCS#8 and DER.
    PrivateKey,
    /// Public Key: likewise, a SubjectPublicKeyInfo in DER.
    PublicKey,
    /// Certificate: X.509 in DER.
    Certificate,
    /// Opaque Object. Has no state: it can be destroyed without being revoked.
    OpaqueObject,
}

impl PlaintextType {
    /// The type of an object with these bytes.
    fn of(self, payload_type: PayloadType, payload: &[u8]) -> ObjectType {
        let wanted = self.wanted(payload_type);
        let fits = match wanted {
            ObjectType::SymmetricKey => matches!(payload.len(), 16 | 24 | 32),
            ObjectType::PrivateKey => private_key(payload).is_some(),
            ObjectType::PublicKey => public_key(payload).is_some(),
            ObjectType::Certificate => is_certificate(payload),
            ObjectType::SecretData | ObjectType::OpaqueObject => true,
        };
        if fits { wanted } else { ObjectType::SecretData }
    }

    fn wanted(self, payload_type: PayloadType) -> ObjectType {
        match self {
            PlaintextType::Fitting => match payload_type {
                PayloadType::Passphrase => ObjectType::SecretData,
                PayloadType::SymmetricKey => ObjectType::SymmetricKey,
                PayloadType::PrivateKey => ObjectType::PrivateKey,
                PayloadType::PublicKey => ObjectType::PublicKey,
                PayloadType::Certificate => ObjectType::Certificate,
                PayloadType::Opaque => ObjectType::OpaqueObject,
            },
            PlaintextType::SecretData => ObjectType::SecretData,
            PlaintextType::SymmetricKey => ObjectType::SymmetricKey,
            PlaintextType::PrivateKey => ObjectType::PrivateKey,
            PlaintextType::PublicKey => ObjectType::PublicKey,
            PlaintextType::Certificate => ObjectType::Certificate,
            PlaintextType::OpaqueObject => ObjectType::OpaqueObject,
        }
    }
}

/// Payloads as they are, on a KMIP server: its operator, and everyone to whom it gives the right, can
/// read them. For payloads that only Strongroom can read, lay envelopes on a
/// [`KmipShelf`](crate::KmipShelf).
pub struct KmipObjects {
    objects: Objects,
    plaintext: PlaintextType,
}

impl KmipObjects {
    /// The objects of one namespace. Connects when it is first used.
    pub fn new(
        client: Arc<KmipClient>,
        namespace: Namespace,
        plaintext: PlaintextType,
    ) -> KmipObjects {
        KmipObjects { objects: Objects::new(client, namespace), plaintext }
    }

    fn put(&self, at: &Placement<'_>, payload: &SecretBytes, begin: Begin) -> Result<Locator> {
        check_payload_length(payload, PAYLOAD_LIMIT)?;
        let object_type = self.objects.kept_as(self.plaintext.of(at.payload_type, payload))?;
        self.objects.put(at.reference, ManagedObject { object_type, value: payload }, begin)
    }
}

impl Backend for KmipObjects {
    fn capabilities(&self) -> Capabilities {
        Capabilities { payload_limit: PAYLOAD_LIMIT, durable: true, binds_placement: false }
    }

    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        self.put(at, payload, Begin::Active)
    }

    fn load(&self, at: &Placement<'_>, locator: &Locator) -> Result<SecretBytes> {
        self.objects.get(at.reference, locator, KnownBy::Name)
    }

    fn states(&self) -> Option<&dyn FollowStates> {
        Some(self)
    }

    fn adopt(&self, identifier: &str) -> Result<Adopted> {
        self.objects.adopt(identifier)
    }

    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
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

    fn health(&self) -> Vec<Health> {
        // Bytes that can be an AES key; no other type has bytes that can be made up.
        self.objects.health(self.plaintext.of(PayloadType::Passphrase, &[0; 32]))
    }
}

impl FollowStates for KmipObjects {
    fn store_pre_active(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        self.put(at, payload, Begin::PreActive)
    }

    fn follow(&self, reference: Reference, locator: &Locator, state: PayloadState) -> Result<()> {
        self.objects.follow(reference, locator, state)
    }
}
