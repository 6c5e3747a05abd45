//! The same kills of processes whose stores are on a real token (Debian `softhsm2`), and what shows
//! that the check would notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use strongroom_pkcs11::harness::{SoftHsm, TestToken};

use crate::checker::Checker;
use crate::child::{Outcome, Worker};
use crate::kinds::Kind;
use crate::model::{Action, Contents, Shape, World};
use crate::run::Run;
use crate::sources::token_steps;
use crate::torture::{expect_all, kill, kills};

/// What each shape cannot reach, another does: together they are killed at every step there is.
#[test]
fn a_process_killed_over_a_token_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let each = kills() / Shape::OF_TOKENS.len();
    let reached: BTreeSet<String> = thread::scope(|scope| {
        let runs = Shape::OF_TOKENS
            .map(|shape| scope.spawn(move || kill(World::new(shape), each).steps()));
        runs.into_iter().flat_map(|run| run.join().expect("a run")).collect()
    });
    expect_all(token_steps(), reached);
}

/// A token keeps the payloads of one store. An init that was killed may have left its marker there, and
/// what one does about it is in docs/hsm.md.
#[test]
fn an_init_killed_over_a_token_of_payloads_can_be_done_again() {
    let create = |folder: &str| Action::Create { folder: folder.into() };
    let world = World::new(Shape::TokenObjects);
    let mut worker = Worker::start(&world);
    worker.finish(&create("store"));
    let steps = worker.steps.clone();
    assert!(steps.iter().any(|step| step == "token.marker"), "{steps:?}");
    for step in steps {
        let world = World::new(Shape::TokenObjects);
        let mut worker = Worker::start(&world);
        worker.stop_at(&step, 1);
        assert_eq!(worker.run(&create("killed")), Outcome::Stopped, "{step}");
        drop(worker);
        if world.config_of("killed").exists() {
            let whole = Checker::start(&world).beside(&create("killed"), &Contents::default());
            assert_eq!(whole, Ok(true), "after a kill at {step}");
            continue;
        }
        let again = Worker::start(&world).attempt(&create("store"));
        if let Err(refusal) = again {
            assert!(refusal.contains("already exists") && refusal.contains("marker"), "{refusal}");
            remove_marker(&world);
            Worker::start(&world).finish(&create("store"));
        }
        let found = Checker::start(&world).store(&[Contents::default()]).unwrap();
        assert_eq!(found.strays, 0, "after a kill at {step}");
    }
}

fn remove_marker(world: &World) {
    let token = SoftHsm::at(&world.token());
    let mut command = Command::new("pkcs11-tool");
    command.arg("--module").arg(token.settings().module);
    command.args(["--login", "--pin", token.pin(), "--delete-object", "--type", "data"]);
    command.args(["--label", "strongroom marker"]);
    token.apply(&mut command);
    let output = command.output().expect("pkcs11-tool of the package opensc");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A store that holds its payload in a token, and the files of the token's objects.
fn with_one_payload(seed: u64) -> (Run, Vec<PathBuf>) {
    let mut run = Run::new(seed, Shape::TokenObjects);
    let mut worker = run.start();
    let before = objects(&run.world);
    run.do_one(&mut worker, Kind::PutProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    let payload = objects(&run.world).into_iter().filter(|file| !before.contains(file)).collect();
    (run, payload)
}

#[test]
fn the_check_notices_a_payload_that_a_token_lost() {
    let (mut run, payload) = with_one_payload(4);
    payload.iter().for_each(|file| fs::remove_file(file).unwrap());
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("#1"), "{complaint}");
}

#[test]
fn the_check_notices_a_payload_that_an_erase_left_in_a_token() {
    let (mut run, payload) = with_one_payload(5);
    let bytes: Vec<_> = payload.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::EraseProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    for (file, bytes) in payload.iter().zip(bytes) {
        fs::write(file, bytes).unwrap();
    }
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("1 strays"), "{complaint}");
}

/// The files in which SoftHSM keeps the objects of its one token.
fn objects(world: &World) -> Vec<PathBuf> {
    let tokens = fs::read_dir(world.token().join("tokens")).unwrap();
    let files = tokens.flat_map(|token| fs::read_dir(token.unwrap().path()).unwrap());
    let files = files.map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|e| e == "object")).collect()
}
