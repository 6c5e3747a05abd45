//! A shelf in PostgreSQL keeps the promises of a backend, and what it keeps lasts.
#![cfg(feature = "postgres")]

mod common;

use common::{place, project_key};
use strongroom_backend::{
    Backend, ErrorKind, Locator, Marker, SecretBytes, Severity, StoreId, conformance,
};
use strongroom_enveloped::{Enveloped, PostgresShelf};
use strongroom_postgres::{Environment, Settings};
use strongroom_test_support::postgres::Cluster;

fn settings(dsn: &str) -> Settings {
    Settings::parse(dsn, Environment::Ignored).unwrap()
}

#[test]
fn a_shelf_in_postgresql_keeps_every_promise() {
    let cluster = Cluster::start();
    let shelf = PostgresShelf::create(settings(&cluster.new_database("shelf"))).unwrap();
    let report = conformance::backend(&Enveloped::new(shelf));
    report.require();
    assert!(report.skipped().is_empty(), "nothing is left out");
}

#[test]
fn payloads_and_marker_outlive_a_crash_of_the_server() {
    let mut cluster = Cluster::start();
    let dsn = cluster.new_database("shelf");
    let backend = Enveloped::new(PostgresShelf::create(settings(&dsn)).unwrap());
    let key = project_key();
    let payload = SecretBytes::random(5_000).unwrap();
    backend.store(&place(1, &key), &payload).unwrap();
    let marker = Marker { store: StoreId::from_bytes([1; 16]), epoch: 42 };
    backend.set_marker(None, marker).unwrap();
    cluster.stop("immediate");
    cluster.resume();
    assert!(backend.load(&place(1, &key), &Locator::default()).unwrap().equals(&payload));
    let again = Enveloped::new(PostgresShelf::open(settings(&dsn)).unwrap());
    assert_eq!(again.marker().unwrap(), Some(marker));
    assert!(again.health().iter().all(|finding| finding.severity == Severity::Ok));
}

#[test]
fn a_shelf_is_neither_made_by_opening_nor_replaced_by_making() {
    let cluster = Cluster::start();
    let dsn = cluster.new_database("shelf");
    assert_eq!(PostgresShelf::open(settings(&dsn)).err().unwrap().kind(), ErrorKind::NotFound);
    drop(PostgresShelf::create(settings(&dsn)).unwrap());
    let error = PostgresShelf::create(settings(&dsn)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}
