//! Runs a program under the preloaded recorder.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::Log;

/// Names the file that a recorded program writes its marks to.
pub const MARKS: &str = "POWERCUT_MARKS";

/// In the recorded program: puts a mark into the log, between the calls before and after it.
///
/// # Panics
/// When the program does not run under [`record`].
pub fn mark(text: &str) {
    let path = std::env::var_os(MARKS).expect("the program runs under the recorder");
    let mut file = fs::OpenOptions::new().append(true).open(path).expect("the file of marks");
    file.write_all(text.as_bytes()).expect("the mark is written");
}

/// Runs `command` to its end and returns what it did to `folder`, which must be empty.
///
/// # Panics
/// When there is no C compiler, or the command fails.
pub fn record(mut command: Command, folder: &Path) -> Log {
    let folder = folder.canonicalize().expect("the watched folder");
    let root = fs::metadata(&folder).expect("the watched folder").ino();
    let work = crate::fast_folder();
    let (library, log) = (work.path().join("record.so"), work.path().join("log"));
    let marks = work.path().join("marks");
    compile(&library);
    fs::write(&marks, "").expect("the file of marks");
    let output = command
        .env("LD_PRELOAD", &library)
        .env("POWERCUT_FOLDER", &folder)
        .env("POWERCUT_LOG", &log)
        .env(MARKS, &marks)
        .output()
        .expect("the program starts");
    assert!(
        output.status.success(),
        "the recorded program failed: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Log::parse(root, &folder, &fs::read(&log).expect("the log"))
}

fn compile(library: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/powercut/record.c");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([library.as_os_str(), OsStr::new(source), OsStr::new("-ldl")])
        .status()
        .expect("a C compiler");
    assert!(status.success(), "{source} does not compile");
}
