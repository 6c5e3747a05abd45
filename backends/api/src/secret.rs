//! The one type in which payloads and keys live.

use std::fmt;
use std::io::Read;
use std::ops::{Deref, DerefMut};

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::memory::Region;
use crate::{Error, ErrorKind, Result, fill_random};

/// Secret bytes: locked in memory where the limit allows, left out of core dumps, zero in a forked
/// child, wiped on drop.
///
/// It cannot be cloned, printed or serialised. [`memory_status`](crate::memory_status) tells
/// whether the memory could be locked.
///
/// ```
/// use strongroom_backend::SecretBytes;
///
/// let secret = SecretBytes::copy_of(b"correct horse")?;
/// assert_eq!(&secret[..7], b"correct");
/// assert_eq!(format!("{secret:?}"), "SecretBytes(13 bytes)");
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub struct SecretBytes(Region);

impl SecretBytes {
    /// `len` zero bytes, to be filled in place.
    pub fn zeroed(len: usize) -> Result<SecretBytes> {
        Region::zeroed(len).map(SecretBytes)
    }

    /// A copy of `bytes`; the original stays the caller's to wipe.
    pub fn copy_of(bytes: &[u8]) -> Result<SecretBytes> {
        let mut secret = SecretBytes::zeroed(bytes.len())?;
        secret.copy_from_slice(bytes);
        Ok(secret)
    }

    /// A copy of `bytes`, which is wiped.
    pub fn take_from(bytes: &mut [u8]) -> Result<SecretBytes> {
        let secret = SecretBytes::copy_of(bytes);
        bytes.zeroize();
        secret
    }

    /// `len` bytes from getrandom(2).
    pub fn random(len: usize) -> Result<SecretBytes> {
        let mut secret = SecretBytes::zeroed(len)?;
        fill_random(&mut secret)?;
        Ok(secret)
    }

    /// Everything that `source` still has, straight into secret memory.
    ///
    /// More than `limit` bytes is `TooLarge`, a failing read `Unavailable`. Memory grows with what
    /// is read, not with `limit`.
    pub fn read_from(source: &mut dyn Read, limit: usize) -> Result<SecretBytes> {
        let mut secret = SecretBytes::zeroed(1024.min(limit + 1))?;
        let mut filled = 0;
        loop {
            if filled == secret.len() {
                if filled > limit {
                    return Err(Error::new(
                        ErrorKind::TooLarge,
                        format!("what was read is longer than {limit} bytes"),
                        "check that it is what was meant",
                    ));
                }
                let mut longer = SecretBytes::zeroed((filled * 2).min(limit + 1))?;
                longer[..filled].copy_from_slice(&secret);
                secret = longer;
            }
            match source.read(&mut secret[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "not all of it could be read",
                        "check the file, or the program that writes it",
                    )
                    .with_source(e));
                }
            }
        }
        secret.truncate(filled);
        Ok(secret)
    }

    /// Forgets the bytes past `len`, wiping them; a longer `len` changes nothing.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Whether both hold the same bytes, in a time that depends on the length alone.
    pub fn equals(&self, other: &[u8]) -> bool {
        self.ct_eq(other).into()
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_class_holds_what_was_put_in() {
        for len in [0, 1, 63, 64, 65, 256, 257, 1024, 4096, 4097, 70_000, 1 << 20] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(&SecretBytes::copy_of(&bytes).unwrap()[..], &bytes[..]);
        }
    }

    #[test]
    fn a_slot_is_zero_when_it_is_used_again() {
        for _ in 0..3_000 {
            let mut secret = SecretBytes::zeroed(200).unwrap();
            assert!(secret.iter().all(|b| *b == 0));
            secret.fill(0xA5);
        }
    }

    #[test]
    fn threads_never_share_a_slot() {
        std::thread::scope(|scope| {
            for id in 1..=16u8 {
                scope.spawn(move || {
                    for round in 0..500 {
                        let held: Vec<_> =
                            (0..8).map(|_| SecretBytes::copy_of(&[id; 48]).unwrap()).collect();
                        assert!(held.iter().all(|s| s.iter().all(|b| *b == id)), "{round}");
                    }
                });
            }
        });
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let long = vec![7; 5_001];
        let error = SecretBytes::read_from(&mut &long[..], 5_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let exact = SecretBytes::read_from(&mut &long[..5_000], 5_000).unwrap();
        assert!(exact.equals(&long[..5_000]));
        assert!(!exact.equals(&long));
    }
}
