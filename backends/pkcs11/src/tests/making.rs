//! What kind of root key a token gets.

use cryptoki::object::{Attribute, ObjectClass};
use strongroom_backend::{
    Error, ErrorKind, IV_BYTES, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, StoreId,
    WrapContext,
};

use super::alone::test_alone;
use super::shim::Shim;
use super::{started, within};
use crate::harness::SoftHsm;
use crate::{KeyLocation, Pkcs11Keys, Token, TokenSettings};

fn root(id: &str) -> RootKeyId {
    RootKeyId::new(id).unwrap()
}

/// Long enough to make an RSA key on a busy machine.
fn open(settings: &TokenSettings) -> (Token, Pkcs11Keys) {
    let token = Token::open(within(std::time::Duration::from_secs(60), settings)).unwrap();
    let keys = Pkcs11Keys::open(token.clone(), KeyLocation::Envelope).unwrap();
    (token, keys)
}

/// How many keys the token has: secret, private, public.
fn keys_of(token: &Token) -> [usize; 3] {
    token
        .call_repeatable(|held| {
            let mut counts = [0; 3];
            let classes =
                [ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY];
            for (count, class) in counts.iter_mut().zip(classes) {
                *count = held.find_objects(&[Attribute::Class(class)])?.len();
            }
            Ok(counts)
        })
        .unwrap()
}

test_alone! {
    fn a_token_that_fails_for_a_moment_gets_no_lesser_root_key() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let (token, keys) = open(&settings);
        // CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, and a canary that does not come back.
        for (function, order, native) in [
            ("C_GenerateKey", "0x5 once", "CKR_GENERAL_ERROR"),
            ("C_EncryptInit", "0x5 once", "CKR_GENERAL_ERROR"),
            ("C_Encrypt", "0x6 once", "CKR_FUNCTION_FAILED"),
            ("C_Decrypt", "0x5 after once", "CKR_GENERAL_ERROR"),
        ] {
            shim.order(function, order);
            let error: Error = keys.create_root_key(&root("root-1")).unwrap_err();
            assert!(!shim.waits(function), "the control: {function} failed once");
            assert_eq!(error.native(), Some(native), "{function}: {error}");
            assert_ne!(error.kind(), ErrorKind::Unsupported, "{function}: {error}");
            assert_eq!(keys_of(&token), [0, 0, 0], "{function}");
        }
        keys.create_root_key(&root("root-1")).unwrap();
        assert_eq!(keys_of(&token), [1, 0, 0]);
    }
}

test_alone! {
    fn a_token_that_cannot_do_aes_gets_an_rsa_key_and_binds_no_context_from_then_on() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let (token, keys) = open(&settings);
        keys.create_root_key(&root("root-1")).unwrap();
        assert!(keys.binds_context());
        // CKR_MECHANISM_INVALID.
        shim.order("C_EncryptInit", "0x70 once");
        keys.create_root_key(&root("root-2")).unwrap();
        assert_eq!(keys_of(&token), [1, 1, 1], "the AES key that did not work is gone");
        assert!(!keys.binds_context());
    }
}

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::from_bytes([1; 16]),
        project: ProjectId::from_bytes([2; 16]),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    }
}

/// The initialization vector of a wrapped key.
fn vector(wrapped: &[u8]) -> [u8; IV_BYTES] {
    wrapped[8..8 + IV_BYTES].try_into().unwrap()
}

test_alone! {
    fn the_vector_that_a_token_puts_in_place_of_ours_is_the_one_that_is_kept() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let (token, keys) = open(&settings);
        let key = SecretBytes::random(32).unwrap();
        // One that ignores what it is given, and one that takes nothing but zeros.
        for (number, order) in ["iv own", "iv own strict"].into_iter().enumerate() {
            shim.order("C_EncryptInit", order);
            let id = root(&format!("root-{number}"));
            keys.create_root_key(&id).unwrap();
            assert_eq!(keys_of(&token), [number + 1, 0, 0], "{order}: no lesser root key");
            let wrapped = keys.wrap(&id, &key, &context()).unwrap();
            let again = keys.wrap(&id, &key, &context()).unwrap();
            assert_eq!(vector(&wrapped)[..IV_BYTES - 1], [0xA0; IV_BYTES - 1], "{order}");
            assert_ne!(vector(&wrapped), vector(&again), "{order}");
            assert!(keys.unwrap(&id, &wrapped, &context()).unwrap().equals(&key));
            shim.forget("C_EncryptInit");
            assert!(keys.unwrap(&id, &wrapped, &context()).unwrap().equals(&key));
            // Control: without the order it is ours.
            let ours = keys.wrap(&id, &key, &context()).unwrap();
            assert_ne!(vector(&ours)[..IV_BYTES - 1], [0xA0; IV_BYTES - 1], "{order}");
        }
    }
}

test_alone! {
    fn nothing_is_kept_that_was_encrypted_under_a_vector_of_zeros() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let (_token, keys) = open(&settings);
        let id = root("root-1");
        keys.create_root_key(&id).unwrap();
        shim.order("C_EncryptInit", "iv zeros");
        let error = keys.wrap(&id, &SecretBytes::random(32).unwrap(), &context()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.native(), Some("CKR_MECHANISM_PARAM_INVALID"));
    }
}
