//! Project keys that stay inside a device, which encrypts payloads itself.

use std::fmt;
use std::sync::Arc;

use crate::{Result, RootKeyId, SecretBytes, WrapContext};

/// The length of an initialization vector of AES-GCM, in bytes.
pub const IV_BYTES: usize = 12;

/// What a device gave for a plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The initialization vector that was really used: a device may choose its own.
    pub iv: [u8; IV_BYTES],
    /// The ciphertext with its tag of 16 bytes at the end.
    pub ciphertext: Vec<u8>,
}

/// Encrypts under project keys that never leave a device in the clear.
///
/// Outside of the device a project key exists wrapped under a root key of the device, and is loaded
/// on demand into a bounded number of session objects there. Implementations are safe to call from
/// any thread at once. `Unavailable` means that the call certainly had no effect.
pub trait DeviceCipher: Send + Sync {
    /// Makes a 256-bit project key in the device and returns it wrapped under `root`.
    fn create_key(&self, root: &RootKeyId, context: &WrapContext) -> Result<Vec<u8>>;

    /// Whether `wrapped` is a key that [`create_key`](Self::create_key) made. What is not was made
    /// outside of the device, and is unwrapped by [`KeyBackend::unwrap`](crate::KeyBackend::unwrap).
    fn is_device_key(&self, wrapped: &[u8]) -> bool;

    /// Wraps a project key of the device under another root key of the same device.
    fn rewrap(
        &self,
        from: &RootKeyId,
        wrapped: &[u8],
        to: &RootKeyId,
        context: &WrapContext,
    ) -> Result<Vec<u8>>;

    /// Encrypts with AES-256-GCM under an initialization vector that was never used with this key.
    fn encrypt(
        &self,
        key: &DeviceKey,
        associated: &[u8],
        plaintext: &SecretBytes,
    ) -> Result<Sealed>;

    /// Decrypts. `Corrupt` when ciphertext or associated data were altered, or the key is another
    /// one; `Unavailable` when the device does not do its work.
    fn decrypt(&self, key: &DeviceKey, associated: &[u8], sealed: &Sealed) -> Result<SecretBytes>;
}

/// A project key of a device, wrapped, and the device that can use it.
#[derive(Clone)]
pub struct DeviceKey {
    cipher: Arc<dyn DeviceCipher>,
    root: RootKeyId,
    wrapped: Vec<u8>,
    context: WrapContext,
}

impl DeviceKey {
    /// The key that `cipher` made under `root` as `wrapped`.
    pub fn new(
        cipher: Arc<dyn DeviceCipher>,
        root: RootKeyId,
        wrapped: Vec<u8>,
        context: WrapContext,
    ) -> DeviceKey {
        DeviceKey { cipher, root, wrapped, context }
    }

    /// The root key that wraps it.
    pub fn root(&self) -> &RootKeyId {
        &self.root
    }

    /// The wrapped key.
    pub fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// What the key belongs to.
    pub fn context(&self) -> &WrapContext {
        &self.context
    }

    /// Encrypts in the device: [`DeviceCipher::encrypt`].
    pub fn encrypt(&self, associated: &[u8], plaintext: &SecretBytes) -> Result<Sealed> {
        self.cipher.encrypt(self, associated, plaintext)
    }

    /// Decrypts in the device: [`DeviceCipher::decrypt`].
    pub fn decrypt(&self, associated: &[u8], sealed: &Sealed) -> Result<SecretBytes> {
        self.cipher.decrypt(self, associated, sealed)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey(of {}, under {})", self.context.project, self.root)
    }
}
