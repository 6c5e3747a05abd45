//! What a store has its token do, and what it hands to it, as pkcs11-spy sees it.

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session as TokenSession;
use strongroom::{KeyLocation, Store};
use strongroom_backend::{KeyPurpose, ProjectId, WrapContext};
use strongroom_pkcs11::harness::{SoftHsm, Spy, TestToken, in_own_process};

use crate::support::{Site, get, put};

/// A payload and a project key would be found by chance in no log.
const PAYLOAD: &[u8] = b"correct horse battery staple, and thirty-two bytes";

fn spied() -> Site<Spy<SoftHsm>> {
    Site::on(Spy::on(SoftHsm::start()))
}

/// How many calls a hundred gets make, once the first has been answered; and how many of them decrypt.
fn calls_of_warm_gets(key_location: KeyLocation) -> (usize, usize) {
    let site = spied();
    let store = site.store("s", key_location);
    put(&store.session(), "web1/key", PAYLOAD);
    drop(store);
    let store = site.open("s").unwrap();
    let session = store.session();
    site.token.forget();
    assert_eq!(get(&session, "web1/key"), PAYLOAD);
    assert!(site.token.calls("C_Decrypt") > 0, "the first get asks the token");
    site.token.forget();
    for _ in 0..100 {
        assert_eq!(get(&session, "web1/key"), PAYLOAD);
    }
    let calls = site.token.all_calls();
    (calls.values().sum(), calls.get("C_Decrypt").copied().unwrap_or(0))
}

#[test]
fn an_envelope_store_asks_its_token_once_for_a_project() {
    in_own_process("traffic::an_envelope_store_asks_its_token_once_for_a_project", || {
        assert_eq!(calls_of_warm_gets(KeyLocation::Envelope), (0, 0));
    });
}

#[test]
fn a_device_store_asks_its_token_for_each_payload() {
    in_own_process("traffic::a_device_store_asks_its_token_for_each_payload", || {
        assert_eq!(calls_of_warm_gets(KeyLocation::Device).1, 100);
    });
}

/// A store that is made, opened and used, and stays logged in.
fn used(site: &Site<Spy<SoftHsm>>, key_location: KeyLocation) -> Store {
    let store = site.store("s", key_location);
    put(&store.session(), "web1/key", PAYLOAD);
    drop(store);
    let store = site.open("s").unwrap();
    assert_eq!(get(&store.session(), "web1/key"), PAYLOAD);
    put(&store.session(), "web1/other", PAYLOAD);
    store
}

/// The bytes of a store's only project key, taken out of the token by one who may log in, past the
/// spy: with the token's own module, and with attributes that Strongroom never gives a key.
fn project_key(site: &Site<Spy<SoftHsm>>, store: &Store) -> Vec<u8> {
    let (project, generation, wrapped) = wrapped_project_key(site);
    let (store, purpose) = (store.id(), KeyPurpose::ProjectKey);
    let context = WrapContext { store, project, generation, purpose };
    let module = Pkcs11::new(site.token.token().settings().module).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    let (header, body) = wrapped.split_at(8);
    let associated = [b"strongroom/token-wrap/1", header, &context.to_bytes()].concat();
    let mut iv = body[..12].to_vec();
    let gcm = GcmParams::new(&mut iv, &associated, 128.into()).unwrap();
    let root = find(&session, b"strongroom/root-1");
    let inner = session.decrypt(&Mechanism::AesGcm(gcm), root, &body[12..]).unwrap();
    match inner.len() {
        // The key itself, which an envelope store uses in memory.
        32 => inner,
        _ => unwrapped(&session, &inner),
    }
}

/// A project key of the device: below the sealing it is wrapped by another key of the token.
fn unwrapped(session: &TokenSession, wrapped: &[u8]) -> Vec<u8> {
    let readable = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ];
    let wrapping = find(session, b"strongroom/root-1/wrap");
    let key = session.unwrap_key(&Mechanism::AesKeyWrap, wrapping, wrapped, &readable).unwrap();
    match session.get_attributes(key, &[AttributeType::Value]).unwrap().remove(0) {
        Attribute::Value(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn find(session: &TokenSession, id: &[u8]) -> ObjectHandle {
    session.find_objects(&[Attribute::Id(id.to_vec())]).unwrap()[0]
}

fn wrapped_project_key(site: &Site<Spy<SoftHsm>>) -> (ProjectId, u32, Vec<u8>) {
    let metadata = rusqlite::Connection::open(site.folder().join("s/metadata.db")).unwrap();
    let only = "SELECT project_id, generation, wrapped FROM keys WHERE project_id <> ?1";
    let row = metadata.query_row(only, [ProjectId::STORE.as_bytes()], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?))
    });
    let (project, generation, wrapped) = row.unwrap();
    (ProjectId::from_slice(&project).unwrap(), generation, wrapped)
}

#[test]
fn a_project_key_of_a_device_store_never_crosses_the_boundary() {
    in_own_process("traffic::a_project_key_of_a_device_store_never_crosses_the_boundary", || {
        let site = spied();
        let store = used(&site, KeyLocation::Device);
        assert!(site.token.saw(PAYLOAD), "the control finds the payload");
        let key = project_key(&site, &store);
        assert!(!site.token.saw(&key[..16]), "the first half of the project key");
        assert!(!site.token.saw(&key[16..]), "the second half of the project key");
    });
}

/// The control of the one above.
#[test]
fn a_project_key_of_an_envelope_store_is_seen_and_no_payload() {
    in_own_process("traffic::a_project_key_of_an_envelope_store_is_seen_and_no_payload", || {
        let site = spied();
        let store = used(&site, KeyLocation::Envelope);
        let key = project_key(&site, &store);
        assert!(site.token.saw(&key));
        assert!(!site.token.saw(PAYLOAD));
    });
}
