//! What crosses the boundary of the module, as pkcs11-spy sees it.

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};
use strongroom_backend::{
    Backend, DeviceKey, ErrorKind, KeyBackend, KeyPurpose, PayloadType, Placement, ProjectId,
    ProjectKey, Reference, RootKeyId, SecretBytes, SecretId, StoreId, VersionId, WrapContext,
    host_micros,
};
use strongroom_pkcs11::harness::{SoftHsm, Spy, TestToken, in_own_process};
use strongroom_pkcs11::{
    KeyLocation, ObjectSettings, Pkcs11Keys, Pkcs11Objects, Token, TokenSettings,
};

/// What a hot path must not do.
const COLD: [&str; 3] = ["C_OpenSession", "C_Login", "C_FindObjects"];

fn start() -> (Spy<SoftHsm>, Token) {
    let spy = Spy::on(SoftHsm::start());
    spy.enter();
    // One session, so that what one call learned the next one knows.
    let settings = TokenSettings { sessions: 1, ..spy.settings() };
    let token = Token::open(settings).unwrap();
    (spy, token)
}

fn root() -> RootKeyId {
    RootKeyId::new("root-1").unwrap()
}

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    }
}

fn cold_calls(spy: &Spy<SoftHsm>) -> Vec<usize> {
    COLD.iter().map(|function| spy.calls(function)).collect()
}

#[test]
fn an_envelope_project_key_crosses_the_boundary_once_it_is_used() {
    in_own_process("an_envelope_project_key_crosses_the_boundary_once_it_is_used", || {
        let (spy, token) = start();
        let keys = Pkcs11Keys::create(token, &root(), KeyLocation::Envelope).unwrap();
        let key = SecretBytes::random(32).unwrap();
        let context = context();
        let blob = keys.wrap(&root(), &key, &context).unwrap();
        keys.unwrap(&root(), &blob, &context).unwrap();
        assert!(spy.saw(&key), "the control finds the key's bytes");
    });
}

#[test]
fn a_device_key_encrypts_and_never_crosses_the_boundary() {
    in_own_process("a_device_key_encrypts_and_never_crosses_the_boundary", || {
        let (spy, token) = start();
        let keys = Pkcs11Keys::create(token, &root(), KeyLocation::Device).unwrap();
        let cipher = keys.device().unwrap();
        let context = context();
        let wrapped = cipher.create_key(&root(), &context).unwrap();
        assert!(cipher.is_device_key(&wrapped));
        let next = RootKeyId::new("root-2").unwrap();
        keys.create_root_key(&next).unwrap();
        let moved = cipher.rewrap(&root(), &wrapped, &next, &context).unwrap();
        let old = DeviceKey::new(cipher.clone(), root(), wrapped.clone(), context);
        let new = DeviceKey::new(cipher, next, moved, context);
        let payload = SecretBytes::random(64).unwrap();
        let sealed = new.encrypt(b"place", &payload).unwrap();
        assert!(old.decrypt(b"place", &sealed).unwrap().equals(&payload));

        assert!(spy.saw(&payload), "the control finds the payload");
        let log = spy.log();
        let key = taken_out(&spy, &wrapped, &context);
        assert!(spy.saw(&key), "the control finds the key once it was taken out");
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02X} ")).collect::<String>();
        assert!(spy.log()[log.len()..].contains(&hex(&key[..16])), "in the way it is looked for");
        assert!(!log.contains(&hex(&key[..16])), "the first half of the project key");
        assert!(!log.contains(&hex(&key[16..])), "the second half of the project key");
        // Root keys are generated, never brought in or read.
        assert!(!log.contains("C_CreateObject") && !log.contains("C_GetAttributeValue"));
    });
}

/// The bytes of a project key, taken out of the token by one who may log in: unwrapped once more as a
/// key that can be read, which Strongroom never does.
fn taken_out(spy: &Spy<SoftHsm>, wrapped: &[u8], context: &WrapContext) -> Vec<u8> {
    let pkcs11 = Pkcs11::new(spy.settings().module).unwrap();
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    let find = |id: &[u8]| session.find_objects(&[Attribute::Id(id.to_vec())]).unwrap()[0];
    let (header, body) = wrapped.split_at(8);
    let associated = [b"strongroom/token-wrap/1", header, &context.to_bytes()].concat();
    let mut iv = body[..12].to_vec();
    let gcm = GcmParams::new(&mut iv, &associated, 128.into()).unwrap();
    let inner =
        session.decrypt(&Mechanism::AesGcm(gcm), find(b"strongroom/root-1"), &body[12..]).unwrap();
    let readable = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    let wrapping = find(b"strongroom/root-1/wrap");
    let key = session.unwrap_key(&Mechanism::AesKeyWrap, wrapping, &inner, &readable).unwrap();
    match session.get_attributes(key, &[AttributeType::Value]).unwrap().remove(0) {
        Attribute::Value(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hot_path_neither_opens_nor_logs_in_nor_searches() {
    in_own_process("a_hot_path_neither_opens_nor_logs_in_nor_searches", || {
        let (spy, token) = start();
        let keys = Pkcs11Keys::create(token.clone(), &root(), KeyLocation::Device).unwrap();
        let objects = Pkcs11Objects::open(token, ObjectSettings::default()).unwrap();
        let cipher = keys.device().unwrap();
        let context = context();
        let wrapped = cipher.create_key(&root(), &context).unwrap();
        let key = DeviceKey::new(cipher, root(), wrapped, context);
        let secret = SecretBytes::random(32).unwrap();
        let blob = keys.wrap(&root(), &secret, &context).unwrap();
        let project_key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
        let at = place(&project_key);
        let locator = objects.store(&at, &secret).unwrap();

        let pass = || {
            let sealed = key.encrypt(b"place", &secret).unwrap();
            assert!(key.decrypt(b"place", &sealed).unwrap().equals(&secret));
            assert!(keys.unwrap(&root(), &blob, &context).unwrap().equals(&secret));
            assert!(objects.load(&at, &locator).unwrap().equals(&secret));
        };
        pass();
        assert!(cold_calls(&spy).iter().all(|calls| *calls > 0), "the control finds all of them");
        assert!(spy.calls("C_UnwrapKey") > 0);
        spy.forget();
        for _ in 0..10 {
            pass();
        }
        assert_eq!(cold_calls(&spy), [0, 0, 0]);
        let calls = spy.all_calls();
        assert_eq!(calls.get("C_UnwrapKey"), None, "the project key stays loaded");
        let count = |function: &str| calls.get(function).copied().unwrap_or(0);
        assert_eq!((count("C_EncryptInit"), count("C_Encrypt")), (10, 10));
        assert_eq!((count("C_DecryptInit"), count("C_Decrypt")), (20, 20));
        assert_eq!(count("C_GetAttributeValue"), 20);
        assert_eq!(calls.values().sum::<usize>(), 80, "and nothing else: {calls:?}");
    });
}

#[test]
fn an_object_that_somebody_removed_is_not_found() {
    in_own_process("an_object_that_somebody_removed_is_not_found", || {
        let (_spy, token) = start();
        let open = || Pkcs11Objects::open(token.clone(), ObjectSettings::default()).unwrap();
        let (one, other) = (open(), open());
        let project_key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
        let at = place(&project_key);
        let locator = one.store(&at, &SecretBytes::random(40).unwrap()).unwrap();
        one.load(&at, &locator).unwrap();
        other.destroy(&[(at.reference, locator.clone())]).unwrap();
        assert_eq!(one.load(&at, &locator).unwrap_err().kind(), ErrorKind::NotFound);
    });
}

fn place(key: &ProjectKey) -> Placement<'_> {
    let now = host_micros();
    Placement {
        reference: Reference::at(now).unwrap(),
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        secret: SecretId::at(now).unwrap(),
        version: VersionId::at(now).unwrap(),
        payload_type: PayloadType::Opaque,
        key,
    }
}
