//! What was a secret is nowhere in memory once it is dropped, and keys are in secret memory alone.
//!
//! The test knows what it looks for only in a masked form, so that it does not find itself.

// A test says what it has done.
#![allow(clippy::print_stdout)]

#[path = "../common/mod.rs"]
mod common;
mod scan;

use std::sync::{Mutex, MutexGuard, PoisonError};

use strongroom::{Expect, PutOptions, Recipe, SecretBytes};
use strongroom_backend::{KeyBackend, KeyPurpose, ProjectId, RootKeyId, StoreId, WrapContext};
use strongroom_software::SoftwareKeys;

use common::{create, open, path};
use scan::{Masked, Place, assert_nowhere, find};

/// One test at a time: the memory that one looks through is also that of the others.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A payload that is made in secret memory from its masked form.
fn marked(masked: &Masked, len: usize) -> SecretBytes {
    let mut payload = SecretBytes::zeroed(len).unwrap();
    masked.unmask_into(&mut payload);
    payload
}

#[test]
fn a_payload_is_found_while_it_is_held_and_not_after() {
    let _alone = alone();
    for len in [64, 200, 5_000, 300_000] {
        let folder = tempfile::tempdir().unwrap();
        let masked = Masked::random(64);
        let session = create(folder.path()).session();
        let payload = marked(&masked, len);
        session.put(&path("a/b"), &payload, &PutOptions::default()).unwrap();
        assert_eq!(find(&masked), [Place::Secret], "the control, {len} bytes");
        drop(payload);
        assert_nowhere(&masked, &format!("put of {len} bytes"));

        let got = session.get(&path("a/b")).unwrap();
        assert_eq!(find(&masked), [Place::Secret], "the control, {len} bytes");
        drop(got);
        assert_nowhere(&masked, &format!("get of {len} bytes"));
        drop(session);
        assert_nowhere(&masked, "close");
    }
}

#[test]
fn a_copy_in_ordinary_memory_would_be_found() {
    let _alone = alone();
    let masked = Masked::random(64);
    let mut copy = vec![0; 64];
    masked.unmask_into(&mut copy);
    // The compiler must think that somebody looks at the copy.
    std::hint::black_box(&mut copy);
    assert_eq!(find(&masked), [Place::Ordinary]);
    copy.fill(0);
    std::hint::black_box(&mut copy);
    assert_nowhere(&masked, "wiping");
}

#[test]
fn a_refused_put_leaves_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let session = create(folder.path()).session();
    common::put(&session, "a/b", b"other").unwrap();
    let masked = Masked::random(64);
    let payload = marked(&masked, 64);
    let absent = PutOptions { expect: Expect::Absent, ..Default::default() };
    session.put(&path("a/b"), &payload, &absent).unwrap_err();
    let error = session.put(&"a/c".parse().unwrap(), &payload, &absent).and_then(|_| {
        let wrong = PutOptions { expect: Expect::Version(7), ..Default::default() };
        session.put(&path("a/c"), &payload, &wrong)
    });
    let error = error.unwrap_err();
    assert_eq!(find(&masked), [Place::Secret]);
    drop(payload);
    assert_nowhere(&masked, "refused puts");
    drop(error);
}

#[test]
fn a_generated_passphrase_is_gone_with_its_payload() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let session = create(folder.path()).session();
    for recipe in [Recipe::passphrase(), Recipe::Key { bytes: 64 }] {
        session.generate(&path("a/b"), &recipe, &PutOptions::default()).unwrap();
        let payload = session.get(&path("a/b")).unwrap();
        let masked = Masked::of(&payload);
        assert_eq!(find(&masked), [Place::Secret]);
        drop(payload);
        assert_nowhere(&masked, "generate and get");
    }
}

#[test]
fn keys_are_in_secret_memory_alone() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let store = create(folder.path());
    common::put(&store.session(), "a/b", b"payload").unwrap();
    let id = store.id();
    drop(store);
    let (text, root) = root_key(&folder.path().join("keyring.json"));
    let (store_key, project_key) = wrapped_keys(folder.path(), id);
    assert_nowhere(&root, "a test that only has the masked root key");

    let store = open(folder.path()).unwrap();
    store.session().get(&path("a/b")).unwrap();
    common::put(&store.session(), "a/c", b"payload").unwrap();
    store.health();
    assert_nowhere(&text, "opening a store, as the text of the keyring");
    assert_eq!(find(&root), [Place::Secret], "the root key");
    assert_eq!(find(&project_key), [Place::Secret], "the project key");
    assert!(find(&store_key).iter().all(|place| *place == Place::Secret), "the store key");
    drop(store);
    for key in [&root, &project_key, &store_key] {
        assert_nowhere(key, "closing a store, as a key");
    }
}

/// The root key as the text of its file and as bytes.
fn root_key(keyring: &std::path::Path) -> (Masked, Masked) {
    let mut file = std::fs::File::open(keyring).unwrap();
    let content = SecretBytes::read_from(&mut file, 4_096).unwrap();
    let end = content.iter().rposition(|byte| *byte == b'"').unwrap();
    let start = content[..end].iter().rposition(|byte| *byte == b'"').unwrap() + 1;
    let text = &content[start..end];
    assert_eq!(text.len(), 44, "base64 of 32 bytes");
    let mut key = SecretBytes::zeroed(33).unwrap();
    for (four, three) in text.chunks(4).zip(key.chunks_mut(3)) {
        let bits = four.iter().fold(0u32, |bits, c| bits << 6 | u32::from(sextet(*c)));
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    key.truncate(32);
    (Masked::of(text), Masked::of(&key))
}

fn sextet(character: u8) -> u8 {
    match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    }
}

/// The store key and the one project key, unwrapped with the key backend itself.
fn wrapped_keys(folder: &std::path::Path, store: StoreId) -> (Masked, Masked) {
    let keys = SoftwareKeys::open(&folder.join("keyring.json"), Default::default()).unwrap();
    let root = RootKeyId::new("root-1").unwrap();
    let database = rusqlite::Connection::open(folder.join("metadata.db")).unwrap();
    let mut statement = database.prepare("SELECT project_id, wrapped FROM keys").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let (mut store_key, mut project_key) = (None, None);
    for row in rows {
        let (project, wrapped): ([u8; 16], Vec<u8>) = row.unwrap();
        let project = ProjectId::from_bytes(project);
        let of_store = project == ProjectId::STORE;
        let purpose = if of_store { KeyPurpose::StoreKey } else { KeyPurpose::ProjectKey };
        let context = WrapContext { store, project, generation: 1, purpose };
        let key = Masked::of(&keys.unwrap(&root, &wrapped, &context).unwrap());
        *(if of_store { &mut store_key } else { &mut project_key }) = Some(key);
    }
    (store_key.unwrap(), project_key.unwrap())
}
