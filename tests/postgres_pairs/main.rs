//! One suite for every pair of a database and a backend that a store can be composed of: each way to keep
//! root keys and payloads, with the metadata and the shelf in files, on a PostgreSQL server, and one of them
//! on each.
#![allow(missing_docs, reason = "a test program has no callers")]

#[path = "../model/mod.rs"]
mod model;
mod suite;

use model::{Shape, World};
use strongroom::Layout;
use strongroom_test_support::{Victim, tell};

/// What the process says last.
const WHOLE: &str = "whole";

/// Not a test of its own: the process that works on one store. A module reads a token's place once, and so
/// each token needs a process.
#[test]
fn process() {
    let Some(world) = World::of_parent() else { return };
    suite::run(&world);
    tell(WHOLE);
}

/// Runs the suite with every database that goes with this.
fn on_every_database(shape: Shape) {
    for databases in shape.databases() {
        let world = World::on(shape, *databases, &[]);
        let process = Victim::start_test("process", &world.environment());
        let mut parts = Vec::new();
        while let Some(part) = process.answer() {
            parts.push(part);
        }
        assert_eq!(
            parts.last().map(String::as_str),
            Some(WHOLE),
            "{world}: it ended after {parts:?}"
        );
        assert_eq!(parts.len(), suite::PARTS + 1, "{world}: {parts:?}");
        let folder = Layout::in_folder(&world.root.join("store"));
        assert_eq!(folder.metadata.exists(), !databases.have_metadata_on_a_server(), "{world}");
        let has_file = !shape.has_objects() && !databases.have_shelf_on_a_server();
        assert_eq!(folder.shelf.exists(), has_file, "{world}");
    }
}

#[test]
fn every_database_with_root_keys_in_a_keyring() {
    on_every_database(Shape::Software);
}

#[test]
fn every_database_with_the_root_key_in_a_token() {
    on_every_database(Shape::TokenEnvelope);
}

#[test]
fn every_database_with_a_token_that_encrypts() {
    on_every_database(Shape::TokenDevice);
}

#[test]
fn every_database_with_payloads_in_a_token() {
    on_every_database(Shape::TokenObjects);
}

#[test]
fn every_database_with_the_root_key_on_a_kmip_server() {
    on_every_database(Shape::KmipEnvelope);
}

#[test]
fn every_database_with_payloads_on_a_kmip_server() {
    on_every_database(Shape::KmipObjects);
}
