//! One-time sealing (`docs/format.md` section 2): what envelopes, wrapped keys and the keys in a
//! backup have in common.

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes, random_bytes};

use crate::{gcm, hkdf_expand};

const FORMAT: u8 = 1;
const SUITE: u8 = 1;
const FLAGS: [u8; 2] = [0, 0];
const LEAD: usize = 8;
const SALT: usize = 32;
const COMMITMENT: usize = 32;
const KEY: usize = 32;
/// Each one-time key seals once, so the nonce need not differ.
const NONCE: [u8; gcm::NONCE] = [0; gcm::NONCE];

/// One kind of sealed thing: its magic, its label and how many bytes of header fields it has.
///
/// Layout: magic, format, suite, flags, fields, salt, commitment, ciphertext, tag. Everything
/// before the ciphertext is authenticated with it.
///
/// ```
/// use strongroom_backend::SecretBytes;
/// use strongroom_crypto::Sealing;
///
/// const NOTE: Sealing = Sealing::new("note", b"SRX1", "strongroom/example/1", 4);
/// let key = SecretBytes::random(32)?;
/// let plaintext = SecretBytes::copy_of(b"correct horse")?;
/// let sealed = NOTE.seal(&key, &[0, 0, 0, 7], &[b"store", b"project"], &plaintext)?;
/// assert_eq!(NOTE.fields(&sealed)?, [0, 0, 0, 7]);
/// assert!(NOTE.open(&key, &[b"store", b"project"], &sealed)?.equals(&plaintext));
/// assert!(NOTE.open(&key, &[b"store", b"another"], &sealed).is_err());
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Sealing {
    name: &'static str,
    magic: &'static [u8; 4],
    label: &'static str,
    fields: usize,
}

impl Sealing {
    /// A kind called `name` in messages, with `fields` bytes of header fields.
    pub const fn new(
        name: &'static str,
        magic: &'static [u8; 4],
        label: &'static str,
        fields: usize,
    ) -> Sealing {
        Sealing { name, magic, label, fields }
    }

    /// How many bytes sealing adds to a plaintext.
    pub const fn overhead(&self) -> usize {
        self.header() + gcm::TAG
    }

    const fn header(&self) -> usize {
        LEAD + self.fields + SALT + COMMITMENT
    }

    /// Seals `plaintext` under a 32-byte `key`, with these header `fields`, bound to the joined
    /// `binding`. Sealing twice gives different bytes.
    pub fn seal(
        &self,
        key: &SecretBytes,
        fields: &[u8],
        binding: &[&[u8]],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        if fields.len() != self.fields {
            return Err(crate::mac::wrong_length("header", fields.len(), self.fields));
        }
        let salt: [u8; SALT] = random_bytes()?;
        let derived = self.derive(key, &salt, binding)?;
        let (one_time, commitment) = derived.split_at(KEY);

        let mut sealed = Vec::with_capacity(self.overhead() + plaintext.len());
        sealed.extend_from_slice(self.magic);
        sealed.extend_from_slice(&[FORMAT, SUITE]);
        sealed.extend_from_slice(&FLAGS);
        sealed.extend_from_slice(fields);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(commitment);
        sealed.resize(self.header() + plaintext.len(), 0);
        let (header, ciphertext) = sealed.split_at_mut(self.header());
        let tag = gcm::encrypt(one_time, NONCE, header, plaintext, ciphertext)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// The header fields of something sealed, not authenticated yet. `Corrupt` when it is not of
    /// this kind, `Unsupported` when a newer version wrote it.
    pub fn fields<'a>(&self, sealed: &'a [u8]) -> Result<&'a [u8]> {
        let magic = sealed.get(..4);
        if magic != Some(self.magic) || sealed.len() < self.overhead() {
            return Err(self.corrupt("is cut short or is something else"));
        }
        if sealed[4] != FORMAT {
            return Err(self.unsupported(format!("format {}", sealed[4])));
        }
        if sealed[5] != SUITE {
            return Err(self.unsupported(format!("suite {}", sealed[5])));
        }
        if sealed[6..LEAD] != FLAGS {
            return Err(self.unsupported(format!("flags {:02x}{:02x}", sealed[6], sealed[7])));
        }
        Ok(&sealed[LEAD..LEAD + self.fields])
    }

    /// Opens what [`seal`](Self::seal) made with the same key and binding; otherwise as
    /// [`fields`](Self::fields), or `Corrupt`.
    pub fn open(&self, key: &SecretBytes, binding: &[&[u8]], sealed: &[u8]) -> Result<SecretBytes> {
        self.fields(sealed)?;
        let (header, rest) = sealed.split_at(self.header());
        let (ciphertext, tag) = rest.split_at(rest.len() - gcm::TAG);
        let (salt, commitment) = header[LEAD + self.fields..].split_at(SALT);
        let derived = self.derive(key, salt, binding)?;
        let (one_time, expected) = derived.split_at(KEY);
        // Before decryption: a ciphertext can be made that opens under two keys, a commitment not.
        if !bool::from(subtle::ConstantTimeEq::ct_eq(expected, commitment)) {
            return Err(
                self.corrupt("was sealed under another key or for another place, or was altered")
            );
        }
        gcm::decrypt(one_time, NONCE, header, ciphertext, tag)?
            .ok_or_else(|| self.corrupt("was altered"))
    }

    fn derive(&self, key: &SecretBytes, salt: &[u8], binding: &[&[u8]]) -> Result<SecretBytes> {
        // On the stack: this is on the path of every get, and no binding has more parts.
        const LIMIT: usize = 8;
        let mut info: [&[u8]; LIMIT] = [&[]; LIMIT];
        info[0] = self.label.as_bytes();
        info[1] = salt;
        let parts = info
            .get_mut(2..2 + binding.len())
            .ok_or_else(|| crate::mac::wrong_length("binding", binding.len(), LIMIT - 2))?;
        parts.copy_from_slice(binding);
        hkdf_expand(key, &info, KEY + COMMITMENT)
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Corrupt,
            format!("a stored {} {what}", self.name),
            "run `strongroom doctor`, and restore from a backup what it names",
        )
    }

    fn unsupported(&self, what: String) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("a stored {} has {what}, which this version does not know", self.name),
            "upgrade Strongroom; if it is the newest already, the data is damaged: restore a backup",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Sealing = Sealing::new("thing", b"SRT1", "strongroom/test/1", 4);
    const FIELDS: [u8; 4] = [1, 2, 3, 4];

    fn key(byte: u8) -> SecretBytes {
        SecretBytes::copy_of(&[byte; 32]).unwrap()
    }

    #[test]
    fn every_size_opens_again() {
        for len in [0, 1, 15, 16, 17, 4096, 1 << 20] {
            let plaintext = vec![0xA5; len];
            let sealed = KIND.seal(&key(1), &FIELDS, &[b"here"], &plaintext).unwrap();
            assert_eq!(sealed.len(), len + KIND.overhead());
            assert!(KIND.open(&key(1), &[b"here"], &sealed).unwrap().equals(&plaintext));
        }
    }

    #[test]
    fn sealing_twice_shares_nothing_but_the_header_fields() {
        let seal = || KIND.seal(&key(1), &FIELDS, &[], b"same").unwrap();
        let (one, other) = (seal(), seal());
        assert_eq!(one[..12], other[..12]);
        for (at, part) in [(12, 32), (44, 32), (76, 20)] {
            assert_ne!(one[at..at + part], other[at..at + part]);
        }
    }

    #[test]
    fn no_altered_byte_no_cut_and_no_other_key_opens() {
        let sealed = KIND.seal(&key(1), &FIELDS, &[b"here"], b"plaintext").unwrap();
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                altered[at] ^= 1 << bit;
                let kind = KIND.open(&key(1), &[b"here"], &altered).unwrap_err().kind();
                let expected =
                    if (4..8).contains(&at) { ErrorKind::Unsupported } else { ErrorKind::Corrupt };
                assert_eq!(kind, expected, "byte {at}, bit {bit}");
            }
        }
        for len in 0..sealed.len() {
            let error = KIND.open(&key(1), &[b"here"], &sealed[..len]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "cut to {len}");
        }
        let longer = [&sealed[..], &[0]].concat();
        for (key, binding, sealed) in [
            (key(2), &b"here"[..], &sealed),
            (key(1), b"elsewhere", &sealed),
            (key(1), b"here", &longer),
        ] {
            let error = KIND.open(&key, &[binding], sealed).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn a_thing_of_another_kind_does_not_open() {
        const OTHER: Sealing = Sealing::new("thing", b"SRT1", "strongroom/other/1", 4);
        let sealed = OTHER.seal(&key(1), &FIELDS, &[], b"plaintext").unwrap();
        assert_eq!(KIND.open(&key(1), &[], &sealed).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn a_false_commitment_is_refused_even_with_a_right_tag() {
        // Only who has the key can make this: a ciphertext meant to open under two keys.
        let mut sealed = KIND.seal(&key(1), &FIELDS, &[b"here"], b"plaintext").unwrap();
        let commitment = KIND.header() - COMMITMENT;
        sealed[commitment] ^= 1;
        let derived = KIND.derive(&key(1), &sealed[LEAD + 4..commitment], &[b"here"]).unwrap();
        let (header, rest) = sealed.split_at_mut(KIND.header());
        let tag =
            gcm::encrypt(&derived[..KEY], NONCE, header, b"plaintext", &mut rest[..9]).unwrap();
        rest[9..].copy_from_slice(&tag);
        let opened = gcm::decrypt(&derived[..KEY], NONCE, header, &rest[..9], &tag).unwrap();
        assert!(opened.is_some(), "the tag is not right, so this shows nothing");
        let error = KIND.open(&key(1), &[b"here"], &sealed).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
