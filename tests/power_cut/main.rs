//! Power cuts: a run is recorded, and after every prefix of it the store is opened as a disk could
//! hold it, unsynced changes lost, reordered and torn.
//!
//! `STRONGROOM_CUTS` sets how many random choices are tried after each prefix (2), and
//! `STRONGROOM_SEED` which.
#![allow(missing_docs, reason = "a test program has no callers")]

mod examine;
mod judge;
#[path = "../model/mod.rs"]
mod model;
mod script;
mod tokens;

use strongroom_test_support::fast_folder;
use strongroom_test_support::powercut::{Disk, Image, Log, Survival};

use examine::{Extent, Token, examine};
use model::{Shape, World};

/// Not a test of its own: the process that the tests record.
#[test]
fn driver() {
    script::drive();
}

/// Neither: the process that opens what a power cut left of a store on a token.
#[test]
fn judge_process() {
    judge::serve();
}

#[test]
fn no_power_cut_loses_anything_acknowledged() {
    expect_no_loss(Shape::Software);
}

/// Nothing that a store of this shape has acknowledged is lost.
#[expect(clippy::print_stdout, reason = "a test says what it has done")]
fn expect_no_loss(shape: Shape) {
    let run = script::record(shape, &[]);
    let found = examine(&run, Extent::Everything, Token::Kept);
    println!("{shape}: {}", found.summary());
    assert!(found.losses.is_empty(), "{:#?}", found.losses);
    // A run in which nothing was tried would pass as well.
    assert!(found.images > found.cuts / 2, "{}", found.summary());
}

#[test]
fn the_recorded_run_is_complete() {
    expect_complete(Shape::Software);
}

/// The log has all that the run did to its folder.
fn expect_complete(shape: Shape) {
    let run = script::record(shape, &[]);
    let replayed = Disk::replay(&run.log).after_cut(Survival::Everything);
    assert_eq!(names_and_bytes(replayed), names_and_bytes(Image::read(run.folder.path())));
}

#[test]
fn a_store_that_never_syncs_is_found_out() {
    expect_loss(script::record(Shape::Software, &[("STRONGROOM_TEST_SYNCHRONOUS", "OFF")]));
}

#[test]
fn a_store_that_does_not_sync_its_commits_is_found_out() {
    expect_loss(script::record(Shape::Software, &[("STRONGROOM_TEST_SYNCHRONOUS", "NORMAL")]));
}

#[test]
fn a_store_that_does_not_sync_folders_is_found_out() {
    let mut run = script::record(Shape::Software, &[]);
    run.log = run.log.without_folder_syncs();
    expect_loss(run);
}

/// The examination must notice that a put was lost which had been acknowledged.
fn expect_loss(run: script::Run) {
    let found = examine(&run, Extent::FirstLostPut, Token::Cut);
    let lost_put = found.losses.iter().any(|loss| loss.acknowledged > 1);
    assert!(lost_put, "nothing lost: {}; {:#?}", found.summary(), found.losses);
}

/// What must survive: all but the shared-memory files, which SQLite maps and builds anew.
fn names_and_bytes(image: Image) -> Vec<(String, Option<Vec<u8>>)> {
    let entries = image.0.into_iter().map(|(path, bytes)| (path.display().to_string(), bytes));
    entries.filter(|(path, _)| !path.ends_with("-shm")).collect()
}

#[test]
fn a_power_cut_before_the_first_call_leaves_no_store() {
    let log = Log { root: 1, ops: Vec::new() };
    let folder = fast_folder();
    Disk::new(&log).after_cut(Survival::Everything).write(folder.path());
    let world = World::at(folder.path(), Shape::Software);
    assert_eq!(judge::judge(&world, 0, false), Ok(()));
    assert!(judge::judge(&world, 1, false).is_err());
}
