//! What a device does with project keys.

use std::sync::Arc;

use super::report::{Outcome, ensure, refused};
use super::threads::at_once;
use crate::{
    DeviceCipher, DeviceKey, ErrorKind, KeyBackend, KeyPurpose, ProjectId, Result, RootKeyId,
    Sealed, SecretBytes, StoreId, WrapContext,
};

/// A device with two of its root keys.
pub(super) struct DeviceSubject<'a> {
    pub(super) keys: &'a dyn KeyBackend,
    pub(super) cipher: &'a Arc<dyn DeviceCipher>,
    pub(super) roots: [&'a RootKeyId; 2],
}

impl DeviceSubject<'_> {
    fn new_key(&self) -> Result<DeviceKey> {
        let context = WrapContext {
            store: StoreId::random()?,
            project: ProjectId::random()?,
            generation: 1,
            purpose: KeyPurpose::ProjectKey,
        };
        let wrapped = self.cipher.create_key(self.roots[0], &context)?;
        Ok(self.key(self.roots[0], wrapped, context))
    }

    fn key(&self, root: &RootKeyId, wrapped: Vec<u8>, context: WrapContext) -> DeviceKey {
        DeviceKey::new(self.cipher.clone(), root.clone(), wrapped, context)
    }
}

const AAD: &[u8] = b"associated data";

pub(super) fn what_was_encrypted_comes_back(device: &DeviceSubject<'_>) -> Outcome {
    let key = device.new_key()?;
    for len in [1, 15, 16, 17, 100, 4096, 65_536, 1 << 20] {
        let plaintext = SecretBytes::random(len)?;
        let sealed = key.encrypt(AAD, &plaintext)?;
        let overhead = sealed.ciphertext.len() - len;
        ensure!(overhead == 16, "{len} bytes became {overhead} more instead of 16");
        ensure!(key.decrypt(AAD, &sealed)?.equals(&plaintext), "{len} bytes came back as others");
    }
    Ok(())
}

pub(super) fn encrypting_twice_gives_different_bytes(device: &DeviceSubject<'_>) -> Outcome {
    let (key, plaintext) = (device.new_key()?, SecretBytes::random(64)?);
    let (one, other) = (key.encrypt(AAD, &plaintext)?, key.encrypt(AAD, &plaintext)?);
    ensure!(one.iv != other.iv, "an initialization vector was used twice");
    ensure!(one.ciphertext != other.ciphertext, "a ciphertext was made twice");
    Ok(())
}

pub(super) fn an_altered_part_does_not_open(device: &DeviceSubject<'_>) -> Outcome {
    let (key, plaintext) = (device.new_key()?, SecretBytes::random(40)?);
    let sealed = key.encrypt(AAD, &plaintext)?;
    let corrupt = |what: &str, aad: &[u8], altered: &Sealed| {
        refused(key.decrypt(aad, altered), ErrorKind::Corrupt, what)
    };
    for at in 0..sealed.ciphertext.len() {
        let mut altered = sealed.clone();
        altered.ciphertext[at] ^= 1;
        corrupt("an altered ciphertext", AAD, &altered)?;
    }
    for at in 0..sealed.iv.len() {
        let mut altered = sealed.clone();
        altered.iv[at] ^= 1;
        corrupt("an altered initialization vector", AAD, &altered)?;
    }
    corrupt("other associated data", b"associated dat4", &sealed)?;
    for len in [0, 1, 15, 16, 17, sealed.ciphertext.len() - 1] {
        let cut = Sealed { iv: sealed.iv, ciphertext: sealed.ciphertext[..len].to_vec() };
        corrupt("a ciphertext that was cut", AAD, &cut)?;
    }
    ensure!(key.decrypt(AAD, &sealed)?.equals(&plaintext), "the right one no longer opens");
    Ok(())
}

pub(super) fn another_key_does_not_open(device: &DeviceSubject<'_>) -> Outcome {
    let (key, other) = (device.new_key()?, device.new_key()?);
    let sealed = key.encrypt(AAD, &SecretBytes::random(40)?)?;
    refused(other.decrypt(AAD, &sealed), ErrorKind::Corrupt, "another project key")
}

pub(super) fn a_rewrapped_key_opens_what_it_encrypted(device: &DeviceSubject<'_>) -> Outcome {
    let (key, plaintext) = (device.new_key()?, SecretBytes::random(40)?);
    let sealed = key.encrypt(AAD, &plaintext)?;
    let [old, new] = device.roots;
    let wrapped = device.cipher.rewrap(old, key.wrapped(), new, key.context())?;
    ensure!(wrapped != key.wrapped(), "the wrapped key did not change");
    ensure!(device.cipher.is_device_key(&wrapped), "a rewrapped key is no key of the device");
    let rewrapped = device.key(new, wrapped, *key.context());
    ensure!(rewrapped.decrypt(AAD, &sealed)?.equals(&plaintext), "other bytes came back");
    ensure!(key.decrypt(AAD, &sealed)?.equals(&plaintext), "the old wrapping no longer opens");
    let again = rewrapped.encrypt(AAD, &plaintext)?;
    ensure!(key.decrypt(AAD, &again)?.equals(&plaintext), "the two are not the same key");
    Ok(())
}

pub(super) fn only_keys_of_the_device_are_called_so(device: &DeviceSubject<'_>) -> Outcome {
    let key = device.new_key()?;
    ensure!(device.cipher.is_device_key(key.wrapped()), "a key of the device is not called so");
    let wrapped = device.keys.wrap(device.roots[0], &SecretBytes::random(32)?, key.context())?;
    ensure!(!device.cipher.is_device_key(&wrapped), "a key that was wrapped is called so");
    ensure!(!device.cipher.is_device_key(b""), "nothing is called a key");
    let unwrapped = device.keys.unwrap(device.roots[0], key.wrapped(), key.context());
    ensure!(unwrapped.is_err(), "a key of the device was handed out");
    Ok(())
}

pub(super) fn more_keys_than_are_held_still_open(device: &DeviceSubject<'_>) -> Outcome {
    let mut kept = Vec::new();
    for _ in 0..300 {
        let (key, plaintext) = (device.new_key()?, SecretBytes::random(20)?);
        let sealed = key.encrypt(AAD, &plaintext)?;
        kept.push((key, plaintext, sealed));
    }
    for (key, plaintext, sealed) in &kept {
        ensure!(key.decrypt(AAD, sealed)?.equals(plaintext), "other bytes came back");
    }
    Ok(())
}

pub(super) fn many_threads_encrypt_and_decrypt(device: &DeviceSubject<'_>) -> Outcome {
    let shared = device.new_key()?;
    at_once(|thread| {
        let own = device.new_key()?;
        for round in 0..10 {
            let plaintext = SecretBytes::random(1 + 31 * thread + round)?;
            for key in [&own, &shared] {
                let sealed = key.encrypt(AAD, &plaintext)?;
                ensure!(key.decrypt(AAD, &sealed)?.equals(&plaintext), "other bytes came back");
            }
        }
        Ok(())
    })
}
