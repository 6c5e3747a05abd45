//! Envelopes: one that opens is the one that was sealed, and no altered one opens.

#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_backend::{
    Backend, ErrorKind, Locator, PayloadType, Placement, ProjectId, ProjectKey, Reference, Result,
    SecretBytes, SecretId, Shelf, StoreId, VersionId,
};
use strongroom_enveloped::{Enveloped, MemoryShelf};
use strongroom_fuzz::{assert_kind, golden};

/// What an envelope has beside its payload.
const OVERHEAD: usize = 76 + 16;

const REFUSED: &[ErrorKind] = &[ErrorKind::Corrupt, ErrorKind::Unsupported];

fuzz_target!(init: start(), |input: &[u8]| {
    only_the_golden_envelope_opens(input);
    if !input.is_empty() {
        what_is_sealed_opens_until_it_is_altered(input);
    }
});

/// The control: the key and the place are the right ones.
fn start() {
    strongroom_fuzz::start();
    assert!(open(&golden("envelope.bin"), 0x44).is_ok());
}

/// Its key has sealed nothing else.
fn only_the_golden_envelope_opens(input: &[u8]) {
    match open(input, 0x44) {
        Ok(payload) => {
            assert_eq!(input, golden("envelope.bin"));
            assert!(payload.equals(b"correct horse battery staple"));
        }
        Err(error) => assert_kind(&error, REFUSED),
    }
}

fn what_is_sealed_opens_until_it_is_altered(payload: &[u8]) {
    let sealed = seal(payload);
    assert_eq!(sealed.len(), payload.len() + OVERHEAD);
    assert!(open(&sealed, 0x44).unwrap().equals(payload));
    assert_kind(&open(&sealed, 0x45).unwrap_err(), &[ErrorKind::Corrupt]);

    // The input decides where it is altered and cut.
    let chosen =
        payload.iter().fold(payload.len(), |sum, byte| sum * 31 % 65_521 + usize::from(*byte));
    let mut altered = sealed.clone();
    altered[chosen % sealed.len()] ^= 1 << (chosen % 8);
    assert_kind(&open(&altered, 0x44).unwrap_err(), REFUSED);
    assert_kind(&open(&sealed[..chosen % sealed.len()], 0x44).unwrap_err(), REFUSED);
    assert_kind(&open(&[&sealed[..], payload].concat(), 0x44).unwrap_err(), REFUSED);
}

fn seal(payload: &[u8]) -> Vec<u8> {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), key());
    let at = place(0x44, &key);
    backend.store(&at, &SecretBytes::copy_of(payload).unwrap()).unwrap();
    let mut sealed = Vec::new();
    let mut take = |found: &[u8]| {
        sealed.extend_from_slice(found);
        SecretBytes::zeroed(0)
    };
    backend.shelf().get(at.reference, &Locator::default(), &mut take).unwrap();
    sealed
}

fn open(envelope: &[u8], version: u8) -> Result<SecretBytes> {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), key());
    let at = place(version, &key);
    backend.shelf().put(at.reference, envelope.to_vec())?;
    backend.load(&at, &Locator::default())
}

/// As in `tests/golden/v1/README.md`.
fn key() -> ProjectKey {
    let bytes: Vec<u8> = (0x20..0x40).collect();
    ProjectKey::new(7, SecretBytes::copy_of(&bytes).unwrap())
}

fn place(version: u8, key: &ProjectKey) -> Placement<'_> {
    Placement {
        reference: Reference::from_bytes([1; 16]),
        store: StoreId::from_bytes([0x11; 16]),
        project: ProjectId::from_bytes([0x22; 16]),
        secret: SecretId::from_bytes([0x33; 16]),
        version: VersionId::from_bytes([version; 16]),
        payload_type: PayloadType::Opaque,
        key,
    }
}
