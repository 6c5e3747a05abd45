//! What every token's setup needs: files, programs, packages.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

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
        .stdin(std::process::Stdio::null())
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
