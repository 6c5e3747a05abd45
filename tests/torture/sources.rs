//! The steps that the library names, read from its sources, so that none is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every name in a call of `step` in the library and the backends that it is tested with.
pub(crate) fn named_steps() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    let folders = [
        "src",
        "sqlite/src",
        "backends/api/src",
        "backends/software/src",
        "backends/enveloped/src",
    ];
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
