//! What somebody who can write to a shelf can do to it never gives a payload.

mod common;

use common::{place, project_key};
use strongroom_backend::{Backend, ErrorKind, Locator, Placement, SecretBytes, Shelf, VersionId};
use strongroom_enveloped::{Enveloped, MemoryShelf};

const HEADER: usize = 76;
const TAG: usize = 16;
const PAYLOAD: &[u8] = b"correct horse battery staple";

/// The envelope of the payload at reference 1.
fn envelope() -> Vec<u8> {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let at = place(1, &key);
    backend.store(&at, &SecretBytes::copy_of(PAYLOAD).unwrap()).unwrap();
    raw(&backend, &at)
}

/// What lies on the shelf.
fn raw(backend: &Enveloped<MemoryShelf>, at: &Placement<'_>) -> Vec<u8> {
    let mut copy = Vec::new();
    let mut keep = |found: &[u8]| {
        copy = found.to_vec();
        SecretBytes::zeroed(0)
    };
    backend.shelf().get(at.reference, &Locator::default(), &mut keep).unwrap();
    copy
}

/// What loading makes of an envelope that lies at reference 1.
fn load(envelope: Vec<u8>) -> Result<Vec<u8>, ErrorKind> {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let at = place(1, &key);
    backend.shelf().put(at.reference, envelope).unwrap();
    backend.load(&at, &Locator::default()).map(|p| p.to_vec()).map_err(|e| e.kind())
}

fn altered(at: usize, mask: u8) -> Vec<u8> {
    let mut envelope = envelope();
    envelope[at] ^= mask;
    envelope
}

#[test]
fn an_untouched_envelope_opens() {
    let envelope = envelope();
    assert_eq!(envelope.len(), HEADER + PAYLOAD.len() + TAG);
    assert_eq!(load(envelope), Ok(PAYLOAD.to_vec()));
}

#[test]
fn no_altered_header_field_opens() {
    use ErrorKind::{Corrupt, Unsupported};
    for (field, range, expected) in [
        ("magic", 0..4, Corrupt),
        ("format", 4..5, Unsupported),
        ("suite", 5..6, Unsupported),
        ("flags", 6..8, Unsupported),
        ("generation", 8..12, Corrupt),
        ("salt", 12..44, Corrupt),
        ("commitment", 44..76, Corrupt),
    ] {
        for at in range {
            for bit in 0..8 {
                assert_eq!(load(altered(at, 1 << bit)), Err(expected), "{field}, byte {at}");
            }
        }
    }
}

#[test]
fn a_newer_envelope_says_that_an_upgrade_is_needed() {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let at = place(1, &key);
    backend.shelf().put(at.reference, altered(4, 3)).unwrap();
    let error = backend.load(&at, &Locator::default()).unwrap_err();
    assert!(error.what().contains("format 2"), "{error}");
    assert!(error.next().contains("upgrade Strongroom"), "{error}");
}

#[test]
fn no_altered_byte_of_ciphertext_or_tag_opens() {
    for at in HEADER..envelope().len() {
        for mask in [1, 0x80, 0xFF] {
            assert_eq!(load(altered(at, mask)), Err(ErrorKind::Corrupt), "byte {at}");
        }
    }
}

#[test]
fn no_cut_or_lengthened_envelope_opens() {
    let whole = envelope();
    for len in 0..whole.len() {
        assert_eq!(load(whole[..len].to_vec()), Err(ErrorKind::Corrupt), "cut to {len}");
    }
    assert_eq!(load(whole[1..].to_vec()), Err(ErrorKind::Corrupt), "its start cut");
    assert_eq!(load([&whole[..], &[0]].concat()), Err(ErrorKind::Corrupt), "a byte longer");
}

#[test]
fn no_envelope_mixed_from_two_opens() {
    let (one, other) = (envelope(), envelope());
    for at in [44, HEADER, one.len() - TAG] {
        let mixed = [&one[..at], &other[at..]].concat();
        assert_eq!(load(mixed), Err(ErrorKind::Corrupt), "mixed at {at}");
    }
}

#[test]
fn no_swapped_envelope_opens() {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let one = place(1, &key);
    let other = Placement { version: VersionId::from_bytes([0x55; 16]), ..place(2, &key) };
    for at in [&one, &other] {
        backend.store(at, &SecretBytes::copy_of(PAYLOAD).unwrap()).unwrap();
    }
    let (first, second) = (raw(&backend, &one), raw(&backend, &other));
    let here = |reference| (reference, Locator::default());
    backend.shelf().remove(&[here(one.reference), here(other.reference)]).unwrap();
    backend.shelf().put(one.reference, second).unwrap();
    backend.shelf().put(other.reference, first).unwrap();
    for at in [&one, &other] {
        let error = backend.load(at, &Locator::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn an_empty_payload_is_refused() {
    let (backend, key) = (Enveloped::new(MemoryShelf::default()), project_key());
    let error = backend.store(&place(1, &key), &SecretBytes::zeroed(0).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(backend.list(None, 1).unwrap().is_empty());
}
