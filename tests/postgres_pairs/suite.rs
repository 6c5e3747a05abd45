//! What a store does, wherever it is.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use strongroom::{
    ErrorKind, Expect, GetOptions, LabelChanges, ListOptions, PutOptions, Result, SecretBytes,
    SecretPath, Session, Severity, State, Store,
};
use strongroom_test_support::tell;

use crate::model::contents::observe;
use crate::model::{Action, Shape, World, adopt, check_beside, check_store};

type Part = (&'static str, fn(&World, &Store));

const ORDER: [Part; 9] = [
    ("payloads come back", payloads_come_back),
    ("states and erasures hold", states_and_erasures_hold),
    ("a put happens only as expected", a_put_happens_only_as_expected),
    ("labels and lists agree", labels_and_lists_agree),
    ("two handles give no number twice", two_handles_give_no_number_twice),
    ("a closed generation protects nothing new", a_closed_generation_protects_nothing_new),
    ("root keys are replaced", root_keys_are_replaced),
    ("a backup is restored, or refused", a_backup_is_restored_or_refused),
    ("a copy is adopted", a_copy_is_adopted),
];
pub(crate) const PARTS: usize = ORDER.len();

/// Runs each part on one store, which must be whole afterwards. Says which one comes next.
pub(crate) fn run(world: &World) {
    Action::Create { folder: "store".into() }.perform(world, &mut None).unwrap();
    for (name, part) in ORDER {
        tell(name);
        part(world, &open(world));
        let contents = observe(&open(world).session()).unwrap();
        let found = check_store(world, &[contents]).unwrap();
        assert_eq!(found.strays, 0, "after: {name}");
    }
}

fn payloads_come_back(world: &World, store: &Store) {
    let session = store.session();
    let payloads =
        [1, 64, 1_000, 60_000].map(|size| (0..=255).cycle().take(size).collect::<Vec<u8>>());
    for (index, payload) in payloads.iter().enumerate() {
        assert_eq!(put(&session, "web1/key", payload).unwrap() as usize, index + 1);
        assert!(get(&session, "web1/key").unwrap() == *payload);
    }
    drop(session);
    let session = open(world).session();
    for (index, payload) in payloads.iter().enumerate() {
        let options = GetOptions { version: Some(index as u32 + 1), ..GetOptions::default() };
        let fetched = session.get_with(&path("web1/key"), &options).unwrap();
        assert!(fetched.payload.to_vec() == *payload, "{} bytes", payload.len());
    }
    let severe = open(world).health().into_iter().find(|f| f.severity == Severity::Error);
    assert!(severe.is_none(), "{severe:?}");
}

fn states_and_erasures_hold(world: &World, store: &Store) {
    let session = store.session();
    let at = path("web2/key");
    for payload in [b"first", b"other"] {
        put(&session, "web2/key", payload).unwrap();
    }
    // Another process, which has read it before.
    let other = open(world).session();
    assert_eq!(get(&other, "web2/key").unwrap(), b"other");
    session.set_state(&at, 2, State::Compromised).unwrap();
    session.set_state(&at, 1, State::Deactivated).unwrap();
    assert_eq!(kind(get(&session, "web2/key")), ErrorKind::NotActive);
    let old = GetOptions { version: Some(1), allow_inactive: true };
    assert_eq!(session.get_with(&at, &old).unwrap().payload.to_vec(), b"first");
    session.destroy(&at, 1).unwrap();
    assert_eq!(kind(session.get_with(&at, &old)), ErrorKind::Destroyed);
    assert_eq!(kind(other.get_with(&at, &old)), ErrorKind::Destroyed);
    session.erase(&at).unwrap();
    assert_eq!(kind(get(&session, "web2/key")), ErrorKind::NotFound);
    assert_eq!(kind(get(&other, "web2/key")), ErrorKind::NotFound);
    assert_eq!(put(&other, "web2/key", b"anew").unwrap(), 1);
    session.erase_project("web2").unwrap();
    assert_eq!(kind(get(&other, "web2/key")), ErrorKind::NotFound);
}

fn a_put_happens_only_as_expected(world: &World, store: &Store) {
    let (one, other) = (store.session(), open(world).session());
    let expecting = |session: &Session, expect, payload: &[u8]| {
        let options = PutOptions { expect, ..PutOptions::default() };
        session.put(&path("web3/key"), &bytes(payload), &options).map(|put| put.version)
    };
    assert_eq!(expecting(&one, Expect::Absent, b"first").unwrap(), 1);
    assert_eq!(kind(expecting(&other, Expect::Absent, b"no")), ErrorKind::AlreadyExists);
    assert_eq!(expecting(&other, Expect::Version(1), b"second").unwrap(), 2);
    assert_eq!(kind(expecting(&one, Expect::Version(1), b"no")), ErrorKind::Conflict);
    assert_eq!(get(&one, "web3/key").unwrap(), b"second");
}

fn labels_and_lists_agree(_: &World, store: &Store) {
    let session = store.session();
    for name in ["b", "a/nested", "c"] {
        put(&session, &format!("web4/{name}"), name.as_bytes()).unwrap();
    }
    let set = [("place".to_owned(), "vault".to_owned())].into();
    let changes = LabelChanges { set, ..LabelChanges::default() };
    session.label(&path("web4/b"), &changes).unwrap();
    let page = session.list("web4", &ListOptions::default()).unwrap();
    let names: Vec<&str> = page.items.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["a/nested", "b", "c"]);
    assert_eq!(page.items[1].labels.get("place").map(String::as_str), Some("vault"));
}

fn two_handles_give_no_number_twice(world: &World, store: &Store) {
    let sessions = [store.session(), open(world).session()];
    let numbers = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for session in &sessions {
            let numbers = &numbers;
            scope.spawn(move || {
                for _ in 0..5 {
                    let number = put(session, "web5/shared", b"payload").unwrap();
                    assert!(numbers.lock().unwrap().insert(number), "{number} was given twice");
                }
            });
        }
    });
    assert_eq!(numbers.into_inner().unwrap(), (1..=10).collect());
}

/// Where a device encrypts, which may do so under one generation only so often.
fn a_closed_generation_protects_nothing_new(world: &World, store: &Store) {
    if world.shape != Shape::TokenDevice {
        return;
    }
    let (one, other) = (store.session(), open(world).session());
    put(&one, "web7/key", b"1").unwrap();
    put(&other, "web7/key", b"2").unwrap();
    one.spend_encryptions_but("web7", 0).unwrap();
    // The control: both have leave for some more.
    put(&other, "web7/key", b"3").unwrap();
    // Another process has none, and closes the generation.
    put(&open(world).session(), "web7/key", b"4").unwrap();
    put(&one, "web7/key", b"5").unwrap();
    put(&other, "web7/key", b"6").unwrap();
    let mut versions = one.versions(&path("web7/key")).unwrap();
    versions.sort_by_key(|version| version.number);
    let generations: Vec<u32> = versions.iter().map(|version| version.generation).collect();
    assert_eq!(generations, [1, 1, 1, 2, 2, 2]);
    for number in 1..=6_u32 {
        let options = GetOptions { version: Some(number), ..GetOptions::default() };
        let fetched = other.get_with(&path("web7/key"), &options).unwrap();
        assert_eq!(fetched.payload.to_vec(), number.to_string().as_bytes());
    }
}

fn root_keys_are_replaced(world: &World, store: &Store) {
    let before = observe(&store.session()).unwrap();
    let mut moves = vec![None];
    if world.shape.can_move() {
        moves.extend([Some("other".to_owned()), Some(world.shape.key_backend().to_owned())]);
    }
    for to in moves {
        let rotate = Action::Rotate { to };
        rotate.perform(world, &mut Some(open(world))).unwrap();
        assert_eq!(check_beside(world, &rotate, &before), Ok(true), "{rotate}");
        Action::Retire.perform(world, &mut Some(open(world))).unwrap();
        assert_eq!(before.differences(&observe(&open(world).session()).unwrap()), "", "{rotate}");
    }
    // Of a handle that was open all the while.
    assert_eq!(before.differences(&observe(&store.session()).unwrap()), "");
}

fn a_backup_is_restored_or_refused(world: &World, store: &Store) {
    let before = observe(&store.session()).unwrap();
    let backup = Action::Backup { file: "backup".into() };
    let made = backup.perform(world, &mut Some(store.clone()));
    if !world.shape.has_backups() {
        assert_eq!(kind(made), ErrorKind::Unsupported);
        return;
    }
    made.unwrap();
    put(&store.session(), "web1/key", b"after the backup").unwrap();
    assert_eq!(check_beside(world, &backup, &before), Ok(true));
}

fn a_copy_is_adopted(world: &World, store: &Store) {
    put(&store.session(), "web6/key", b"payload").unwrap();
    adopt(world).unwrap();
    // Now this handle has the copy.
    assert_eq!(kind(put(&store.session(), "web6/key", b"payload")), ErrorKind::Conflict);
    assert_eq!(put(&open(world).session(), "web6/key", b"payload").unwrap(), 2);
}

fn open(world: &World) -> Store {
    Store::open(&world.config()).unwrap()
}

fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

fn bytes(payload: &[u8]) -> SecretBytes {
    SecretBytes::copy_of(payload).unwrap()
}

fn put(session: &Session, at: &str, payload: &[u8]) -> Result<u32> {
    let put = session.put(&path(at), &bytes(payload), &PutOptions::default())?;
    Ok(put.version)
}

fn get(session: &Session, at: &str) -> Result<Vec<u8>> {
    session.get(&path(at)).map(|payload| payload.to_vec())
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("a refusal").kind()
}
