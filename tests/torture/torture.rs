//! Kills at every named step and at any other time, and what shows that the check would notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::child::Outcome;
use crate::coverage::Coverage;
use crate::kinds::Kind;
use crate::model::{Shape, World};
use crate::races::OVERTAKEN;
use crate::run::Run;
use crate::sources::software_steps;

/// Steps that only a put under a key of a device reaches; tokens.rs kills there.
pub(crate) const DEVICE_STEPS: [&str; 2] = ["put.encryptions-granted", "put.generation-begun"];

#[test]
fn a_killed_process_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let coverage = kill(World::new(Shape::Software), kills());
    let mut named = software_steps();
    named.retain(|step| !DEVICE_STEPS.contains(&step.as_str()));
    expect_all(named, coverage.steps());
}

/// Kills processes that work on stores in such a world, so often, and at each step that they reach.
pub(crate) fn kill(world: World, kills: usize) -> Coverage {
    let seed = seed();
    let name = world.to_string();
    let mut run = Run::of(seed, world);
    run.survey();
    // A few more if the last step is a rare one; a step that cannot be reached again is an error.
    while run.coverage.kills() < kills
        || (!run.coverage.missing().is_empty() && run.coverage.kills() < kills + 600)
    {
        run.kill_once();
    }
    publish(&run.coverage.report(&name, seed), &name);
    assert_eq!(run.coverage.missing(), Vec::<String>::new(), "{name}: never killed");
    run.coverage
}

/// Fails for a step that the sources name and no process was killed at.
pub(crate) fn expect_all(mut named: BTreeSet<String>, reached: BTreeSet<String>) {
    // One process alone is never overtaken; races.rs kills there.
    named.remove(OVERTAKEN);
    let unreached: Vec<_> = named.difference(&reached).collect();
    assert_eq!(unreached, Vec::<&String>::new(), "no action of this test reaches these steps");
}

/// How many kills are asked for.
pub(crate) fn kills() -> usize {
    number("STRONGROOM_KILLS").unwrap_or(200) as usize
}

/// Which choices are made.
pub(crate) fn seed() -> u64 {
    number("STRONGROOM_SEED").unwrap_or(1)
}

#[test]
fn the_check_notices_a_lost_payload() {
    let mut run = Run::new(2, Shape::Software);
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    let shelf = rusqlite::Connection::open(run.world.layout("store").shelf).unwrap();
    assert_eq!(shelf.execute("DELETE FROM payloads", []).unwrap(), 1);
    drop(shelf);
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("#1"), "{complaint}");
}

#[test]
fn the_check_notices_an_acknowledgement_that_comes_too_early() {
    let mut run = Run::new(3, Shape::Software);
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    run.do_one(&mut worker, Kind::PutName);
    let first_step = worker.steps[0].clone();
    let action = run.prepare(&mut worker, Kind::PutName);
    worker.lie();
    worker.stop_at(&first_step, 1);
    assert_eq!(worker.run(&action), Outcome::Done);
    assert_eq!(worker.await_end(), Outcome::Stopped);
    drop(worker);
    run.advance(&action);
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("expected but not there"), "{complaint}");
}

#[expect(clippy::print_stdout, reason = "the table is what a person runs this for")]
pub(crate) fn publish(report: &str, name: &str) {
    println!("{report}");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    fs::write(target.join(format!("torture-report-{name}.txt")), report).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
