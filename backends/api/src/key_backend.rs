//! What wraps keys: the port to a software keyring, a token or a key manager.

use std::fmt;
use std::sync::Arc;

use crate::{DeviceCipher, Error, ErrorKind, Health, ProjectId, Result, SecretBytes, StoreId};

/// The name of a root key: 1 to 64 bytes of `[A-Za-z0-9._-]`. Never used again once retired.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootKeyId(String);

impl RootKeyId {
    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<RootKeyId> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
            return Ok(RootKeyId(name));
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{name:?} is not a key id"),
            "use 1 to 64 characters of A-Z a-z 0-9 . _ -",
        ))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RootKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a wrapped key is for; part of what its wrapping binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyPurpose {
    /// A known value, wrapped to recognise a root key.
    CheckValue = 1,
    /// The store key.
    StoreKey = 2,
    /// A project key.
    ProjectKey = 3,
}

/// What a wrapping binds the key to. It leaves the root key's id out, so that a rewrap keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrapContext {
    /// The store.
    pub store: StoreId,
    /// The project, or [`ProjectId::STORE`].
    pub project: ProjectId,
    /// The key's generation, from 1.
    pub generation: u32,
    /// What the key is for.
    pub purpose: KeyPurpose,
}

impl WrapContext {
    /// The canonical bytes: store id, project id, generation (big-endian), purpose.
    pub fn to_bytes(&self) -> [u8; 37] {
        let mut bytes = [0; 37];
        bytes[..16].copy_from_slice(self.store.as_bytes());
        bytes[16..32].copy_from_slice(self.project.as_bytes());
        bytes[32..36].copy_from_slice(&self.generation.to_be_bytes());
        bytes[36] = self.purpose as u8;
        bytes
    }
}

/// Wraps and unwraps store and project keys under root keys that it keeps.
///
/// Implementations are safe to call from any thread at once. A call that fails with `Unavailable`
/// had no effect.
pub trait KeyBackend: Send + Sync {
    /// The kind that the config names: `software`, `pkcs11`, `kmip`.
    fn kind(&self) -> &'static str;

    /// Whether a wrapped key opens only under the context that it was wrapped with. Where it does
    /// not, the library binds the blob by the authenticated row that holds it.
    fn binds_context(&self) -> bool;

    /// Whether anybody who knows the root key's public part could have wrapped this, as with RSA. The
    /// library then trusts no wrapped store key that it has not seen before.
    fn anyone_can_wrap(&self, wrapped: &[u8]) -> bool {
        let _ = wrapped;
        false
    }

    /// What encrypts payloads inside the device, under project keys that were made there; also where
    /// new ones are not to be.
    fn device(&self) -> Option<Arc<dyn DeviceCipher>> {
        None
    }

    /// Whether new project keys are to be made in the [device](Self::device), to stay there.
    fn keeps_keys_in_device(&self) -> bool {
        false
    }

    /// Tests that a root key is kept as it must be: for a token, that it is sensitive and can never
    /// leave. What is not as it should be is a warning or an error.
    fn check_root_key(&self, root: &RootKeyId) -> Result<Vec<Health>> {
        let _ = root;
        Ok(Vec::new())
    }

    /// Every root key that is at hand, sorted.
    fn root_keys(&self) -> Result<Vec<RootKeyId>>;

    /// Makes a new root key. `AlreadyExists` if the id is taken; never replaces one.
    fn create_root_key(&self, id: &RootKeyId) -> Result<()>;

    /// Wraps a 32-byte key. Wrapping the same key twice gives different bytes.
    fn wrap(&self, root: &RootKeyId, key: &SecretBytes, context: &WrapContext) -> Result<Vec<u8>>;

    /// Unwraps what [`wrap`](Self::wrap) made. `NotFound` when the root key is not at hand,
    /// `Corrupt` when the blob was altered, or wrapped under another key or context.
    fn unwrap(&self, root: &RootKeyId, blob: &[u8], context: &WrapContext) -> Result<SecretBytes>;

    /// The root keys themselves, in the key backend's own format, for a backup under a passphrase.
    ///
    /// `Unsupported` where keys cannot leave the backend.
    fn export(&self) -> Result<SecretBytes> {
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("the root keys of a {} key backend cannot be exported", self.kind()),
            "back them up with the tools of its maker",
        ))
    }

    /// Tests for real whether keys can be wrapped and unwrapped now.
    fn health(&self) -> Vec<Health>;
}
