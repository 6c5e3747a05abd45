//! Project keys that stay in the token.

use cryptoki::error::Error as TokenError;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{
    DeviceCipher, DeviceKey, Error, ErrorKind, Result, RootKeyId, Sealed, SecretBytes, WrapContext,
    random_bytes,
};

use crate::abilities::Abilities;
use crate::blob::{Blob, Wrapping, corrupt};
use crate::canary;
use crate::direct::Direct;
use crate::failure::Failure;
use crate::gcm::GcmKey;
use crate::held::Held;
use crate::roots::{self, Role};
use crate::token::Token;

const AES_256: u64 = 32;
const PROBE: &[u8] = b"strongroom/probe";

/// Encrypts in the token, under keys that it unwraps there and keeps as session objects.
///
/// A wrapped project key is sealed twice: by the wrapping key, which nobody can decrypt with, and
/// then by the root key, which binds it to its context and tells tampering from a broken token.
pub(crate) struct TokenCipher {
    token: Token,
    direct: Direct,
}

impl TokenCipher {
    pub(crate) fn new(token: Token, direct: Direct) -> TokenCipher {
        TokenCipher { token, direct }
    }
}

impl DeviceCipher for TokenCipher {
    fn create_key(&self, root: &RootKeyId, context: &WrapContext) -> Result<Vec<u8>> {
        let wraps = Abilities::of(&self.token)?.key_wraps();
        let (root, context) = (root.clone(), *context);
        let direct = self.direct;
        self.token.call_repeatable(move |held| {
            let keys = Keys::of(held, direct, &root)?;
            let how = choose(held, direct, keys.wrapping, &wraps)?;
            let key = generate(held)?;
            temporary(held, key, |session| wrap(session, keys, how, key, &context))
        })
    }

    fn is_device_key(&self, wrapped: &[u8]) -> bool {
        Blob::parse(wrapped).is_ok_and(|blob| blob.wrapping.stays_in_device())
    }

    fn rewrap(
        &self,
        from: &RootKeyId,
        wrapped: &[u8],
        to: &RootKeyId,
        context: &WrapContext,
    ) -> Result<Vec<u8>> {
        let how = Blob::parse(wrapped)?.wrapping;
        let (from, to, context) = (from.clone(), to.clone(), *context);
        let wrapped = wrapped.to_vec();
        let direct = self.direct;
        self.token.call_repeatable(move |held| {
            let (old, new) = (Keys::of(held, direct, &from)?, Keys::of(held, direct, &to)?);
            let key = unwrap(held, old, &wrapped, &context, true)?;
            temporary(held, key, |session| wrap(session, new, how, key, &context))
        })
    }

    fn encrypt(
        &self,
        key: &DeviceKey,
        associated: &[u8],
        plaintext: &SecretBytes,
    ) -> Result<Sealed> {
        let (key, associated) = (key.clone(), associated.to_vec());
        let plaintext = SecretBytes::copy_of(plaintext)?;
        let direct = self.direct;
        self.token.call_repeatable(move |held| {
            let key = loaded(held, direct, &key)?;
            GcmKey { session: held, direct, key }.encrypt(&associated, &plaintext)
        })
    }

    fn decrypt(&self, key: &DeviceKey, associated: &[u8], sealed: &Sealed) -> Result<SecretBytes> {
        let (key, associated, sealed) = (key.clone(), associated.to_vec(), sealed.clone());
        let direct = self.direct;
        self.token.call_repeatable(move |held| {
            let key = loaded(held, direct, &key)?;
            GcmKey { session: held, direct, key }.decrypt(&associated, &sealed)
        })
    }
}

/// The two keys of a root.
#[derive(Clone, Copy)]
struct Keys {
    root: ObjectHandle,
    wrapping: ObjectHandle,
    direct: Direct,
}

impl Keys {
    fn of(held: &mut Held, direct: Direct, root: &RootKeyId) -> Result<Keys, Failure> {
        let wrapping = roots::key(held, Role::Wrapping, root)?;
        Ok(Keys { wrapping, direct, root: roots::key(held, Role::Root, root)? })
    }

    fn root<'a>(&self, session: &'a Session) -> GcmKey<'a> {
        GcmKey { session, direct: self.direct, key: self.root }
    }
}

/// The first of `wraps` that the token really does with this wrapping key, and whose result works.
pub(crate) fn choose(
    session: &Session,
    direct: Direct,
    wrapping: ObjectHandle,
    wraps: &[Wrapping],
) -> Result<Wrapping, Failure> {
    let mut refusal = None;
    for how in wraps {
        match tried(session, direct, wrapping, *how) {
            Ok(()) => return Ok(*how),
            Err(failure) => refusal = Some(failure),
        }
    }
    Err(refusal.unwrap_or_else(|| {
        Failure::Ours(Error::new(
            ErrorKind::Unsupported,
            "the token cannot wrap keys",
            "use `key_location = \"envelope\"`",
        ))
    }))
}

/// Wraps a key, unwraps it again, and has the copy open what the key encrypted.
fn tried(
    session: &Session,
    direct: Direct,
    wrapping: ObjectHandle,
    how: Wrapping,
) -> Result<(), Failure> {
    let key = generate(session)?;
    temporary(session, key, |session| {
        let wrapped = session.wrap_key(&mechanism(how), wrapping, key)?;
        let copy = session.unwrap_key(&mechanism(how), wrapping, &wrapped, &project_key(false))?;
        temporary(session, copy, |session| same_key(session, direct, key, copy))
    })
}

/// Whether `copy` opens what the key encrypts.
fn same_key(
    session: &Session,
    direct: Direct,
    key: ObjectHandle,
    copy: ObjectHandle,
) -> Result<(), Failure> {
    let probe: [u8; 32] = random_bytes()?;
    let sealed = GcmKey { session, direct, key }.encrypt(PROBE, &probe)?;
    let opened = GcmKey { session, direct, key: copy }.attempt(PROBE, &sealed)?;
    canary::same(opened.equals(&probe))
}

/// The project key as an object of this session, unwrapped when it is not there yet.
fn loaded(held: &mut Held, direct: Direct, key: &DeviceKey) -> Result<ObjectHandle, Failure> {
    let keys = Keys::of(held, direct, key.root())?;
    let root = key.root().as_str().as_bytes();
    // The whole blob and its context: what was loaded for one place is not used for another.
    let name = [key.wrapped(), &key.context().to_bytes(), root].concat();
    held.cached_session_object(&name, |session| {
        unwrap(session, keys, key.wrapped(), key.context(), false)
    })
}

/// Wraps a key, and makes sure that the blob gives the same key back: soon there may be no other copy.
fn wrap(
    session: &Session,
    keys: Keys,
    how: Wrapping,
    key: ObjectHandle,
    context: &WrapContext,
) -> Result<Vec<u8>, Failure> {
    let wrapped = session.wrap_key(&mechanism(how), keys.wrapping, key)?;
    let sealed = keys.root(session).encrypt(&how.associated(context), &wrapped)?;
    let blob = how.sealed_blob(&sealed)?;
    let tried = unwrap(session, keys, &blob, context, false).and_then(|copy| {
        temporary(session, copy, |session| same_key(session, keys.direct, key, copy))
    });
    tried.map_err(canary::not_of_the_data)?;
    Ok(blob)
}

fn unwrap(
    session: &Session,
    keys: Keys,
    blob: &[u8],
    context: &WrapContext,
    extractable: bool,
) -> Result<ObjectHandle, Failure> {
    let blob = Blob::parse(blob)?;
    let how = blob.wrapping;
    if !how.stays_in_device() {
        return Err(Failure::Ours(corrupt("was not made to stay in the token")));
    }
    let wrapped = keys.root(session).decrypt(&how.associated(context), &blob.sealed())?;
    Ok(session.unwrap_key(&mechanism(how), keys.wrapping, &wrapped, &project_key(extractable))?)
}

fn generate(session: &Session) -> Result<ObjectHandle, TokenError> {
    let mut template = project_key(true);
    template.push(Attribute::ValueLen(AES_256.into()));
    session.generate_key(&Mechanism::AesKeyGen, &template)
}

/// A project key in the token. It can be wrapped only while it is made or moved to another root key.
fn project_key(extractable: bool) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(extractable),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
    ]
}

/// Does something with a session object that is not kept.
fn temporary<T>(
    session: &Session,
    object: ObjectHandle,
    work: impl FnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let done = work(session);
    // At the latest it goes with its session.
    let _ = session.destroy_object(object);
    done
}

fn mechanism(how: Wrapping) -> Mechanism<'static> {
    match how {
        Wrapping::KeyWrapPad => Mechanism::AesKeyWrapPad,
        _ => Mechanism::AesKeyWrap,
    }
}
