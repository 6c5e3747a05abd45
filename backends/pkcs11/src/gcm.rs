//! AES-256-GCM inside the token.

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use strongroom_backend::{IV_BYTES, Sealed, SecretBytes, fill_random, random_bytes};

use crate::canary;
use crate::direct::Direct;
use crate::failure::Failure;

const TAG: usize = 16;

/// A key of the token on a session of it.
#[derive(Clone, Copy)]
pub(crate) struct GcmKey<'a> {
    pub(crate) session: &'a Session,
    pub(crate) direct: Direct,
    pub(crate) key: ObjectHandle,
}

impl GcmKey<'_> {
    /// Encrypts under an initialization vector from the operating system, or the token's own.
    ///
    /// AWS CloudHSM takes none from outside: it refuses all but zeros, in whose place it puts its own.
    pub(crate) fn encrypt(&self, associated: &[u8], plaintext: &[u8]) -> Result<Sealed, Failure> {
        let mut iv = [0; IV_BYTES];
        fill_random(&mut iv)?;
        let refusal = match self.encrypt_under(iv, associated, plaintext) {
            Err(refusal) if refuses_the_parameter(&refusal) => refusal,
            answer => return answer,
        };
        match self.encrypt_under([0; IV_BYTES], associated, plaintext) {
            // It took the zeros as they are. Nobody ever learns what it encrypted so.
            Ok(sealed) if sealed.iv == [0; IV_BYTES] => Err(refusal),
            Err(again) if refuses_the_parameter(&again) => Err(refusal),
            answer => answer,
        }
    }

    fn encrypt_under(
        &self,
        mut iv: [u8; IV_BYTES],
        associated: &[u8],
        plaintext: &[u8],
    ) -> Result<Sealed, Failure> {
        let mechanism = mechanism(&mut iv, associated)?;
        let ciphertext = self.direct.encrypt(self.session, &mechanism, self.key, plaintext, TAG)?;
        // Read only now: some tokens replace the vector by one of their own.
        Ok(Sealed { iv, ciphertext })
    }

    /// Decrypts. `Corrupt` when ciphertext or associated data were altered, or the key is another one;
    /// `Unavailable` when the token does not do its work.
    pub(crate) fn decrypt(
        &self,
        associated: &[u8],
        sealed: &Sealed,
    ) -> Result<SecretBytes, Failure> {
        canary::opened(|| self.attempt(associated, sealed), || self.works())
    }

    /// Tests that the key encrypts and decrypts.
    pub(crate) fn works(&self) -> Result<(), Failure> {
        let probe: [u8; 32] = random_bytes()?;
        let sealed = self.encrypt(b"strongroom/canary", &probe)?;
        let opened = self.attempt(b"strongroom/canary", &sealed)?;
        canary::same(opened.equals(&probe))
    }

    /// Decrypts, and says what the token says.
    pub(crate) fn attempt(
        &self,
        associated: &[u8],
        sealed: &Sealed,
    ) -> Result<SecretBytes, Failure> {
        let mut iv = sealed.iv;
        let mechanism = mechanism(&mut iv, associated)?;
        self.direct.decrypt(self.session, &mechanism, self.key, &sealed.ciphertext)
    }
}

/// Whether it may be the initialization vector that the token does not take.
fn refuses_the_parameter(failure: &Failure) -> bool {
    matches!(failure.code(), Some(RvError::MechanismParamInvalid | RvError::ArgumentsBad))
}

fn mechanism<'a>(iv: &'a mut [u8], associated: &'a [u8]) -> Result<Mechanism<'a>, TokenError> {
    let tag_bits = TAG as u64 * 8;
    Ok(Mechanism::AesGcm(GcmParams::new(iv, associated, tag_bits.into())?))
}
