//! The same with stores on a real token (Debian `softhsm2`).
//!
//! A token promises that what it acknowledged is kept; SoftHSM does not keep that promise over a power
//! cut, for it syncs nothing. So its files are left as it wrote them, which is what a device does, and
//! the power fails for the store alone.

use strongroom_test_support::powercut::Op;

use crate::examine::{Extent, Token, examine};
use crate::model::Shape;
use crate::{expect_complete, expect_loss, expect_no_loss, script};

#[test]
fn no_power_cut_loses_anything_under_a_root_key_in_a_token() {
    expect_no_loss(Shape::TokenEnvelope);
}

#[test]
fn no_power_cut_loses_anything_that_a_token_encrypted() {
    expect_no_loss(Shape::TokenDevice);
}

#[test]
fn no_power_cut_loses_anything_whose_payload_a_token_kept() {
    expect_no_loss(Shape::TokenObjects);
}

#[test]
fn the_recorded_run_with_a_token_is_complete() {
    Shape::OF_TOKENS.into_iter().for_each(expect_complete);
}

#[test]
fn a_store_on_a_token_that_does_not_sync_its_commits_is_found_out() {
    expect_loss(script::record(Shape::TokenObjects, &[("STRONGROOM_TEST_SYNCHRONOUS", "NORMAL")]));
}

/// SoftHSM makes and removes objects in several steps. A token that a kill has left between them is as
/// good as before, but for the one file that SoftHSM itself loses.
#[test]
fn what_a_kill_leaves_inside_softhsm_harms_nothing() {
    let run = script::record(Shape::TokenObjects, &[]);
    let found = examine(&run, Extent::Everything, Token::Interrupted);
    println!("inside SoftHSM: {}", found.summary());
    assert!(found.losses.is_empty(), "{:#?}", found.losses);
    assert!(found.images > 5, "{}", found.summary());
}

/// What docs/hsm-tokens.md says of SoftHSM, and what shows that a lost token would be noticed.
#[test]
fn softhsm_itself_loses_what_it_acknowledged() {
    let run = script::record(Shape::TokenObjects, &[]);
    let mut disk = strongroom_test_support::powercut::Disk::new(&run.log).sparing("token".as_ref());
    let is_sync = |op: &Op| matches!(op, Op::Sync { .. } | Op::SyncFolder { .. });
    for op in &run.log.ops {
        disk.apply(op);
        assert!(!(is_sync(op) && disk.spares(op)), "SoftHSM syncs now: cut its power too");
    }
    let found = examine(&run, Extent::FirstLostPut, Token::Cut);
    assert!(found.losses.iter().any(|loss| loss.acknowledged > 1), "{}", found.summary());
}
