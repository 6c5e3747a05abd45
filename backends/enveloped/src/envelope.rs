//! The envelope `SRE1` (`docs/format.md` section 2).

use strongroom_backend::{Error, ErrorKind, KeyMaterial, Placement, Result, SecretBytes};
use strongroom_crypto::Sealing;

use crate::device_envelope;

/// One header field: the generation of the project key.
const ENVELOPE: Sealing = Sealing::new("envelope", b"SRE1", "strongroom/envelope/1", 4);

/// How many bytes an envelope has beside its payload, of the suite that has more of them.
pub(crate) const OVERHEAD: usize = ENVELOPE.overhead();

/// The payload, encrypted under its project's key for its place alone.
pub(crate) fn seal(at: &Placement<'_>, payload: &SecretBytes) -> Result<Vec<u8>> {
    match at.key.material() {
        KeyMaterial::Device(key) => device_envelope::seal(at, key, payload),
        KeyMaterial::Bytes(key) => {
            ENVELOPE.seal(key, &at.key.generation().to_be_bytes(), &binding(at), payload)
        }
    }
}

/// The payload again. `Corrupt` when the envelope was altered, or sealed under another key or for
/// another place; `Unsupported` when a newer version wrote it.
pub(crate) fn open(at: &Placement<'_>, envelope: &[u8]) -> Result<SecretBytes> {
    let key = match at.key.material() {
        KeyMaterial::Device(key) => return device_envelope::open(at, key, envelope),
        KeyMaterial::Bytes(key) => key,
    };
    let generation = at.key.generation();
    if is_of_suite_2(envelope) {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "a stored envelope was sealed by a device, and its project key is in no device",
            "run `strongroom doctor`, and restore from a backup what it names",
        ));
    }
    if ENVELOPE.fields(envelope)? != generation.to_be_bytes() {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!("a stored envelope is not of key generation {generation}, as it should be"),
            "run `strongroom doctor`, and restore from a backup what it names",
        ));
    }
    ENVELOPE.open(key, &binding(at), envelope)
}

fn is_of_suite_2(envelope: &[u8]) -> bool {
    envelope.starts_with(b"SRE1\x01") && envelope.get(5) == Some(&device_envelope::SUITE)
}

pub(crate) fn binding<'a>(at: &'a Placement<'_>) -> [&'a [u8]; 4] {
    [at.store.as_bytes(), at.project.as_bytes(), at.secret.as_bytes(), at.version.as_bytes()]
}
