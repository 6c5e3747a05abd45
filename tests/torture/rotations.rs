//! Rotations that are killed at each of their steps, while another process uses the store.

use crate::checker::Checker;
use crate::child::{Outcome, Worker};
use crate::model::{Action, Contents, Shape, World};

fn put(path: &str, seed: u64) -> Action {
    Action::Put { path: path.into(), len: 300, seed }
}

/// A store with two projects and a root key that waits for its use elsewhere, and an open process.
fn arrange(world: &World) -> (Worker, Contents) {
    let mut worker = Worker::start(world);
    let mut contents = Contents::default();
    let create = Action::Create { folder: "store".into() };
    let prepare = Action::InitKeys { name: "prepared".into() };
    for action in [create, put("web1/a", 1), put("web2/b", 2), prepare] {
        worker.finish(&action);
        contents = contents.after(&action);
    }
    (worker, contents)
}

/// Kills a rotation at each step that it has, has other processes use the store as it was left, and
/// rotates again.
fn kill_at_every_step(shape: Shape, to: Option<&str>) {
    let rotate = Action::Rotate { to: to.map(str::to_owned) };
    let world = World::new(shape);
    let (mut worker, _) = arrange(&world);
    worker.finish(&rotate);
    let steps = worker.steps.clone();
    assert!(steps.iter().any(|step| step == "rotate.batch-written"), "{steps:?}");
    for (position, step) in steps.iter().enumerate() {
        let world = World::new(shape);
        let (mut bystander, mut contents) = arrange(&world);
        let mut worker = Worker::start(&world);
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
        Checker::start(&world).store(std::slice::from_ref(&contents)).unwrap();
        bystander.finish(&put("web4/d", 5));
        contents = contents.after(&put("web4/d", 5));
        bystander.finish(&rotate);
        let mut checker = Checker::start(&world);
        assert!(checker.is_rotated(to).unwrap(), "after a kill at {step}");
        checker.store(&[contents]).unwrap();
    }
}

/// Who finishes the move could not tell that key from the one that the keys were on their way to.
#[test]
fn no_key_is_prepared_while_a_move_is_not_finished() {
    let world = World::new(Shape::Software);
    let (mut worker, contents) = arrange(&world);
    worker.stop_at("rotate.activated", 1);
    assert_eq!(worker.run(&Action::Rotate { to: Some("other".into()) }), Outcome::Stopped);
    drop(worker);
    let open = || {
        let mut worker = Worker::start(&world);
        worker.finish(&Action::Open { folder: "store".into() });
        worker
    };
    let refusal = open().attempt(&Action::InitKeys { name: "late".into() }).unwrap_err();
    assert!(refusal.contains("conflict: a rotation away from"), "{refusal}");
    open().finish(&Action::Rotate { to: None });
    let mut checker = Checker::start(&world);
    assert_eq!(checker.is_rotated(Some("other")), Ok(true));
    checker.store(&[contents]).unwrap();
}

#[test]
fn a_rotation_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Shape::Software, None);
}

#[test]
fn a_move_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Shape::Software, Some("other"));
}

#[test]
fn a_rotation_in_a_token_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Shape::TokenEnvelope, None);
}

#[test]
fn a_rotation_over_keys_of_a_device_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Shape::TokenDevice, None);
}

#[test]
fn a_move_out_of_a_token_that_is_killed_at_any_step_is_finished_by_the_next() {
    kill_at_every_step(Shape::TokenEnvelope, Some("other"));
}
