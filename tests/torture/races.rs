//! Two situations in which a repair could remove what it must not.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use strongroom::{DoctorOptions, DoctorReport, ErrorKind, RestoreKeys, Store};

use crate::child::{Outcome, Worker};
use crate::model::contents::observe;
use crate::model::{Action, Contents, Shape, World, check_store};

/// The step of a put at which the payload is durable and the version not yet visible.
const PAYLOAD_STORED: &str = "put.payload-stored";

/// The step at which a put has found that it has to begin again.
pub(crate) const OVERTAKEN: &str = "put.overtaken";

fn put(path: &str, seed: u64) -> Action {
    Action::Put { path: path.into(), len: 300, seed }
}

fn open() -> Action {
    Action::Open { folder: "store".into() }
}

/// Carries out actions in this process, each on a store in `root/store`.
fn perform(world: &World, actions: &[Action], mut contents: Contents) -> Contents {
    let mut store = None;
    for action in actions {
        action.perform(world, &mut store).unwrap();
        contents = contents.after(action);
    }
    store.unwrap().close();
    contents
}

fn repair(store: &Store) -> DoctorReport {
    store.doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {}).unwrap()
}

fn contents_of(world: &World) -> Contents {
    observe(&Store::open(&world.config()).unwrap().session()).unwrap()
}

/// A put that is paused at [`PAYLOAD_STORED`] while its payload is taken for a stray and removed.
struct Overtaken {
    worker: Worker,
    paused: Action,
    store: Store,
    /// What the store holds without it.
    contents: Contents,
}

impl Overtaken {
    fn arrange(world: &World) -> Overtaken {
        let create = Action::Create { folder: "store".into() };
        let mut contents = perform(world, &[create, put("web1/first", 1)], Contents::default());
        let mut worker = Worker::start(world);
        worker.finish(&open());
        worker.stop_at(PAYLOAD_STORED, 1);
        let paused = put("web1/paused", 2);
        assert_eq!(worker.run(&paused), Outcome::Stopped);

        let store = Store::open(&world.config()).unwrap();
        let mut holder = Some(store.clone());
        let deadline = Instant::now() + Duration::from_secs(20);
        // Each put moves the newest time on that the metadata knows, until the stray counts as old.
        for seed in 3.. {
            let other = put("web1/other", seed);
            other.perform(world, &mut holder).unwrap();
            contents = contents.after(&other);
            let report = repair(&store);
            assert_eq!(report.refused, None);
            if report.strays_removed == 1 {
                break;
            }
            assert!(Instant::now() < deadline, "the stray is never removed: {report:?}");
        }
        Overtaken { worker, paused, store, contents }
    }
}

#[test]
fn a_put_whose_payload_a_repair_removed_stores_it_again() {
    let world = World::new(Shape::Software);
    let Overtaken { mut worker, paused, store, contents } = Overtaken::arrange(&world);
    worker.go_on();
    assert!(worker.steps.iter().any(|step| step == OVERTAKEN), "{:?}", worker.steps);
    let contents = contents.after(&paused);
    assert_eq!(contents.differences(&observe(&store.session()).unwrap()), "");
    let report = repair(&store);
    assert_eq!((report.damaged.len(), report.strays_removed), (0, 0), "{report:?}");
    assert_eq!(contents.differences(&contents_of(&world)), "");
}

#[test]
fn a_put_that_is_killed_when_it_was_overtaken_leaves_nothing_half_done() {
    let world = World::new(Shape::Software);
    let Overtaken { mut worker, paused, store, contents } = Overtaken::arrange(&world);
    worker.stop_at(OVERTAKEN, 1);
    assert_eq!(worker.resume(), Outcome::Stopped);
    drop(worker);
    store.close();
    let found = check_store(&world, &contents.around(&paused)).unwrap();
    assert_eq!(contents.differences(&found.contents), "");
}

/// A live store that has moved on since a backup and a plain copy of its metadata were made.
fn live_store(world: &World) -> Contents {
    let create = Action::Create { folder: "store".into() };
    let backup = Action::Backup { file: "backup".into() };
    let early = [create, put("web1/a", 1), put("web1/b", 2), backup];
    let contents = perform(world, &early, Contents::default());
    let live = world.layout("store");
    fs::copy(&live.metadata, world.root.join("old-metadata.db")).unwrap();
    perform(world, &[open(), put("web1/a", 3), put("web2/c", 4), put("web2/d", 5)], contents)
}

/// Writes a config into `folder` that takes its shelf from the live store.
fn point_at_live_shelf(world: &World, folder: &str) -> PathBuf {
    let config = world.config_of(folder);
    let text = fs::read_to_string(&config).unwrap();
    let shelf = world.layout("store").shelf;
    let lines = text.lines().map(|line| match line.trim_start().starts_with("shelf") {
        true => format!("shelf = {shelf:?}"),
        false => line.to_owned(),
    });
    let changed = lines.collect::<Vec<_>>().join("\n");
    assert!(changed.contains(shelf.to_str().unwrap()), "no shelf in {text}");
    fs::write(&config, changed).unwrap();
    config
}

/// Repairs through an old copy that shares the live shelf: it removes nothing, says why, and the live
/// store has lost nothing.
fn repair_removes_nothing(world: &World, old: &Store, live: &Contents) {
    let report = repair(old);
    assert!(report.strays > 0, "nothing to be tempted by: {report:?}");
    assert_eq!(report.strays_removed, 0, "{report:?}");
    assert!(report.refused.is_some(), "silent: {report:?}");
    assert_eq!(live.differences(&contents_of(world)), "");
}

#[test]
fn a_restored_backup_on_the_live_shelf_removes_nothing() {
    let world = &World::new(Shape::Software);
    let live = live_store(world);
    let restored = world.root.join("restored");
    let keyring = world.layout("store").keyring;
    let keys = RestoreKeys::Keyring(&keyring);
    Store::restore(&world.root.join("backup"), &restored, keys, &mut |_| {}).unwrap();
    let old = Store::open(&point_at_live_shelf(world, "restored")).unwrap();
    repair_removes_nothing(world, &old, &live);
    // What it stored, the live store would take for a stray.
    let refused = put("web1/a", 6).perform(world, &mut Some(old.clone())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}

#[test]
fn an_old_metadata_file_on_the_live_shelf_removes_nothing() {
    let world = &World::new(Shape::Software);
    let live = live_store(world);
    let copied = world.layout("copied");
    let store = world.layout("store");
    fs::create_dir(world.root.join("copied")).unwrap();
    fs::copy(&store.config, &copied.config).unwrap();
    fs::copy(&store.keyring, &copied.keyring).unwrap();
    fs::copy(world.root.join("old-metadata.db"), &copied.metadata).unwrap();
    let old = Store::open(&point_at_live_shelf(world, "copied")).unwrap();
    repair_removes_nothing(world, &old, &live);
    // What it stored, the live store would take for a stray.
    let refused = put("web1/a", 6).perform(world, &mut Some(old.clone())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let error = old.session().erase(&"web1/b".parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pending, "{error}");
    assert_eq!(live.differences(&contents_of(world)), "");
}
