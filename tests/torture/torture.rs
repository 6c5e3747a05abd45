//! Kills at every named step and at any other time, and what shows that the check would notice.

use std::fs;
use std::path::Path;

use crate::child::Outcome;
use crate::kinds::Kind;
use crate::model::layout_of;
use crate::races::OVERTAKEN;
use crate::run::Run;
use crate::sources::named_steps;

/// Steps that only a put under a key of a device reaches.
const DEVICE_STEPS: [&str; 2] = ["put.encryptions-granted", "put.generation-begun"];

#[test]
fn a_killed_process_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let kills = number("STRONGROOM_KILLS").unwrap_or(200) as usize;
    let seed = number("STRONGROOM_SEED").unwrap_or(1);
    let mut run = Run::new(seed);
    run.survey();
    // A few more if the last step is a rare one; a step that cannot be reached again is an error.
    while run.coverage.kills() < kills
        || (!run.coverage.missing().is_empty() && run.coverage.kills() < kills + 600)
    {
        run.kill_once();
    }
    let report = run.coverage.report(seed);
    publish(&report);
    assert_eq!(run.coverage.missing(), Vec::<String>::new(), "never killed");
    let mut unreached: Vec<_> = named_steps().difference(&run.coverage.steps()).cloned().collect();
    // One process alone is never overtaken; races.rs kills there.
    // The others are a device's, and no token is here.
    unreached.retain(|step| step != OVERTAKEN && !DEVICE_STEPS.contains(&step.as_str()));
    assert_eq!(unreached, Vec::<String>::new(), "no action of this test reaches these steps");
}

#[test]
fn the_check_notices_a_lost_payload() {
    let mut run = Run::new(2);
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    let shelf =
        rusqlite::Connection::open(layout_of(&run.root.path().join("store")).shelf).unwrap();
    assert_eq!(shelf.execute("DELETE FROM payloads", []).unwrap(), 1);
    drop(shelf);
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("#1"), "{complaint}");
}

#[test]
fn the_check_notices_an_acknowledgement_that_comes_too_early() {
    let mut run = Run::new(3);
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
fn publish(report: &str) {
    println!("{report}");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    fs::write(target.join("torture-report.txt"), report).unwrap();
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
