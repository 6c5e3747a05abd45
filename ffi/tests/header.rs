//! The header is what the sources say, and every export is guarded and explained.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn committed() -> PathBuf {
    root().join("include/strongroom.h")
}

/// With `STRONGROOM_WRITE_HEADER=1` (`make header`), writes the header first.
#[test]
fn the_committed_header_is_made_from_the_sources() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::generate_with_config(folder, config).unwrap();
    let mut made = Vec::new();
    bindings.write(&mut made);
    if std::env::var_os("STRONGROOM_WRITE_HEADER").is_some() {
        fs::write(committed(), &made).unwrap();
    }
    let found = fs::read(committed()).unwrap_or_default();
    assert!(found == made, "include/strongroom.h is not what ffi/src says: run `make header`");
}

/// One exported function, as its source has it.
struct Export {
    name: String,
    comment: String,
    body: String,
}

/// Reads the exported functions of a source by its layout, which rustfmt keeps.
fn exports_of(source: &str) -> Vec<Export> {
    let marker = "#[unsafe(no_mangle)]\n";
    let is_comment = |line: &&str| line.starts_with("///") || *line == "#[must_use]";
    let export = |(at, _)| {
        let before: Vec<&str> = source[..at].lines().rev().take_while(is_comment).collect();
        let lines = before.into_iter().rev().filter_map(|line| line.strip_prefix("///"));
        let comment: Vec<&str> = lines.map(str::trim_start).collect();
        let function = &source[at + marker.len()..];
        let end = function.find("\n}\n").unwrap();
        let (head, body) = function[..end].split_once(" {\n").unwrap();
        let name = head.split("fn ").nth(1).unwrap().split('(').next().unwrap();
        Export { name: name.to_owned(), comment: comment.join("\n"), body: body.to_owned() }
    };
    source.match_indices(marker).map(export).collect()
}

fn all_exports() -> Vec<Export> {
    let mut exports = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        exports.extend(exports_of(&fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    exports.retain(|export| export.name != "strongroom_test_panic");
    assert!(exports.len() > 60, "only {} exports were found", exports.len());
    exports
}

/// Names of functions that a header declares.
fn declared(header: &str) -> Vec<String> {
    let starts_a_call = |line: &&str| line.contains("strongroom_") && line.contains('(');
    let code =
        header.lines().filter(|l| !l.starts_with([' ', '#', '/', '*', '{'])).filter(starts_a_call);
    let name = |line: &str| {
        let line = line.trim_start_matches("STRONGROOM_MUST_CHECK ");
        let before = line.split('(').next().unwrap();
        before.rsplit(['*', ' ']).next().unwrap().to_owned()
    };
    code.map(name).filter(|name| name.starts_with("strongroom_")).collect()
}

#[test]
fn the_header_declares_exactly_what_is_exported() {
    let mut exported: Vec<String> = all_exports().into_iter().map(|export| export.name).collect();
    let mut declared = declared(&fs::read_to_string(committed()).unwrap());
    exported.sort();
    declared.sort();
    assert_eq!(declared, exported);
}

#[test]
fn every_export_is_guarded_against_panics() {
    let unguarded = |exports: Vec<Export>| -> Vec<String> {
        let guarded = |body: &str| body.matches("guarded!(").count() == 1;
        exports.into_iter().filter(|e| !guarded(&e.body)).map(|e| e.name).collect()
    };
    assert_eq!(unguarded(all_exports()), [""; 0]);
    // The control: one that is not guarded is found.
    let planted = "#[unsafe(no_mangle)]\npub extern \"C\" fn strongroom_x() -> u32 {\n    1\n}\n";
    assert_eq!(unguarded(exports_of(planted)), ["strongroom_x"]);
}

#[test]
fn every_comment_says_all_that_a_caller_must_know() {
    let labels = ["inputs", "outputs", "ownership", "threads", "errors", "since"];
    for export in all_exports() {
        for label in labels {
            let stated = format!("\n- {label}: ");
            assert!(export.comment.contains(&stated), "{} does not state {label}", export.name);
        }
        let purpose = export.comment.lines().next().unwrap_or_default();
        assert!(purpose.len() > 10, "{} does not state its purpose", export.name);
    }
}
