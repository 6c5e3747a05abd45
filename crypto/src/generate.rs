//! Generated passphrases.

use strongroom_backend::{Result, SecretBytes};

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `len` characters of `A-Z a-z 0-9`, each as likely as the other: 5.95 bits each, so that 43 of
/// them have the strength of a 256-bit key. No white space and nothing that a shell treats
/// specially.
///
/// ```
/// let passphrase = strongroom_crypto::base62(43)?;
/// assert!(passphrase.iter().all(u8::is_ascii_alphanumeric));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
pub fn base62(len: usize) -> Result<SecretBytes> {
    let mut passphrase = SecretBytes::zeroed(len)?;
    let mut filled = 0;
    while filled < len {
        let random = SecretBytes::random(64)?;
        // Six bits give 64 values; the two that have no character are thrown away, because
        // folding them back would make two characters likelier than the rest.
        for character in random.iter().filter_map(|b| ALPHABET.get(usize::from(b & 63))) {
            if filled < len {
                passphrase[filled] = *character;
                filled += 1;
            }
        }
    }
    Ok(passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_about_as_likely() {
        let count = 62 * 4_000;
        let text = base62(count).unwrap();
        assert_eq!(text.len(), count);
        for character in ALPHABET {
            let seen = text.iter().filter(|b| *b == character).count();
            // 4,000 expected; eight standard deviations either way. Folding 256 values onto 62
            // characters would give some of them 4,844.
            assert!((3_500..4_500).contains(&seen), "{} seen {seen} times", *character as char);
        }
    }

    #[test]
    fn no_two_are_alike() {
        assert!(!base62(43).unwrap().equals(&base62(43).unwrap()));
        assert_eq!(base62(0).unwrap().len(), 0);
        assert_eq!(base62(1).unwrap().len(), 1);
    }
}
