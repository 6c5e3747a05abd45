//! Kills: a process that works on a store is killed at every named step, and at any other time, and
//! the store must hold what was acknowledged, all of it or nothing of what was not.
//!
//! `STRONGROOM_KILLS` sets the number of kills (200), `STRONGROOM_SEED` the choices. A table
//! for each shape of store goes to standard output and to `target/torture-report-SHAPE.txt`. The shapes
//! on tokens share as many kills. With a server there are fewer.
#![allow(missing_docs, reason = "a test program has no callers")]

mod checker;
mod child;
mod coverage;
mod kill;
mod kinds;
mod kmip;
#[path = "../model/mod.rs"]
mod model;
mod postgres;
mod product;
mod races;
mod rotations;
mod run;
mod sources;
mod tokens;
mod torture;

/// Not a test of its own: the process that the tests kill.
#[test]
fn child() {
    child::serve();
}

/// Neither: the process that looks at what they left.
#[test]
fn checker() {
    checker::serve();
}
