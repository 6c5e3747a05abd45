//! Envelopes of suite 2: what a device encrypted, opened and refused.

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use common::{place, project_key};
use strongroom_backend::{
    Backend, DeviceCipher, DeviceKey, Error, ErrorKind, KeyPurpose, Locator, Placement, ProjectId,
    ProjectKey, Result, RootKeyId, Sealed, SecretBytes, Shelf, StoreId, VersionId, WrapContext,
    random_bytes,
};
use strongroom_enveloped::{Enveloped, MemoryShelf};

const PAYLOAD: &[u8] = b"correct horse battery staple";
const LEAD: usize = 12;
const IV: usize = 12;
const COMMITMENT: usize = 32;
const TAG: usize = 16;

/// What the format says, calculated by another implementation: AES-256-GCM under the bytes that
/// stand here for a wrapped key. Real devices pass the conformance suite of their own crates.
struct Reference;

impl Reference {
    fn cipher(key: &DeviceKey) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(key.wrapped()).unwrap()
    }
}

impl DeviceCipher for Reference {
    fn create_key(&self, _: &RootKeyId, _: &WrapContext) -> Result<Vec<u8>> {
        Ok(random_bytes::<32>()?.to_vec())
    }

    fn is_device_key(&self, wrapped: &[u8]) -> bool {
        wrapped.len() == 32
    }

    fn rewrap(
        &self,
        _: &RootKeyId,
        wrapped: &[u8],
        _: &RootKeyId,
        _: &WrapContext,
    ) -> Result<Vec<u8>> {
        Ok(wrapped.to_vec())
    }

    fn encrypt(&self, key: &DeviceKey, aad: &[u8], plaintext: &SecretBytes) -> Result<Sealed> {
        let iv: [u8; IV] = random_bytes()?;
        let payload = Payload { msg: plaintext, aad };
        let ciphertext = Reference::cipher(key).encrypt(&Nonce::from(iv), payload).unwrap();
        Ok(Sealed { iv, ciphertext })
    }

    fn decrypt(&self, key: &DeviceKey, aad: &[u8], sealed: &Sealed) -> Result<SecretBytes> {
        let payload = Payload { msg: &sealed.ciphertext, aad };
        let opened = Reference::cipher(key).decrypt(&Nonce::from(sealed.iv), payload);
        let refused = |_| Error::new(ErrorKind::Corrupt, "the tag does not fit", "restore");
        SecretBytes::copy_of(&opened.map_err(refused)?)
    }
}

/// The key of bytes 0x20, 0x21, … in generation 7, in a device.
fn device_key() -> ProjectKey {
    let context = WrapContext {
        store: StoreId::from_bytes([0x11; 16]),
        project: ProjectId::from_bytes([0x22; 16]),
        generation: 7,
        purpose: KeyPurpose::ProjectKey,
    };
    let root = RootKeyId::new("root-1").unwrap();
    let key = DeviceKey::new(Arc::new(Reference), root, (0x20..0x40).collect(), context);
    ProjectKey::in_device(7, key)
}

fn stored(at: &Placement<'_>) -> Vec<u8> {
    let backend = Enveloped::new(MemoryShelf::default());
    backend.store(at, &SecretBytes::copy_of(PAYLOAD).unwrap()).unwrap();
    let mut copy = Vec::new();
    let mut keep = |found: &[u8]| {
        copy = found.to_vec();
        SecretBytes::zeroed(0)
    };
    backend.shelf().get(at.reference, &Locator::default(), &mut keep).unwrap();
    copy
}

fn load(key: &ProjectKey, envelope: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let backend = Enveloped::new(MemoryShelf::default());
    let at = place(1, key);
    backend.shelf().put(at.reference, envelope.to_vec()).unwrap();
    backend.load(&at, &Locator::default()).map(|p| p.to_vec()).map_err(|e| e.kind())
}

#[test]
fn an_envelope_has_the_layout_of_the_format_document() {
    let key = device_key();
    let envelope = stored(&place(1, &key));
    assert_eq!(envelope.len(), LEAD + IV + COMMITMENT + PAYLOAD.len() + TAG);
    assert_eq!(envelope[..LEAD], *b"SRE1\x01\x02\x00\x00\x00\x00\x00\x07");
    let associated = [
        &b"strongroom/envelope/2"[..],
        &envelope[..LEAD],
        &[0x11; 16],
        &[0x22; 16],
        &[0x33; 16],
        &[0x44; 16],
    ]
    .concat();
    let cipher = Aes256Gcm::new_from_slice(&(0x20..0x40).collect::<Vec<u8>>()).unwrap();
    let iv: [u8; IV] = envelope[LEAD..LEAD + IV].try_into().unwrap();
    let payload = Payload { msg: &envelope[LEAD + IV..], aad: &associated };
    let plaintext = cipher.decrypt(&Nonce::from(iv), payload).unwrap();
    assert_eq!(plaintext, [&[0; COMMITMENT], PAYLOAD].concat());
    assert_eq!(load(&key, &envelope), Ok(PAYLOAD.to_vec()));
}

#[test]
fn the_golden_envelope_opens() {
    let golden =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/v1/device-envelope.bin");
    assert_eq!(load(&device_key(), &fs::read(golden).unwrap()), Ok(PAYLOAD.to_vec()));
}

#[test]
fn no_altered_bit_opens() {
    use ErrorKind::{Corrupt, Unsupported};
    let key = device_key();
    let envelope = stored(&place(1, &key));
    for at in 0..envelope.len() {
        for bit in 0..8 {
            let mut altered = envelope.clone();
            altered[at] ^= 1 << bit;
            let expected = if (4..8).contains(&at) { Unsupported } else { Corrupt };
            assert_eq!(load(&key, &altered), Err(expected), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn no_cut_or_lengthened_envelope_opens() {
    let key = device_key();
    let envelope = stored(&place(1, &key));
    for len in 0..envelope.len() {
        assert_eq!(load(&key, &envelope[..len]), Err(ErrorKind::Corrupt), "cut to {len}");
    }
    assert_eq!(load(&key, &[&envelope[..], &[0]].concat()), Err(ErrorKind::Corrupt));
}

#[test]
fn an_envelope_opens_at_its_own_place_only() {
    let key = device_key();
    let envelope = stored(&place(1, &key));
    let backend = Enveloped::new(MemoryShelf::default());
    let other = Placement { version: VersionId::from_bytes([0x55; 16]), ..place(1, &key) };
    backend.shelf().put(other.reference, envelope).unwrap();
    let error = backend.load(&other, &Locator::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn the_zeros_in_front_are_checked() {
    let (key, at) = (device_key(), device_key());
    let at = place(1, &at);
    let envelope = stored(&at);
    let cipher = Aes256Gcm::new_from_slice(&(0x20..0x40).collect::<Vec<u8>>()).unwrap();
    let iv: [u8; IV] = envelope[LEAD..LEAD + IV].try_into().unwrap();
    let ids = [[0x11; 16], [0x22; 16], [0x33; 16], [0x44; 16]].concat();
    let aad = [b"strongroom/envelope/2", &envelope[..LEAD], &ids].concat();
    for (zeros, opens) in [([0; COMMITMENT], true), ([1; COMMITMENT], false)] {
        let plaintext = [&zeros[..], PAYLOAD].concat();
        let payload = Payload { msg: &plaintext, aad: &aad };
        let sealed = cipher.encrypt(&Nonce::from(iv), payload).unwrap();
        let forged = [&envelope[..LEAD + IV], &sealed].concat();
        assert_eq!(load(&key, &forged).is_ok(), opens);
    }
}

#[test]
fn a_suite_opens_with_a_key_of_its_own_kind_only() {
    let (device, bytes) = (device_key(), project_key());
    let (of_device, of_bytes) = (stored(&place(1, &device)), stored(&place(1, &bytes)));
    assert_eq!(load(&bytes, &of_device), Err(ErrorKind::Corrupt));
    assert_eq!(load(&device, &of_bytes), Err(ErrorKind::Corrupt));
    assert_eq!(load(&bytes, &of_bytes), Ok(PAYLOAD.to_vec()));
}
