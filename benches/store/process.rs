//! `strongroom get` as a whole process, against `cat` of a file.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::report::{Bound, Report, middle};
use crate::stage::{Stage, target};

const RUNS: usize = 200;

pub(crate) fn measure(report: &mut Report) {
    let command = built_command();
    let stage = Stage::with(10);
    let file = stage.folder.path().join("passphrase");
    std::fs::write(&file, [b'x'; 64]).unwrap();
    let config = stage.config();
    // Nobody holds the store open, as on a machine where only a cron job asks for it.
    drop((stage.store, stage.session));
    let get = || {
        let mut get = Command::new(&command);
        get.arg("--config").arg(&config).arg("get").arg(Stage::path(3).to_string());
        get
    };
    let cat = || {
        let mut cat = Command::new("cat");
        cat.arg(&file);
        cat
    };
    let (mut cats, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        cats.push(run(cat()));
        gets.push(run(get()));
    }
    report.ratio("`strongroom get`, against `cat`", middle(gets), middle(cats), 3.0);
    report.value("its memory in MiB", peak_memory(get()), Bound::AtMost(15.0));
}

fn run(mut command: Command) -> Duration {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).status().unwrap();
    let elapsed = started.elapsed();
    assert!(status.success());
    elapsed
}

/// The largest resident set of a finished command, as GNU time prints it.
fn peak_memory(command: Command) -> f64 {
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(|a| a.to_owned()).collect();
    let script = "import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .arg(program)
        .args(arguments)
        .output()
        .unwrap();
    let kib: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    kib / 1024.0
}

/// The command as it is shipped: built by `make bench-files` before this runs.
fn built_command() -> PathBuf {
    let command = target().parent().unwrap().join("release/strongroom");
    assert!(command.exists(), "run `make bench-files`, which builds {}", command.display());
    command
}
