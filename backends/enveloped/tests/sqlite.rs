//! What a shelf in a SQLite file adds: it lasts, and what was destroyed leaves its files.
#![cfg(feature = "sqlite")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{place, project_key};
use rusqlite::Connection;
use strongroom_backend::{
    Backend, Destroyed, ErrorKind, Locator, Marker, Reference, SecretBytes, Severity, Shelf,
    StoreId,
};
use strongroom_enveloped::{Enveloped, SqliteShelf};
use tempfile::TempDir;

fn shelf() -> (TempDir, PathBuf, Enveloped<SqliteShelf>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payloads.db");
    let backend = Enveloped::new(SqliteShelf::create(&path).unwrap());
    (folder, path, backend)
}

fn target(reference: u8) -> (Reference, Locator) {
    (Reference::from_bytes([reference; 16]), Locator::default())
}

/// Every file of the folder, one after the other.
fn every_byte(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// Up to eight parts of the envelope at `reference`, long enough to be found by.
fn traces(backend: &Enveloped<SqliteShelf>, reference: u8) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut look = |envelope: &[u8]| {
        let step = (envelope.len() / 16 / 8).max(1);
        found = envelope.chunks_exact(16).step_by(step).map(<[u8]>::to_vec).collect();
        SecretBytes::zeroed(0)
    };
    backend.shelf().get(target(reference).0, &Locator::default(), &mut look).unwrap();
    found
}

#[test]
fn payloads_and_marker_outlive_the_process() {
    let (_folder, path, backend) = shelf();
    let key = project_key();
    let payload = SecretBytes::random(5_000).unwrap();
    backend.store(&place(1, &key), &payload).unwrap();
    let marker = Marker { store: StoreId::from_bytes([1; 16]), epoch: 42 };
    backend.set_marker(None, marker).unwrap();
    drop(backend);
    let again = Enveloped::new(SqliteShelf::open(&path).unwrap());
    assert!(again.load(&place(1, &key), &Locator::default()).unwrap().equals(&payload));
    assert_eq!(again.marker().unwrap(), Some(marker));
}

#[test]
fn a_shelf_is_neither_made_by_opening_nor_replaced_by_making() {
    let (folder, path, backend) = shelf();
    let key = project_key();
    backend.store(&place(1, &key), &SecretBytes::random(10).unwrap()).unwrap();
    let error = SqliteShelf::create(&path).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(backend.list(None, 10).unwrap(), [target(1).0]);
    let absent = folder.path().join("absent.db");
    assert_eq!(SqliteShelf::open(&absent).err().unwrap().kind(), ErrorKind::NotFound);
    assert!(!absent.exists());
}

#[test]
fn no_file_holds_ciphertext_of_what_was_destroyed() {
    let (folder, _, backend) = shelf();
    let key = project_key();
    // From within a page to many overflow pages.
    let sizes = [1, 40, 300, 2_000, 3_900, 4_100, 9_000, 70_000, 300_000];
    for (reference, len) in (1..).zip(sizes) {
        let payload = SecretBytes::random(len).unwrap();
        backend.store(&place(reference, &key), &payload).unwrap();
    }
    let all: Vec<_> = (1..=9).map(|reference| traces(&backend, reference)).collect();
    let before = every_byte(folder.path());
    for trace in all.iter().flatten() {
        assert!(contains(&before, trace), "the control does not find what is there");
    }
    let destroyed = [2, 4, 5, 7, 9];
    let targets = destroyed.map(target);
    assert_eq!(backend.destroy(&targets).unwrap(), Destroyed::Gone);
    let after = every_byte(folder.path());
    for (reference, traces) in (1..).zip(&all) {
        let expected = !destroyed.contains(&reference);
        for trace in traces {
            assert_eq!(contains(&after, trace), expected, "payload {reference}");
        }
    }
}

#[test]
fn a_reader_keeps_bytes_until_destroying_is_tried_again() {
    let (folder, path, backend) = shelf();
    let key = project_key();
    backend.store(&place(1, &key), &SecretBytes::random(300).unwrap()).unwrap();
    let traces = traces(&backend, 1);

    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM payloads").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM payloads", [], |row| row.get(0)).unwrap();
    let destroyed = backend.destroy(&[target(1)]).unwrap();
    let Destroyed::Remains(why) = destroyed else {
        panic!("{destroyed:?} while a reader is there")
    };
    assert!(why.contains("a reader is using the file"), "{why}");
    let error = backend.load(&place(1, &key), &Locator::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(contains(&every_byte(folder.path()), &traces[0]), "the bytes did not remain");

    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(backend.destroy(&[target(1)]).unwrap(), Destroyed::Gone);
    assert!(!contains(&every_byte(folder.path()), &traces[0]));
}

#[test]
fn health_writes_and_leaves_nothing() {
    let (_folder, _, backend) = shelf();
    for _ in 0..3 {
        assert!(backend.health().iter().all(|finding| finding.severity == Severity::Ok));
    }
    assert!(backend.list(None, 10).unwrap().is_empty());
}

#[test]
fn a_copy_opens_with_the_same_payloads() {
    let (folder, _, backend) = shelf();
    let key = project_key();
    let payload = SecretBytes::random(100).unwrap();
    backend.store(&place(1, &key), &payload).unwrap();
    let copy = folder.path().join("copy.db");
    backend.shelf().copy_to(&copy).unwrap();
    let copied = Enveloped::new(SqliteShelf::open(&copy).unwrap());
    assert!(copied.load(&place(1, &key), &Locator::default()).unwrap().equals(&payload));
    assert!(copied.shelf().check().unwrap().is_empty());
}

#[test]
fn another_database_is_not_a_shelf() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE payloads (x)").unwrap();
    assert!(SqliteShelf::open(&path).is_err());
    fs::write(&path, [7; 8192]).unwrap();
    assert!(SqliteShelf::open(&path).is_err());
}
