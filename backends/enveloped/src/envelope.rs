//! The envelope `SRE1` (`docs/format.md` section 2).

use strongroom_backend::{Error, ErrorKind, Placement, Result, SecretBytes};
use strongroom_crypto::Sealing;

/// One header field: the generation of the project key.
const ENVELOPE: Sealing = Sealing::new("envelope", b"SRE1", "strongroom/envelope/1", 4);

/// The payload, encrypted under its project's key for its place alone.
pub(crate) fn seal(at: &Placement<'_>, payload: &SecretBytes) -> Result<Vec<u8>> {
    ENVELOPE.seal(at.key.bytes(), &at.key.generation().to_be_bytes(), &binding(at), payload)
}

/// The payload again. `Corrupt` when the envelope was altered, or sealed under another key or for
/// another place; `Unsupported` when a newer version wrote it.
pub(crate) fn open(at: &Placement<'_>, envelope: &[u8]) -> Result<SecretBytes> {
    let generation = at.key.generation();
    if ENVELOPE.fields(envelope)? != generation.to_be_bytes() {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!("a stored envelope is not of key generation {generation}, as it should be"),
            "run `strongroom doctor`, and restore from a backup what it names",
        ));
    }
    ENVELOPE.open(at.key.bytes(), &binding(at), envelope)
}

fn binding<'a>(at: &'a Placement<'_>) -> [&'a [u8]; 4] {
    [at.store.as_bytes(), at.project.as_bytes(), at.secret.as_bytes(), at.version.as_bytes()]
}
