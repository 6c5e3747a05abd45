//! Rotations that are killed at each of their steps, while another process uses the store.

use strongroom_test_support::fast_folder;

use crate::child::{Outcome, Worker};
use crate::model::check::is_rotated;
use crate::model::{Action, Contents, check_store};

fn put(path: &str, seed: u64) -> Action {
    Action::Put { path: path.into(), len: 300, seed }
}

/// A store with two projects, and an open process.
fn arrange(root: &std::path::Path) -> (Worker, Contents) {
    let mut worker = Worker::start(root);
    let mut contents = Contents::default();
    let create = Action::Create { folder: "store".into() };
    for action in [create, put("web1/a", 1), put("web2/b", 2)] {
        worker.finish(&action);
        contents = contents.after(&action);
    }
    (worker, contents)
}

/// Kills a rotation at each step that it has, has other processes use the store as it was left, and
/// rotates again.
fn kill_at_every_step(to: Option<&str>) {
    let rotate = Action::Rotate { to: to.map(str::to_owned) };
    let folder = fast_folder();
    let (mut worker, _) = arrange(folder.path());
    worker.finish(&rotate);
    let steps = worker.steps.clone();
    assert!(steps.iter().any(|step| step == "rotate.batch-written"), "{steps:?}");
    for (position, step) in steps.iter().enumerate() {
        let folder = fast_folder();
        let root = folder.path();
        let (mut bystander, mut contents) = arrange(root);
        let mut worker = Worker::start(root);
        worker.finish(&Action::Open { folder: "store".into() });
        let occurrence = steps[..=position].iter().filter(|other| *other == step).count();
        worker.stop_at(step, occurrence);
        assert_eq!(worker.run(&rotate), Outcome::Stopped, "{step}");
        // One that had the store open before, while the rotation stands still.
        for action in [put("web1/a", 3), put("web3/c", 4)] {
            bystander.finish(&action);
            contents = contents.after(&action);
        }
        drop(worker);
        check_store(root, std::slice::from_ref(&contents)).unwrap();
        bystander.finish(&put("web4/d", 5));
        contents = contents.after(&put("web4/d", 5));
        bystander.finish(&rotate);
        assert!(is_rotated(root, to).unwrap(), "after a kill at {step}");
        check_store(root, &[contents]).unwrap();
    }
}

#[test]
fn a_rotation_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(None);
}

#[test]
fn a_move_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Some("other"));
}
