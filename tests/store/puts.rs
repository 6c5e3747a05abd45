//! Putting and getting.

use std::collections::BTreeMap;

use strongroom::{
    ErrorKind, Expect, GetOptions, PAYLOAD_LIMIT, PutOptions, Recipe, SecretBytes, SecretType,
};

use crate::support::{bytes, fixture, kind, path};

#[test]
fn what_is_put_comes_back_for_every_size() {
    let f = fixture();
    for size in [1, 2, 31, 32, 4_095, 4_096, 65_537, PAYLOAD_LIMIT] {
        let payload = SecretBytes::random(size).unwrap();
        f.session.put(&path("sizes/one"), &payload, &PutOptions::default()).unwrap();
        assert!(f.session.get(&path("sizes/one")).unwrap().equals(&payload), "{size}");
    }
    let long = SecretBytes::zeroed(PAYLOAD_LIMIT + 1).unwrap();
    let empty = SecretBytes::zeroed(0).unwrap();
    let put = |payload| f.session.put(&path("sizes/two"), payload, &PutOptions::default());
    assert_eq!(kind(put(&long)), ErrorKind::TooLarge);
    assert_eq!(kind(put(&empty)), ErrorKind::InvalidArgument);
    assert_eq!(kind(f.get("sizes/two")), ErrorKind::NotFound);
}

#[test]
fn versions_count_from_one_and_old_ones_stay() {
    let f = fixture();
    for n in 1..=5 {
        assert_eq!(f.put("a/b", &format!("payload {n}")), n);
    }
    assert_eq!(f.get("a/b").unwrap(), "payload 5");
    for n in 1..=5 {
        let options = GetOptions { version: Some(n), ..Default::default() };
        let fetched = f.session.get_with(&path("a/b"), &options).unwrap();
        assert_eq!(&fetched.payload[..], format!("payload {n}").as_bytes());
        assert_eq!(fetched.version, n);
    }
    let options = GetOptions { version: Some(6), ..Default::default() };
    assert_eq!(kind(f.session.get_with(&path("a/b"), &options)), ErrorKind::NotFound);
}

#[test]
fn a_store_that_is_opened_again_has_everything() {
    let f = fixture();
    f.put("a/b", "payload");
    let config = f.config();
    let (folder, id) = (f.folder, f.store.id());
    drop((f.store, f.session));
    let again = strongroom::Store::open(&config).unwrap();
    assert_eq!(again.id(), id);
    assert_eq!(&again.session().get(&path("a/b")).unwrap()[..], b"payload");
    drop(folder);
}

#[test]
fn expectations_are_kept() {
    let f = fixture();
    let put = |expect| {
        let options = PutOptions { expect, ..Default::default() };
        f.session.put(&path("a/b"), &bytes("x"), &options)
    };
    assert_eq!(kind(put(Expect::Version(1))), ErrorKind::Conflict);
    assert_eq!(put(Expect::Absent).unwrap().version, 1);
    assert_eq!(kind(put(Expect::Absent)), ErrorKind::AlreadyExists);
    assert_eq!(kind(put(Expect::Version(2))), ErrorKind::Conflict);
    assert_eq!(put(Expect::Version(1)).unwrap().version, 2);
    assert_eq!(f.session.versions(&path("a/b")).unwrap().len(), 2);
}

#[test]
fn of_many_threads_that_expect_the_same_version_one_wins() {
    let f = fixture();
    f.put("a/b", "first");
    let wins: u32 = std::thread::scope(|scope| {
        let put = || {
            let options = PutOptions { expect: Expect::Version(1), ..Default::default() };
            u32::from(f.session.put(&path("a/b"), &bytes("x"), &options).is_ok())
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(put)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(wins, 1);
    assert_eq!(f.session.versions(&path("a/b")).unwrap().len(), 2);
}

#[test]
fn threads_that_make_the_same_secret_and_project_lose_nothing() {
    let f = fixture();
    std::thread::scope(|scope| {
        for n in 0..16 {
            let f = &f;
            scope.spawn(move || f.put("fresh/one", &format!("{n}")));
        }
    });
    let versions = f.session.versions(&path("fresh/one")).unwrap();
    assert_eq!(versions.len(), 16);
    let report = f.store.doctor(&Default::default(), &mut |_| {}).unwrap();
    assert_eq!((report.versions, report.strays), (16, 0));
}

#[test]
fn the_type_of_a_secret_never_changes() {
    let f = fixture();
    let put = |secret_type| {
        let options = PutOptions { secret_type, ..Default::default() };
        f.session.put(&path("a/key"), &bytes("x"), &options)
    };
    put(Some(SecretType::PrivateKey)).unwrap();
    put(None).unwrap();
    assert_eq!(kind(put(Some(SecretType::Opaque))), ErrorKind::Conflict);
    let info = f.session.describe(&path("a/key")).unwrap();
    assert_eq!(info.secret_type, SecretType::PrivateKey);
}

#[test]
fn content_type_and_labels_come_back() {
    let f = fixture();
    let label = |k: &str, v: &str| BTreeMap::from([(k.to_owned(), v.to_owned())]);
    let options = PutOptions {
        content_type: Some("application/x-pem-file".into()),
        labels: label("größe", "klein"),
        ..Default::default()
    };
    f.session.put(&path("a/b"), &bytes("x"), &options).unwrap();
    let options = PutOptions { labels: label("stage", ""), ..Default::default() };
    f.session.put(&path("a/b"), &bytes("y"), &options).unwrap();
    let info = f.session.describe(&path("a/b")).unwrap();
    assert_eq!(info.content_type.as_deref(), Some("application/x-pem-file"));
    assert_eq!(info.labels.len(), 2);
    let changes = strongroom::LabelChanges {
        set: label("stage", "prod"),
        remove: ["größe".to_owned()].into(),
    };
    f.session.label(&path("a/b"), &changes).unwrap();
    assert_eq!(f.session.describe(&path("a/b")).unwrap().labels, label("stage", "prod"));
    let long = PutOptions { labels: label(&"k".repeat(1_025), ""), ..Default::default() };
    assert_eq!(kind(f.session.put(&path("a/b"), &bytes("z"), &long)), ErrorKind::InvalidArgument);
}

#[test]
fn generated_payloads_are_long_different_and_printable() {
    let f = fixture();
    let make = |recipe| f.session.generate(&path("g/p"), &recipe, &PutOptions::default());
    make(Recipe::passphrase()).unwrap();
    let first = f.get("g/p").unwrap();
    make(Recipe::passphrase()).unwrap();
    let second = f.get("g/p").unwrap();
    assert_ne!(first, second);
    for passphrase in [&first, &second] {
        assert_eq!(passphrase.len(), 43);
        assert!(passphrase.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
    assert_eq!(kind(make(Recipe::Passphrase { length: 42 })), ErrorKind::InvalidArgument);
    let key =
        |bytes| f.session.generate(&path("g/k"), &Recipe::Key { bytes }, &PutOptions::default());
    key(32).unwrap();
    assert_eq!(f.session.get(&path("g/k")).unwrap().len(), 32);
    assert_eq!(kind(key(8)), ErrorKind::InvalidArgument);
}

#[test]
fn projects_are_made_by_a_put_only_where_the_config_allows() {
    let f = fixture();
    let mut config = strongroom::Config::load(&f.config()).unwrap();
    config.auto_create_projects = false;
    let strict = strongroom::Store::open_config(config).unwrap().session();
    let put = |at| strict.put(&path(at), &bytes("x"), &PutOptions::default());
    assert_eq!(kind(put("new/one")), ErrorKind::NotFound);
    strict.create_project("new", None).unwrap();
    assert!(!put("new/one").unwrap().created_project);
    assert_eq!(kind(strict.create_project("new", None)), ErrorKind::AlreadyExists);
    assert_eq!(kind(strict.create_project("other", Some("nowhere"))), ErrorKind::Config);
    assert_eq!(strict.describe_project("new").unwrap().secrets, 1);
}
