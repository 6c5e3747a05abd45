//! Fields of the canonical encoding (`docs/format.md` section 4).

/// A field that is not there.
pub(crate) const ABSENT: u8 = 0;
pub(crate) const INTEGER: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;

/// The type and length that lead a field of bytes or text.
#[inline]
pub(crate) fn lead(kind: u8, len: usize) -> [u8; 5] {
    // Nothing that a row holds comes near 4 GiB; saturating keeps the encoding total.
    let len = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    [kind, len[0], len[1], len[2], len[3]]
}

/// Appends a text field: where a format embeds fields in bytes, as labels do.
///
/// ```
/// let mut labels = Vec::new();
/// strongroom_crypto::append_text(&mut labels, "env");
/// assert_eq!(labels, b"\x03\x00\x00\x00\x03env");
/// ```
pub fn append_text(to: &mut Vec<u8>, text: &str) {
    to.extend_from_slice(&lead(TEXT, text.len()));
    to.extend_from_slice(text.as_bytes());
}
