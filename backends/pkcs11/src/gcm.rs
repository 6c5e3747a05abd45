//! AES-256-GCM inside the token.

use cryptoki::error::Error as TokenError;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use strongroom_backend::{IV_BYTES, Sealed, SecretBytes, fill_random, random_bytes};
use zeroize::Zeroize;

use crate::canary;
use crate::failure::Failure;

const TAG_BITS: u64 = 128;

/// Encrypts under an initialization vector from the operating system, or the token's own.
pub(crate) fn encrypt(
    session: &Session,
    key: ObjectHandle,
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, Failure> {
    let mut iv = [0; IV_BYTES];
    fill_random(&mut iv)?;
    let ciphertext = session.encrypt(&mechanism(&mut iv, associated)?, key, plaintext)?;
    // Read only now: some tokens replace the vector by one of their own.
    Ok(Sealed { iv, ciphertext })
}

/// Decrypts. `Corrupt` when ciphertext or associated data were altered, or the key is another one;
/// `Unavailable` when the token does not do its work.
pub(crate) fn decrypt(
    session: &Session,
    key: ObjectHandle,
    associated: &[u8],
    sealed: &Sealed,
) -> Result<SecretBytes, Failure> {
    let open = || attempt(session, key, associated, sealed);
    let mut plaintext = canary::opened(open, || works(session, key))?;
    let kept = SecretBytes::copy_of(&plaintext);
    plaintext.zeroize();
    Ok(kept?)
}

/// Tests that the key encrypts and decrypts.
pub(crate) fn works(session: &Session, key: ObjectHandle) -> Result<(), Failure> {
    let probe: [u8; 32] = random_bytes()?;
    let sealed = encrypt(session, key, b"strongroom/canary", &probe)?;
    let opened = attempt(session, key, b"strongroom/canary", &sealed)?;
    canary::same(opened == probe)
}

fn attempt(
    session: &Session,
    key: ObjectHandle,
    associated: &[u8],
    sealed: &Sealed,
) -> Result<Vec<u8>, TokenError> {
    let mut iv = sealed.iv;
    session.decrypt(&mechanism(&mut iv, associated)?, key, &sealed.ciphertext)
}

fn mechanism<'a>(iv: &'a mut [u8], associated: &'a [u8]) -> Result<Mechanism<'a>, TokenError> {
    Ok(Mechanism::AesGcm(GcmParams::new(iv, associated, TAG_BITS.into())?))
}
