//! Suite 2 of the envelope `SRE1`: the device encrypts (`docs/format.md` section 2).

use strongroom_backend::{
    DeviceKey, Error, ErrorKind, IV_BYTES, Placement, Result, Sealed, SecretBytes,
};

use crate::envelope::binding;

const MAGIC: &[u8; 4] = b"SRE1";
const FORMAT: u8 = 1;
pub(crate) const SUITE: u8 = 2;
/// Magic, format, suite, flags, generation.
const LEAD: usize = 12;
const HEADER: usize = LEAD + IV_BYTES;
const TAG: usize = 16;
/// Zero bytes at the beginning of the plaintext: a ciphertext that opens under two keys cannot have
/// them under both.
const COMMITMENT: usize = 32;

/// The payload, encrypted by the device under its project's key for its place alone.
pub(crate) fn seal(at: &Placement<'_>, key: &DeviceKey, payload: &SecretBytes) -> Result<Vec<u8>> {
    let lead = lead(at.key.generation());
    let mut plaintext = SecretBytes::zeroed(COMMITMENT + payload.len())?;
    plaintext[COMMITMENT..].copy_from_slice(payload);
    let sealed = key.encrypt(&associated(at, &lead), &plaintext)?;
    if sealed.ciphertext.len() != plaintext.len() + TAG {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the device gave {} bytes for a plaintext of {}",
                sealed.ciphertext.len(),
                plaintext.len()
            ),
            "use a device whose AES-GCM appends a tag of 16 bytes, or `key_location = \"envelope\"`",
        ));
    }
    Ok([&lead[..], &sealed.iv, &sealed.ciphertext].concat())
}

/// The payload again. `Corrupt` when the envelope was altered, or sealed under another key or for
/// another place; `Unsupported` when a newer version wrote it.
pub(crate) fn open(at: &Placement<'_>, key: &DeviceKey, envelope: &[u8]) -> Result<SecretBytes> {
    let lead = lead(at.key.generation());
    if envelope.len() < HEADER + COMMITMENT + TAG || !envelope.starts_with(MAGIC) {
        return Err(corrupt("is cut short or is something else"));
    }
    let (header, ciphertext) = envelope.split_at(HEADER);
    check_lead(header, &lead)?;
    let mut iv = [0; IV_BYTES];
    iv.copy_from_slice(&header[LEAD..]);
    let sealed = Sealed { iv, ciphertext: ciphertext.to_vec() };
    let plaintext = key.decrypt(&associated(at, &lead), &sealed).map_err(|e| match e.kind() {
        ErrorKind::Corrupt => {
            corrupt("was sealed under another key or for another place, or was altered")
                .with_source(e)
        }
        _ => e,
    })?;
    let whole = plaintext.len() == ciphertext.len() - TAG;
    if !whole || plaintext[..COMMITMENT].iter().fold(0, |all, byte| all | byte) != 0 {
        return Err(corrupt("was sealed under another key"));
    }
    SecretBytes::copy_of(&plaintext[COMMITMENT..])
}

fn lead(generation: u32) -> [u8; LEAD] {
    let mut lead = [0; LEAD];
    lead[..4].copy_from_slice(MAGIC);
    (lead[4], lead[5]) = (FORMAT, SUITE);
    lead[8..].copy_from_slice(&generation.to_be_bytes());
    lead
}

fn check_lead(header: &[u8], expected: &[u8; LEAD]) -> Result<()> {
    if header[..LEAD] == expected[..] {
        return Ok(());
    }
    if header[4] == FORMAT && matches!(header[5], 1 | SUITE) && header[6..8] == [0, 0] {
        return Err(corrupt("is of another suite or key generation than it should be"));
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("a stored envelope has format {}, suite {}", header[4], header[5]),
        "upgrade Strongroom; if it is the newest already, the data is damaged: restore a backup",
    ))
}

/// The header without the initialization vector, which the device may choose only while it encrypts
/// and which the tag covers anyway, and the place.
fn associated(at: &Placement<'_>, lead: &[u8]) -> Vec<u8> {
    let [store, project, secret, version] = binding(at);
    [b"strongroom/envelope/2", lead, store, project, secret, version].concat()
}

fn corrupt(what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a stored envelope {what}"),
        "run `strongroom doctor`, and restore from a backup what it names",
    )
}
