//! A key that a root key of the server wraps, as the library keeps it: `SRM1` (`docs/format.md`).

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes, WrapContext};

use crate::operations::{Encrypted, TAG_BYTES};

const MAGIC: &[u8; 4] = b"SRM1";
const FORMAT: u8 = 1;
const SUITE: u8 = 1;
/// Magic, format, suite, flags.
const LEAD: usize = 8;
/// How long an initialization vector is, in bytes.
pub(crate) const IV: usize = 12;
/// How long a wrapped key is, in bytes.
pub(crate) const KEY: usize = 32;
const CONTEXT: usize = 37;
const PLAINTEXT: usize = KEY + CONTEXT;
const LEN: usize = LEAD + IV + PLAINTEXT + TAG_BYTES;

/// What the server encrypts: the key, and what it belongs to.
///
/// The context is inside, not beside it as associated data: it is then bound on every server that
/// encrypts at all, also on one that leaves associated data out of account.
pub(crate) fn plaintext(key: &SecretBytes, context: &WrapContext) -> Result<SecretBytes> {
    let mut plaintext = SecretBytes::zeroed(PLAINTEXT)?;
    if key.len() != KEY {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("a key of {} bytes cannot be wrapped", key.len()),
            format!("wrap keys of {KEY} bytes"),
        ));
    }
    plaintext[..KEY].copy_from_slice(key);
    plaintext[KEY..].copy_from_slice(&context.to_bytes());
    Ok(plaintext)
}

/// The key in what the server decrypted. `Corrupt` when it belongs to something else.
pub(crate) fn key_in(mut plaintext: SecretBytes, context: &WrapContext) -> Result<SecretBytes> {
    let belongs = plaintext.len() == PLAINTEXT && plaintext[KEY..] == context.to_bytes();
    if !belongs {
        return Err(corrupt("it was wrapped for something else"));
    }
    plaintext.truncate(KEY);
    Ok(plaintext)
}

/// The wrapped key, out of what the server made of [`plaintext`] with this initialization vector.
pub(crate) fn seal(iv: &[u8; IV], encrypted: &Encrypted) -> Result<Vec<u8>> {
    // A server may choose its own vector, and then it says so.
    let used = encrypted.iv.as_deref().unwrap_or(iv);
    let fits =
        used.len() == IV && encrypted.data.len() == PLAINTEXT && encrypted.tag.len() == TAG_BYTES;
    if !fits {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the KMIP server encrypts to {} bytes, a vector of {} and a tag of {}",
                encrypted.data.len(),
                used.len(),
                encrypted.tag.len()
            ),
            "use a server whose AES-GCM has 12 bytes of vector and 16 of tag",
        ));
    }
    Ok([MAGIC, &[FORMAT, SUITE, 0, 0][..], used, &encrypted.data, &encrypted.tag].concat())
}

/// The parts of a wrapped key.
pub(crate) struct Parts<'a> {
    pub(crate) iv: &'a [u8],
    pub(crate) data: &'a [u8],
    pub(crate) tag: &'a [u8],
}

/// Takes a wrapped key apart. `Corrupt` when it is none, `Unsupported` when a newer version wrote it.
pub(crate) fn parts(blob: &[u8]) -> Result<Parts<'_>> {
    if !blob.starts_with(MAGIC) {
        return Err(corrupt("it is not one that a KMIP server wrapped"));
    }
    if blob.get(4..LEAD).is_none_or(|lead| lead != [FORMAT, SUITE, 0, 0]) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "a wrapped key has a format that this version does not know",
            "use the version of Strongroom that wrote it, or a newer one",
        ));
    }
    if blob.len() != LEN {
        return Err(corrupt(&format!("it has {} bytes instead of {LEN}", blob.len())));
    }
    let (iv, rest) = blob[LEAD..].split_at(IV);
    let (data, tag) = rest.split_at(PLAINTEXT);
    Ok(Parts { iv, data, tag })
}

/// A wrapped key that was altered, or is not of this place.
pub(crate) fn corrupt(how: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a wrapped key cannot be opened: {how}"),
        "restore the metadata from a backup",
    )
}
