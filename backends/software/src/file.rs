//! The keyring file: who may read it, when it changed, and one writer at a time.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind as IoKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_backend::{
    Error, ErrorKind, Process, Result, SecretBytes, folder_of, lock_folder, step,
};

/// Far above any real keyring, and small enough for memory.
const LONGEST: usize = 1 << 20;

/// Whose eyes a keyring file may be open to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyringPermissions {
    /// Its owner alone, who is this user or root.
    #[default]
    Owner,
    /// Its group may read it too, whoever owns it.
    Group,
    /// Not looked at: something else protects the file, as with mounted secrets.
    Any,
}

impl KeyringPermissions {
    fn check(self, path: &Path, found: &Metadata) -> Result<()> {
        let (mode, owner) = (found.mode() & 0o777, found.uid());
        let user = rustix::process::geteuid().as_raw();
        let path = path.display();
        let (trouble, next) = match self {
            KeyringPermissions::Owner if owner != user && owner != 0 => (
                format!("belongs to user {owner}, not to this user ({user}) or root"),
                format!("run as user {owner}, or give the store's files to user {user} with chown"),
            ),
            KeyringPermissions::Owner if mode & 0o077 != 0 => (
                format!("is open to others than its owner (mode {mode:03o})"),
                format!(
                    "run `chmod 600 {path}`, or set keyring_permissions in the config if this is meant"
                ),
            ),
            KeyringPermissions::Group if mode & 0o027 != 0 => (
                format!("is open to more than reading by its group (mode {mode:03o})"),
                format!("run `chmod 640 {path}`"),
            ),
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Config, format!("the keyring {path} {trouble}"), next))
    }
}

/// By what a change of the file is noticed. The process is part of it: a forked child finds the keys
/// in its memory wiped and has to read the file again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    process: Process,
    file: (u64, u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(found: &Metadata) -> Stamp {
        Stamp {
            process: Process::current(),
            file: (found.dev(), found.ino(), found.len()),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// Whether this process read the file.
    pub(crate) fn is_of_this_process(&self) -> bool {
        self.process == Process::current()
    }
}

/// The stamp of the file as it is now, after checking who may read it.
pub(crate) fn stamp(path: &Path, permissions: KeyringPermissions) -> Result<Stamp> {
    let found = path.metadata().map_err(|e| unreadable(path, e))?;
    permissions.check(path, &found)?;
    Ok(Stamp::of(&found))
}

/// The text of the file, straight into secret memory, and what the file was when it was read.
pub(crate) fn read(
    path: &Path,
    permissions: KeyringPermissions,
) -> Result<(SecretBytes, Stamp, Metadata)> {
    let mut file = File::open(path).map_err(|e| unreadable(path, e))?;
    let found = file.metadata().map_err(|e| unreadable(path, e))?;
    if !found.is_file() {
        return Err(Error::new(
            ErrorKind::Config,
            format!("the keyring {} is not a file", path.display()),
            "correct the path in the config",
        ));
    }
    permissions.check(path, &found)?;
    let text = SecretBytes::read_from(&mut file, LONGEST).map_err(|e| {
        Error::new(
            ErrorKind::Config,
            format!("the keyring {} could not be read: {}", path.display(), e.what()),
            "check that the path in the config names the keyring",
        )
        .with_source(e)
    })?;
    Ok((text, Stamp::of(&found), found))
}

/// Refuses to write a file of another user, to whom it could not be given back.
pub(crate) fn check_owner(path: &Path, found: &Metadata) -> Result<()> {
    let user = rustix::process::geteuid();
    if user.is_root() || user.as_raw() == found.uid() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Denied,
        format!("the keyring {} belongs to user {}", path.display(), found.uid()),
        "run as the owner of the store to change its keyring",
    ))
}

/// Holds off every other writer of the file, in this process and others, until it is dropped.
///
/// The lock is on the folder: the file itself is replaced by each write.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let target = path.canonicalize().map_err(|e| unreadable(path, e))?;
    let folder = folder_of(&target);
    let handle = lock_folder(&folder)?;
    step("keyring.locked");
    Ok(handle)
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    let path = path.display();
    match source.kind() {
        IoKind::NotFound => Error::new(
            ErrorKind::Config,
            format!("the keyring {path} is not there"),
            "restore it from where you keep it; a store without its keyring cannot be opened",
        ),
        IoKind::PermissionDenied => Error::new(
            ErrorKind::Config,
            format!("the keyring {path} may not be read by this user"),
            "run as the owner of the store",
        ),
        _ => Error::new(
            ErrorKind::Config,
            format!("the keyring {path} cannot be read: {source}"),
            "check the disk and the path in the config",
        ),
    }
    .with_source(source)
}
