//! Processes that open or make a store, all of them at once.

use std::path::{Path, PathBuf};

use strongroom::{Layout, Store};
use strongroom_test_support::{Victim, hear, tell};

use crate::common::open;
use crate::contents;

const ORDER: &str = "STRONGROOM_TEST_ORDER";
const FOLDER: &str = "STRONGROOM_TEST_FOLDER";
const PLACES: [&str; 2] = ["STRONGROOM_TEST_METADATA", "STRONGROOM_TEST_SHELF"];
const READY: &str = "ready";

/// Starts one that waits to open the store in this folder.
pub(crate) fn opener(folder: &Path) -> Victim {
    start("open", folder, ["", ""])
}

/// Starts one that waits to make a store there, in these databases.
pub(crate) fn maker(folder: &Path, places: [&str; 2]) -> Victim {
    start("create", folder, places)
}

fn start(order: &str, folder: &Path, places: [&str; 2]) -> Victim {
    let folder = folder.to_str().unwrap();
    let [metadata, shelf] = places;
    let variables = [(ORDER, order), (FOLDER, folder), (PLACES[0], metadata), (PLACES[1], shelf)];
    Victim::start_test("process", &variables)
}

/// Lets all of them go on at once, and returns what each of them came to.
pub(crate) fn at_once(mut processes: Vec<Victim>) -> Vec<String> {
    for process in &processes {
        assert_eq!(process.answer().as_deref(), Some(READY));
    }
    processes.iter_mut().for_each(|process| process.order("go"));
    processes.iter().map(|process| process.answer().expect("an answer")).collect()
}

/// In the process.
pub(crate) fn work() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let variable = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    let folder = variable(FOLDER);
    tell(READY);
    hear();
    let done = match order.as_str() {
        "open" => open(&folder).map(|store| contents::differences(&store)),
        _ => {
            let [metadata, shelf] = PLACES.map(variable);
            let layout = Layout { metadata, shelf, ..Layout::in_folder(&folder) };
            Store::create(&layout).map(|_| "made".to_owned())
        }
    };
    tell(&done.unwrap_or_else(|error| format!("{:?}: {error}", error.kind())));
}
