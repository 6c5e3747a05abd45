//! A PIN in a file, a credential or behind a descriptor.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use strongroom_backend::{ErrorKind, Result, SecretBytes};

use super::{LONGEST, too_long, unreadable, wrong};

/// A file that nobody but its owner, this user or root, can read. Symbolic links are followed: what
/// they lead to is looked at.
pub(super) fn private(path: &Path) -> Result<SecretBytes> {
    let (file, found) = open(path)?;
    check(path, &found)?;
    read(file, path)
}

/// A file whose protection is another's business.
pub(super) fn any(path: &Path) -> Result<SecretBytes> {
    let (file, _) = open(path)?;
    read(file, path)
}

/// What a descriptor of this process still gives, up to its end.
pub(super) fn descriptor(number: i32) -> Result<SecretBytes> {
    // Opening by this name needs no descriptor taken on trust, and works for files and pipes.
    let path = PathBuf::from(format!("/proc/self/fd/{number}"));
    let file = File::open(&path).map_err(|e| {
        wrong(
            format!("the descriptor {number} for the PIN cannot be read: {e}"),
            "pass the number of an open pipe or file, as in `strongroom … 3<pinfile`",
        )
        .with_source(e)
    })?;
    read(file, &path)
}

/// Without waiting for a writer, should it be a named pipe.
fn open(path: &Path) -> Result<(File, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let (file, found) = file
        .and_then(|file| file.metadata().map(|found| (file, found)))
        .map_err(|e| unreadable(path, e))?;
    if !found.is_file() {
        return Err(wrong(
            format!("the PIN file {} is not a file", path.display()),
            "correct the path in the config; a pipe is passed as a descriptor",
        ));
    }
    Ok((file, found))
}

fn check(path: &Path, found: &Metadata) -> Result<()> {
    let (mode, owner) = (found.mode() & 0o777, found.uid());
    let user = rustix::process::geteuid().as_raw();
    let path = path.display();
    if owner != user && owner != 0 {
        return Err(wrong(
            format!(
                "the PIN file {path} belongs to user {owner}, not to this user ({user}) or root"
            ),
            format!("run as user {owner}, or give the file to user {user} with chown"),
        ));
    }
    if mode & 0o077 != 0 {
        return Err(wrong(
            format!("the PIN file {path} is open to others than its owner (mode {mode:03o})"),
            format!("run `chmod 600 {path}`, and change the PIN if others may have read it"),
        ));
    }
    Ok(())
}

fn read(mut file: impl Read, path: &Path) -> Result<SecretBytes> {
    SecretBytes::read_from(&mut file, LONGEST).map_err(|e| match e.kind() {
        ErrorKind::TooLarge => too_long(&path.display().to_string()),
        _ => wrong(format!("the PIN cannot be read from {}", path.display()), "check the disk")
            .with_source(e),
    })
}
