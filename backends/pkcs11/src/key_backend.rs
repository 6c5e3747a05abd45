//! The key backend: root keys that never leave the token.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use strongroom_backend::{
    DeviceCipher, Error, ErrorKind, Health, KeyBackend, KeyPurpose, ProjectId, Result, RootKeyId,
    SecretBytes, StoreId, WrapContext, step,
};

use crate::blob::{Blob, Wrapping, corrupt};
use crate::device::TokenCipher;
use crate::direct::Direct;
use crate::failure::Failure;
use crate::gcm::GcmKey;
use crate::held::Held;
use crate::oaep::{self, Pair};
use crate::roots::{self, Role};
use crate::token::Token;
use crate::{check, making};

const KEY: usize = 32;
const CONTEXT: usize = 37;

/// Where project keys are while they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyLocation {
    /// In this process: the token unwraps a project key once, and software encrypts with it.
    #[default]
    Envelope,
    /// In the token: it encrypts and decrypts every payload itself.
    Device,
}

/// Root keys in a token: AES-256 keys, or RSA keys where the token has no AES-GCM.
///
/// Safe to call from any thread at once.
pub struct Pkcs11Keys {
    token: Token,
    direct: Direct,
    location: KeyLocation,
    cipher: Arc<TokenCipher>,
    /// One root key is made at a time, so that no two get the same id.
    making: Mutex<()>,
    /// The hash that OAEP is done with, once the token has shown it.
    hash: Arc<OnceLock<Wrapping>>,
}

impl Pkcs11Keys {
    /// Makes a first root key in the token. `AlreadyExists` when the token has one of this id;
    /// `Unsupported` when the token cannot do what `location` needs.
    pub fn create(token: Token, first: &RootKeyId, location: KeyLocation) -> Result<Pkcs11Keys> {
        let keys = Pkcs11Keys::open(token, location)?;
        keys.create_root_key(first)?;
        Ok(keys)
    }

    /// Opens the root keys of a token; never makes one, and does not search for one before it is
    /// asked for.
    pub fn open(token: Token, location: KeyLocation) -> Result<Pkcs11Keys> {
        let direct = Direct::of(&token)?;
        Ok(Pkcs11Keys {
            cipher: Arc::new(TokenCipher::new(token.clone(), direct)),
            token,
            direct,
            location,
            making: Mutex::new(()),
            hash: Arc::new(OnceLock::new()),
        })
    }

    /// Where project keys are while they are used.
    pub fn location(&self) -> KeyLocation {
        self.location
    }

    /// Wraps and unwraps with every root key.
    fn test_every_key(&self) -> Result<Vec<Health>> {
        let context = WrapContext {
            store: StoreId::from_bytes([0; 16]),
            project: ProjectId::STORE,
            generation: 1,
            purpose: KeyPurpose::CheckValue,
        };
        let roots = self.root_keys()?;
        let probe = SecretBytes::random(KEY)?;
        for root in &roots {
            let wrapped = self.wrap(root, &probe, &context)?;
            if !self.unwrap(root, &wrapped, &context)?.equals(&probe) {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    format!("root key {root} of the token does not give back what it wrapped"),
                    "check the token with the tools of its maker",
                ));
            }
        }
        Ok(vec![Health::ok(PART, format!("{} usable root keys", roots.len()))])
    }
}

const PART: &str = "token";

impl KeyBackend for Pkcs11Keys {
    fn kind(&self) -> &'static str {
        "pkcs11"
    }

    /// Yes with AES-GCM. Not with RSA: what it opens is compared with its context, but anybody can
    /// wrap. Asked for anew each time: others may make root keys in the same token.
    fn binds_context(&self) -> bool {
        !self.token.call_repeatable(roots::any_rsa).unwrap_or(true)
    }

    /// Yes for what RSA wraps. What is no blob of ours is not opened anyway.
    fn anyone_can_wrap(&self, wrapped: &[u8]) -> bool {
        Blob::parse(wrapped).is_ok_and(|blob| blob.wrapping.is_public())
    }

    fn device(&self) -> Option<Arc<dyn DeviceCipher>> {
        Some(self.cipher.clone())
    }

    fn keeps_keys_in_device(&self) -> bool {
        self.location == KeyLocation::Device
    }

    fn check_root_key(&self, root: &RootKeyId) -> Result<Vec<Health>> {
        let (root, location) = (root.clone(), self.location);
        self.token.call_repeatable(move |held| check::root_key(held, &root, location))
    }

    fn root_keys(&self) -> Result<Vec<RootKeyId>> {
        self.token.call_repeatable(roots::list)
    }

    fn create_root_key(&self, id: &RootKeyId) -> Result<()> {
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        making::root_key(&self.token, self.direct, id, self.location)?;
        step("token.root_key");
        Ok(())
    }

    fn wrap(&self, root: &RootKeyId, key: &SecretBytes, context: &WrapContext) -> Result<Vec<u8>> {
        if key.len() != KEY {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("a key of {} bytes cannot be wrapped", key.len()),
                format!("wrap keys of {KEY} bytes"),
            ));
        }
        let (root, context, hash) = (root.clone(), *context, self.hash.clone());
        let direct = self.direct;
        let key = SecretBytes::copy_of(key)?;
        self.token.call_repeatable(move |held| wrap(held, direct, &root, &key, &context, &hash))
    }

    fn unwrap(&self, root: &RootKeyId, blob: &[u8], context: &WrapContext) -> Result<SecretBytes> {
        Blob::parse(blob)?;
        let (root, context, blob) = (root.clone(), *context, blob.to_vec());
        let direct = self.direct;
        self.token.call_repeatable(move |held| {
            unwrap(held, direct, &root, &Blob::parse(&blob)?, &context)
        })
    }

    fn health(&self) -> Vec<Health> {
        self.test_every_key().unwrap_or_else(|e| vec![Health::error(PART, e.to_string())])
    }
}

fn wrap(
    held: &mut Held,
    direct: Direct,
    root: &RootKeyId,
    key: &SecretBytes,
    context: &WrapContext,
    hash: &OnceLock<Wrapping>,
) -> Result<Vec<u8>, Failure> {
    let aes = roots::key(held, Role::Root, root);
    if !roots::is_missing(&aes) {
        let aes = GcmKey { key: aes?, session: held, direct };
        let sealed = aes.encrypt(&Wrapping::Gcm.associated(context), key)?;
        return Ok(Wrapping::Gcm.sealed_blob(&sealed)?);
    }
    let pair = pair(held, root)?;
    let hash = match hash.get() {
        Some(known) => *known,
        None => {
            let shown = oaep::hash(held, pair)?;
            *hash.get_or_init(|| shown)
        }
    };
    let mut plaintext = SecretBytes::zeroed(KEY + CONTEXT)?;
    plaintext[..KEY].copy_from_slice(key);
    plaintext[KEY..].copy_from_slice(&context.to_bytes());
    Ok(hash.blob(&oaep::encrypt(held, pair, hash, &plaintext)?)?)
}

fn unwrap(
    held: &mut Held,
    direct: Direct,
    root: &RootKeyId,
    blob: &Blob<'_>,
    context: &WrapContext,
) -> Result<SecretBytes, Failure> {
    match blob.wrapping {
        Wrapping::Gcm => {
            let key = roots::key(held, Role::Root, root)?;
            let aes = GcmKey { key, session: held, direct };
            aes.decrypt(&Wrapping::Gcm.associated(context), &blob.sealed())
        }
        Wrapping::OaepSha256 | Wrapping::OaepSha1 => {
            let pair = pair(held, root)?;
            let mut plaintext = oaep::decrypt(held, pair, blob.wrapping, blob.body)?;
            if plaintext.len() != KEY + CONTEXT || plaintext[KEY..] != context.to_bytes() {
                return Err(Failure::Ours(corrupt("belongs to another place")));
            }
            plaintext.truncate(KEY);
            Ok(plaintext)
        }
        Wrapping::KeyWrap | Wrapping::KeyWrapPad => Err(Failure::Ours(Error::new(
            ErrorKind::Unsupported,
            "a project key was made to stay in the token",
            "open the store with `key_location = \"device\"`",
        ))),
    }
}

fn pair(held: &mut Held, root: &RootKeyId) -> Result<Pair, Failure> {
    let private = roots::key(held, Role::Private, root)?;
    Ok(Pair { private, public: roots::key(held, Role::Public, root)? })
}

impl fmt::Debug for Pkcs11Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs11Keys({:?})", self.location)
    }
}
