//! `strongroom get` as a whole process, against a C program that does the least with the token.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use strongroom_pkcs11::harness::TestToken;

use crate::report::{Report, middle};
use crate::stage::{Stage, path};

const RUNS: usize = 60;

pub(crate) fn measure(stage: &Stage, report: &mut Report) {
    let least = compiled(&stage.folder("minimal"));
    let command = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../release/strongroom");
    assert!(command.exists(), "run `make bench-hsm`, which builds {}", command.display());
    let config = stage.folder("envelope").join("strongroom.toml");
    let (mut bare, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut minimal = Command::new(&least);
        minimal.arg(stage.module()).arg("test").arg(stage.pin_file()).arg("strongroom/root-1");
        bare.push(run(stage, minimal));
        let mut get = Command::new(&command);
        get.arg("--config").arg(&config).arg("get").arg(path(3).to_string());
        gets.push(run(stage, get));
    }
    report.ratio("`strongroom get`, cold, against minimal.c", middle(gets), middle(bare), 1.2);
}

fn run(stage: &Stage, mut command: Command) -> Duration {
    stage.token.apply(&mut command);
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).status().unwrap();
    let elapsed = started.elapsed();
    assert!(status.success(), "{command:?}");
    elapsed
}

fn compiled(target: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/hsm/minimal.c");
    let status = Command::new("cc")
        .args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(target)
        .args([source, "-ldl"])
        .status()
        .unwrap();
    assert!(status.success());
    target.to_path_buf()
}
