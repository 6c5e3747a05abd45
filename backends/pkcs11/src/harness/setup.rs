//! What every token's setup needs: files, programs, packages.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::TestToken;
use crate::{PinSource, TokenChoice, TokenSettings};

/// A machine with other work to do may take long to start a program.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for its owner alone, which goes away with the token.
pub(super) fn private_folder(of: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("strongroom-{of}-"))
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .expect("a temporary folder")
}

/// A file that only its owner can read; what was there is replaced.
pub(super) fn private_file(path: &Path, content: &str) -> PathBuf {
    let _ = std::fs::remove_file(path);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
    path.to_path_buf()
}

/// The first of these files that is there; else a panic that names the package with it.
pub(super) fn installed(files: &[&str], package: &str) -> PathBuf {
    files
        .iter()
        .map(PathBuf::from)
        .find(|file| file.exists())
        .unwrap_or_else(|| panic!("{} is missing: install the package {package}", files[0]))
}

/// Runs a program of `package` to its end and returns what it wrote.
pub(super) fn run(command: &mut Command, package: &str) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be run ({e}): install the package {package}"));
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{program} ended with {}: {text}", output.status);
    text
}

/// Where a PKCS#11 module of Debian is, whatever the processor.
pub(super) fn module(name: &str, package: &str) -> PathBuf {
    let arch = std::env::consts::ARCH;
    let places = [
        format!("/usr/lib/{arch}-linux-gnu/pkcs11/{name}"),
        format!("/usr/lib/{arch}-linux-gnu/{name}"),
        format!("/usr/lib/pkcs11/{name}"),
    ];
    installed(&places.each_ref().map(String::as_str), package)
}

/// A token by its label, with a file for its PIN and the usual limits.
pub(super) fn settings(module: &Path, label: &str, pin: &Path) -> TokenSettings {
    TokenSettings {
        module: module.to_path_buf(),
        initialization: None,
        token: TokenChoice { label: Some(label.into()), ..TokenChoice::default() },
        pin: PinSource::File(pin.to_path_buf()),
        timeout: TokenSettings::TIMEOUT,
        sessions: TokenSettings::SESSIONS,
    }
}

/// Makes a token and its user's PIN as an administrator would, with pkcs11-tool.
pub(super) fn init_token(token: &dyn TestToken, label: &str, slot: &[&str]) {
    const SO_PIN: &str = "12345678";
    let steps: [&[&str]; 2] = [
        &["--init-token", "--label", label, "--so-pin", SO_PIN],
        &["--login", "--so-pin", SO_PIN, "--init-pin", "--new-pin", token.pin()],
    ];
    for step in steps {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(token.settings().module).args(slot).args(step);
        token.apply(&mut command);
        run(&mut command, "opensc");
    }
}

/// A program that runs until this is dropped.
pub(super) struct Stopped(Child);

impl Stopped {
    pub(super) fn start(command: &mut Command, package: &str) -> Stopped {
        let child = command.stdin(Stdio::null()).spawn();
        Stopped(child.unwrap_or_else(|e| {
            let program = command.get_program().to_string_lossy();
            panic!("{program} cannot be run ({e}): install the package {package}")
        }))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it is ready; `false` when it ends before, or never is.
    pub(super) fn is_ready(&mut self, ready: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && matches!(self.0.try_wait(), Ok(None)) {
            if ready() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Neither matters when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The processes that a process has started and that still run.
pub(super) fn children(of: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children"));
    list.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
