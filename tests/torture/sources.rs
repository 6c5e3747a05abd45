//! The steps that the library names, read from its sources, so that none is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The library, and what every store is made of.
const COMMON: [&str; 4] = ["src", "sqlite/src", "backends/api/src", "backends/enveloped/src"];
const OF_SOFTWARE: &str = "backends/software/src";
const OF_TOKENS: &str = "backends/pkcs11/src";

/// Every name in a call of `step` that a store with a keyring comes by, of itself or by others.
pub(crate) fn software_steps() -> BTreeSet<String> {
    steps_in(&[&COMMON[..], &[OF_SOFTWARE]].concat())
}

/// The same for stores whose shelf is in PostgreSQL.
pub(crate) fn postgres_steps() -> BTreeSet<String> {
    let mut steps = software_steps();
    steps.remove("shelf.wal-truncated");
    steps
}

/// The same for stores on a token.
pub(crate) fn token_steps() -> BTreeSet<String> {
    steps_in(&[&COMMON[..], &[OF_TOKENS]].concat())
}

/// Those that only a store on a KMIP server comes by.
pub(crate) fn kmip_steps() -> BTreeSet<String> {
    let mut steps = steps_in(&["backends/kmip/src"]);
    // Its unit tests have a function of the same name.
    steps.retain(|step| step.starts_with("kmip."));
    steps
}

fn steps_in(folders: &[&str]) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for folder in folders {
        collect(&root.join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let calls = text.split("step(\"").skip(1);
            names.extend(calls.filter_map(|call| Some(call.split_once('"')?.0.to_owned())));
        }
    }
}
