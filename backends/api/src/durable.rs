//! Small files that are either there as a whole, after a power cut too, or not at all.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, ErrorKind, Result, fill_random, step};

/// How long somebody else may hold the lock on a folder.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Between two looks at it: a lock that blocks could not be given up.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Writes a new file with this mode, readable as a whole or absent whatever happens.
///
/// `AlreadyExists` when something is there: nothing is ever replaced.
pub fn create_file(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let temporary = write_temporary(path, bytes, mode)?;
    step("file.temporary-written");
    let placed = place_file(&temporary, path);
    let _ = fs::remove_file(&temporary);
    placed?;
    step("file.linked");
    sync_folder_of(path)
}

/// Gives a finished file its name. `AlreadyExists` when something is there: nothing is replaced.
///
/// The old name may stay. The folder is not synced.
pub fn place_file(finished: &Path, path: &Path) -> Result<()> {
    // A hard link, because rename(2) would replace what is there.
    let placed = fs::hard_link(finished, path).or_else(|e| match e.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => {
            // A file system without links: vfat, exFAT. Two who choose the same name in the same
            // instant are not told apart there.
            match path.symlink_metadata() {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => fs::rename(finished, path),
            }
        }
        _ => Err(e),
    });
    placed.map_err(|e| file_error("create", path, e))
}

/// Replaces a file by one with this content and mode: either the old or the new is there whatever
/// happens. The link target is replaced where `path` is a symbolic link.
pub fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let temporary = write_temporary(&target, bytes, mode)?;
    step("file.temporary-written");
    fs::rename(&temporary, &target).map_err(|e| {
        let _ = fs::remove_file(&temporary);
        file_error("replace", path, e)
    })?;
    step("file.renamed");
    sync_folder_of(&target)
}

/// Gives a file that was replaced the owner and mode of the one before, which the umask or the
/// writing user may have changed.
pub fn keep_access(path: &Path, before: &Metadata) -> Result<()> {
    let keep = || -> io::Result<()> {
        let now = path.metadata()?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            std::os::unix::fs::chown(path, Some(before.uid()), Some(before.gid()))?;
        }
        if now.mode() != before.mode() {
            std::fs::set_permissions(path, before.permissions())?;
        }
        File::open(path)?.sync_all()
    };
    keep().map_err(|e| file_error("keep the owner and mode of", path, e))
}

/// Holds off every other who locks this folder, in this process and others, until it is dropped: whoever
/// replaces a file in it. `Unavailable` after 5 s.
pub fn lock_folder(folder: &Path) -> Result<File> {
    let handle = File::open(folder).map_err(|e| file_error("open", folder, e))?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match handle.try_lock() {
            Ok(()) => return Ok(handle),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    format!("another process holds the lock on {}", folder.display()),
                    "let it finish, then repeat the command",
                ));
            }
            Err(TryLockError::Error(e)) => return Err(file_error("lock", folder, e)),
        }
    }
}

/// Makes a folder for its owner alone, and its parents, durably. One that exists is left as it is.
pub fn create_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    use std::os::unix::fs::DirBuilderExt;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            return Err(file_error("create", path, e));
        }
        _ => {}
    }
    sync_folder_of(path)
}

/// Makes what was created, renamed or removed in the folder of `path` survive a power cut.
pub fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    File::open(&folder)
        .and_then(|f| f.sync_all())
        .map_err(|e| file_error("make durable", &folder, e))
}

/// The folder that `path` is in; `.` for a bare name.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// The error for an operation on a file that the operating system refused.
pub fn file_error(action: &str, path: &Path, source: io::Error) -> Error {
    let path = path.display();
    let (kind, next) = match source.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "check the path"),
        io::ErrorKind::AlreadyExists => {
            (ErrorKind::AlreadyExists, "choose another place, or move what is there away")
        }
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, "run as the owner of the store, or change the permissions")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::Unsupported, "the medium is read-only: mount it writable to change things")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::StorageFull, "free space on that disk, then repeat the command")
        }
        _ => (ErrorKind::Unavailable, "look into the system log for disk errors"),
    };
    Error::new(kind, format!("cannot {action} {path}: {source}"), next).with_source(source)
}

fn write_temporary(path: &Path, bytes: &[u8], mode: u32) -> Result<PathBuf> {
    let mut random = [0; 8];
    fill_random(&mut random)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder_of(path).join(format!(".{name}.{:016x}", u64::from_be_bytes(random)));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).and_then(
            |mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            },
        );
    written.map_err(|e| {
        let _ = fs::remove_file(&temporary);
        file_error("write", path, e)
    })?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creating_never_replaces_and_leaves_nothing_else() {
        let folder = std::env::temp_dir().join(format!("durable-{}", std::process::id()));
        create_folder(&folder.join("a/b")).unwrap();
        let path = folder.join("a/b/file");
        create_file(&path, b"one", 0o600).unwrap();
        let error = create_file(&path, b"two", 0o600).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace_file(&path, b"three", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.join("a/b")).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
