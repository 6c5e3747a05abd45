//! What keeps payloads: the port to a shelf, a token or a key manager.

use std::path::Path;

use crate::{
    DeviceKey, Error, ErrorKind, FollowStates, Health, LoadAhead, ProjectId, Reference, Result,
    SecretBytes, SecretId, StoreId, VersionId,
};

/// A project key in one of its generations.
pub struct ProjectKey {
    generation: u32,
    material: KeyMaterial,
}

/// Where a project key is.
pub enum KeyMaterial {
    /// In this process: 32 bytes.
    Bytes(SecretBytes),
    /// In a device.
    Device(DeviceKey),
}

impl ProjectKey {
    /// A 256-bit project key of this generation.
    pub fn new(generation: u32, bytes: SecretBytes) -> ProjectKey {
        ProjectKey { generation, material: KeyMaterial::Bytes(bytes) }
    }

    /// A project key of this generation that stays in its device.
    pub fn in_device(generation: u32, key: DeviceKey) -> ProjectKey {
        ProjectKey { generation, material: KeyMaterial::Device(key) }
    }

    /// The generation, from 1.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The key itself, or what can use it.
    pub fn material(&self) -> &KeyMaterial {
        &self.material
    }

    /// The key: 32 bytes. `Unsupported` when it stays in a device.
    pub fn bytes(&self) -> Result<&SecretBytes> {
        match &self.material {
            KeyMaterial::Bytes(bytes) => Ok(bytes),
            KeyMaterial::Device(_) => Err(Error::new(
                ErrorKind::Unsupported,
                "this project key cannot leave its device",
                "let the device encrypt and decrypt",
            )),
        }
    }
}

/// What a payload is, for a backend that keeps it as an object of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadType {
    /// A passphrase.
    Passphrase,
    /// A symmetric key.
    SymmetricKey,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A certificate.
    Certificate,
    /// Any other bytes.
    Opaque,
}

/// Which payload a call is about, and the key that protects it.
#[derive(Clone, Copy)]
pub struct Placement<'a> {
    /// The id that the payload is kept under in the backend.
    pub reference: Reference,
    /// The store.
    pub store: StoreId,
    /// The project.
    pub project: ProjectId,
    /// The secret.
    pub secret: SecretId,
    /// The version.
    pub version: VersionId,
    /// What the payload is. Most backends leave it alone: it is bound to nothing.
    pub payload_type: PayloadType,
    /// The project's key; a backend that protects payloads by itself leaves it alone.
    pub key: &'a ProjectKey,
}

/// What a backend answered for finding a payload again: up to 1,024 bytes, often none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locator(Vec<u8>);

impl Locator {
    /// A locator of these bytes.
    pub fn new(bytes: Vec<u8>) -> Locator {
        Locator(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An object that others made and keep, as a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// What finds it again, and tells that it is the same object still.
    pub locator: Locator,
    /// How many bytes it has.
    pub size: usize,
    /// What it is.
    pub payload_type: PayloadType,
}

/// Whether the bytes of destroyed payloads are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destroyed {
    /// No file or object that the backend controls holds them any more.
    Gone,
    /// They can no longer be loaded, but bytes remain for now, for this reason. Destroying the same
    /// references again tries again.
    Remains(String),
}

/// Ties a backend to one store at one epoch.
///
/// An epoch is UTC microseconds: a restore or clone writes a later one, so that metadata older than
/// the marker knows itself to be old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker {
    /// The store that the payloads belong to.
    pub store: StoreId,
    /// The store's epoch.
    pub epoch: i64,
}

/// What a backend can and cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// The longest payload in bytes.
    pub payload_limit: usize,
    /// Whether a payload survives the process.
    pub durable: bool,
    /// Whether `load` refuses a payload that was stored under another placement.
    pub binds_placement: bool,
}

/// Refuses a payload without bytes, `InvalidArgument`, and one of more bytes than `limit`, `TooLarge`.
pub fn check_payload_length(payload: &SecretBytes, limit: usize) -> Result<()> {
    match payload.len() {
        0 => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the payload is empty",
            "check what writes it; an empty payload is never stored",
        )),
        len if len > limit => Err(Error::new(
            ErrorKind::TooLarge,
            format!("the payload has {len} bytes, the limit is {limit}"),
            "store the data elsewhere, encrypted under a key that is kept here",
        )),
        _ => Ok(()),
    }
}

/// Keeps payloads under references.
///
/// Implementations are safe to call from any thread at once, and know nothing of names or rules.
/// `Unavailable` means that the call certainly had no effect; `Timeout` that the outcome is not
/// known.
pub trait Backend: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Keeps a payload of 1 byte or more. When this returns, the payload survives a power cut.
    ///
    /// `AlreadyExists` when the reference is taken: a payload is never replaced. `TooLarge` above
    /// the declared limit.
    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator>;

    /// Brings a payload back. `NotFound` when nothing is kept under the reference, `Corrupt` when
    /// what is kept is not what was stored.
    fn load(&self, at: &Placement<'_>, locator: &Locator) -> Result<SecretBytes>;

    /// Where payloads can be asked for before it is certain which one is wanted.
    fn ahead(&self) -> Option<&dyn LoadAhead> {
        None
    }

    /// Where payloads have a state of their own that others see.
    fn states(&self) -> Option<&dyn FollowStates> {
        None
    }

    /// Takes an object that others made, by the identifier that it has where the backend keeps its own,
    /// so that `load` brings its bytes under the locator that this answers.
    ///
    /// Nothing is written, and the object stays whose it was: `list` leaves it out, and `destroy` leaves
    /// it where it is. `NotFound` when there is none, `Denied` when it is not for us to read, `NotActive`
    /// when its state forbids that it is used, `Conflict` when it belongs to a store. `Unsupported` where
    /// payloads are encrypted for us alone.
    fn adopt(&self, identifier: &str) -> Result<Adopted> {
        let _ = identifier;
        Err(Error::new(
            ErrorKind::Unsupported,
            "this backend keeps nothing that others made",
            "put the payload instead; objects are adopted from a KMIP server with plaintext_objects",
        ))
    }

    /// Removes payloads for good. A reference that is not there counts as destroyed, so repeating
    /// a call is safe. No `load` that starts after it returns succeeds, but of adopted objects: whoever
    /// made those removes them.
    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed>;

    /// Up to `limit` references after `after`, in the order of their bytes.
    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>>;

    /// The marker, if one was ever written.
    fn marker(&self) -> Result<Option<Marker>>;

    /// Replaces the marker, durably. `Conflict` when it is not `expected`.
    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()>;

    /// Writes everything that the backend keeps, still encrypted, to the new file `target`: a
    /// consistent copy, made while others go on reading and writing, and not synced.
    ///
    /// `Unsupported` where payloads cannot leave the backend.
    fn copy_to(&self, target: &Path) -> Result<()> {
        let _ = target;
        Err(Error::new(
            ErrorKind::Unsupported,
            "this backend's payloads cannot be copied into a file",
            "back it up with the tools of its maker",
        ))
    }

    /// Tests for real whether payloads can be stored and loaded now.
    fn health(&self) -> Vec<Health>;
}
