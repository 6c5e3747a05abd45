//! What several targets share.

use std::error::Error as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use strongroom_backend::{Error, ErrorKind, SecretBytes};
use tempfile::TempDir;

pub mod backup;

/// What every target does first.
///
/// The library notes the pool of its secret memory in a page of its own, where LeakSanitizer does not
/// look. Secret bytes that are kept in a static lead it there.
pub fn start() {
    static KEPT: OnceLock<SecretBytes> = OnceLock::new();
    KEPT.get_or_init(|| SecretBytes::zeroed(1).unwrap());
}

/// Where the input of a text target says `@KEY@`, this key stands.
pub const KEY: &str = "4poFVvSy7Swj0123456789abcdefghijklmnopqrstu=";

/// The input as text, with the key in its places.
pub fn text_with_key(input: &[u8]) -> Option<String> {
    Some(std::str::from_utf8(input).ok()?.replace("@KEY@", KEY))
}

/// Whether anything that a program may print of the error has a part of the key.
pub fn shows_key(error: &Error) -> bool {
    let mut said = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    said.contains(&KEY[..8])
}

/// No input is our own fault: `Internal` asks the user to report a fault of the program.
pub fn assert_kind(error: &Error, allowed: &[ErrorKind]) {
    assert!(allowed.contains(&error.kind()), "{error:?}");
}

/// A private folder of this process. `scripts/fuzz` puts it into memory and removes it.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    FOLDER.path()
}

/// A file of `tests/golden/v1`.
pub fn golden(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1");
    fs::read(root.join(name)).unwrap()
}

/// Writes a file of the private folder, for its owner alone.
pub fn write(name: &str, content: &[u8]) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}
