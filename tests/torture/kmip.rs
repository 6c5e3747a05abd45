//! The same kills of processes whose payloads and root keys are on a real KMIP server (PyKMIP), and kills
//! of that server.

use crate::child::Outcome;
use crate::kinds::Kind;
use crate::model::{Shape, World};
use crate::run::Run;
use crate::sources::kmip_steps;
use crate::torture::{expect_all, kill, kills};

/// What asks the server for something, and changes it.
const CHANGES: [Kind; 5] =
    [Kind::PutProject, Kind::PutVersion, Kind::Destroy, Kind::Erase, Kind::Rotate];

#[test]
fn a_process_killed_over_a_server_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let reached = kill(World::new(Shape::KmipObjects), kills() / 4).steps();
    expect_all(kmip_steps(), reached);
}

#[test]
fn a_process_killed_whose_root_key_is_on_a_server_loses_nothing() {
    kill(World::new(Shape::KmipEnvelope), kills() / 8);
}

/// Whoever waits for the server goes on when it is back.
#[test]
fn a_server_killed_at_any_step_of_a_process_loses_nothing() {
    let mut run = Run::new(6, Shape::KmipObjects);
    let mut worker = run.start();
    let mut killed = 0;
    for kind in CHANGES {
        run.do_one(&mut worker, kind);
        let mut steps = worker.steps.clone();
        steps.sort_unstable();
        steps.dedup();
        for step in steps {
            let action = run.prepare(&mut worker, kind);
            worker.stop_at(&step, 1);
            if worker.run(&action) == Outcome::Stopped {
                run.world.restart_server();
                worker.go_on();
                killed += 1;
            } else {
                // It did not come by again; nothing else is to stop there.
                worker.stop_at("nowhere", 1);
            }
            run.advance(&action);
        }
    }
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    assert!(killed > CHANGES.len(), "{killed}");
}
