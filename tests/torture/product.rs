//! The same kills with each way to compose a store on each way to lay its databases: hours, for `make soak`.

use crate::model::{Shape, World};
use crate::torture::{kill, kills};

fn kill_on_every_database(shape: Shape) {
    for databases in shape.databases() {
        kill(World::on(shape, *databases, &[]), kills() / 20);
    }
}

#[test]
fn kills_over_every_database_and_a_keyring() {
    kill_on_every_database(Shape::Software);
}

#[test]
fn kills_over_every_database_and_a_root_key_in_a_token() {
    kill_on_every_database(Shape::TokenEnvelope);
}

#[test]
fn kills_over_every_database_and_a_token_that_encrypts() {
    kill_on_every_database(Shape::TokenDevice);
}

#[test]
fn kills_over_every_database_and_payloads_in_a_token() {
    kill_on_every_database(Shape::TokenObjects);
}

#[test]
fn kills_over_every_database_and_a_root_key_on_a_kmip_server() {
    kill_on_every_database(Shape::KmipEnvelope);
}

#[test]
fn kills_over_every_database_and_payloads_on_a_kmip_server() {
    kill_on_every_database(Shape::KmipObjects);
}
