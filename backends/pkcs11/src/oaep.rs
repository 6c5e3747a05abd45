//! RSAES-OAEP (RFC 8017 7.1) inside the token, for tokens without AES-GCM.

use cryptoki::error::RvError;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use strongroom_backend::{Error, ErrorKind, SecretBytes, random_bytes};
use zeroize::Zeroize;

use crate::blob::Wrapping;
use crate::canary;
use crate::errors::native;
use crate::failure::Failure;

/// Both halves of an RSA root key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) public: ObjectHandle,
    pub(crate) private: ObjectHandle,
}

/// The better of the two hashes that the token really does with this key.
pub(crate) fn hash(session: &Session, pair: Pair) -> Result<Wrapping, Failure> {
    match works(session, pair, Wrapping::OaepSha256) {
        Ok(()) => Ok(Wrapping::OaepSha256),
        // What is wrong with the session will be wrong with the other hash too.
        Err(_) => works(session, pair, Wrapping::OaepSha1).map(|()| Wrapping::OaepSha1),
    }
}

/// Encrypts with the public key, and makes sure that the private one opens it: a public key that
/// somebody else put there gets nothing.
pub(crate) fn encrypt(
    session: &Session,
    pair: Pair,
    hash: Wrapping,
    plaintext: &SecretBytes,
) -> Result<Vec<u8>, Failure> {
    let ciphertext = session.encrypt(&mechanism(hash), pair.public, plaintext)?;
    let mut opened = session.decrypt(&mechanism(hash), pair.private, &ciphertext)?;
    let same = plaintext.equals(&opened);
    opened.zeroize();
    canary::same(same)?;
    Ok(ciphertext)
}

/// Decrypts with the private key. Errors as of AES-GCM; but anybody can encrypt.
pub(crate) fn decrypt(
    session: &Session,
    pair: Pair,
    hash: Wrapping,
    ciphertext: &[u8],
) -> Result<SecretBytes, Failure> {
    let open = || Ok(session.decrypt(&mechanism(hash), pair.private, ciphertext)?);
    // With the hash of the data: a token that cannot do it says nothing about the data.
    let canary =
        || works(session, pair, hash).map_err(|failure| of_hash(failure, session, pair, hash));
    let mut plaintext = canary::opened(open, canary)?;
    let kept = SecretBytes::copy_of(&plaintext);
    plaintext.zeroize();
    Ok(kept?)
}

fn works(session: &Session, pair: Pair, hash: Wrapping) -> Result<(), Failure> {
    let probe: [u8; 32] = random_bytes()?;
    let ciphertext = session.encrypt(&mechanism(hash), pair.public, &probe)?;
    let opened = session.decrypt(&mechanism(hash), pair.private, &ciphertext)?;
    canary::same(opened == probe)
}

/// What a token failed at that may know one of the hashes only: SoftHSM says CKR_ARGUMENTS_BAD to the other.
fn of_hash(failure: Failure, session: &Session, pair: Pair, hash: Wrapping) -> Failure {
    let other = match hash {
        Wrapping::OaepSha1 => Wrapping::OaepSha256,
        _ => Wrapping::OaepSha1,
    };
    if failure.code() != Some(RvError::ArgumentsBad) || works(session, pair, other).is_err() {
        return failure;
    }
    Failure::Ours(
        Error::new(
            ErrorKind::Unsupported,
            "the token does not do RSA-OAEP with the hash that this key says it was wrapped with",
            "use the token that wrapped it; if this is the one, the key was altered: run `strongroom doctor`",
        )
        .with_native(native(RvError::ArgumentsBad)),
    )
}

fn mechanism(hash: Wrapping) -> Mechanism<'static> {
    let (hash, mask) = match hash {
        Wrapping::OaepSha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        _ => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
    };
    Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mask, PkcsOaepSource::empty()))
}
