//! Tests that mount something do so where nobody else sees it, and where it goes away with them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::within;
use crate::helper::this_program;

const INSIDE: &str = "STRONGROOM_FAULTS_MOUNTS";

/// Whether this process may mount. If not, the test `name` is run again in a process that has mounts
/// of its own: as root, or as somebody who is root in a user namespace.
pub(crate) fn can_mount(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let root = rustix::process::geteuid().is_root();
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(if root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
        command
    };
    if !unshare().arg("true").output().is_ok_and(|output| output.status.success()) {
        println!("SKIP - {name}: mounting needs root, or user namespaces");
        return false;
    }
    let mut command = unshare();
    command.arg(this_program()).args(["--exact", name, "--nocapture"]).env(INSIDE, "1");
    let output = within(Duration::from_secs(120), name, move || command.output().unwrap());
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let by_harness = |line: &&str| line.starts_with("test ") || line.starts_with("running ");
    shown.lines().filter(|line| !line.is_empty() && !by_harness(line)).for_each(|line| {
        println!("{line}");
    });
    assert!(output.status.success(), "{errors}");
    false
}

/// A small disk of its own, mounted on a private folder; both go away with the value.
pub(crate) struct Disk(tempfile::TempDir);

impl Disk {
    /// An empty disk of so many KiB.
    pub(crate) fn new(kib: usize) -> Disk {
        let disk = Disk(tempfile::tempdir().unwrap());
        let size = format!("size={kib}k");
        disk.mount(&["-t", "tmpfs", "-o", &size, "tmpfs"]);
        disk
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn make_read_only(&self) {
        self.mount(&["-o", "remount,bind,ro"]);
    }

    fn mount(&self, arguments: &[&str]) {
        let status = Command::new("mount").args(arguments).arg(self.path()).status().unwrap();
        assert!(status.success(), "mount {arguments:?}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever still uses it; nobody else sees this mount anyway.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}
