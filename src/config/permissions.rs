//! Files that decide what the store trusts must not be in others' hands.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_backend::file_error;

use crate::{Error, ErrorKind, Result};

const WRITABLE_BY_OTHERS: u32 = 0o022;
const OPEN_TO_OTHERS: u32 = 0o077;
const ROOT: u32 = 0;

/// Refuses a config that anybody but its owner can write, or that belongs to somebody who is neither
/// this user nor root. Root may use the store of another user.
pub(crate) fn check_not_writable_by_others(path: &Path) -> Result<()> {
    check(path, rustix::process::geteuid().is_root())
}

/// Refuses a file that decides what code is run, or which key is believed: root, too, uses its own
/// alone.
pub(crate) fn check_trusted(path: &Path) -> Result<()> {
    check(path, false)
}

/// Refuses a file with a password in it that others can read.
pub(crate) fn check_private(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|e| file_error("read", path, e))?;
    if metadata.mode() & OPEN_TO_OTHERS == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Config,
        format!("{} holds a password of PostgreSQL and is open to others", path.display()),
        format!("run `chmod go= {}`, and change the password", path.display()),
    ))
}

fn check(path: &Path, of_anybody: bool) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|e| file_error("read", path, e))?;
    let me = rustix::process::geteuid().as_raw();
    let (what, next) = if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        ("can be written by others", format!("run `chmod go-w {}`", path.display()))
    } else if !of_anybody && ![me, ROOT].contains(&metadata.uid()) {
        ("belongs to another user", "use one of your own, or of root".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Config, format!("{} {what}", path.display()), next))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

    use super::*;

    const NOBODY: u32 = 65534;

    #[test]
    fn root_uses_the_config_of_another_user_and_runs_nothing_of_theirs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        check_trusted(file.path()).unwrap();
        // Only root can give a file away, and only of root is it asked.
        if rustix::process::geteuid().is_root() {
            chown(file.path(), Some(NOBODY), None).unwrap();
            check_not_writable_by_others(file.path()).unwrap();
            assert_eq!(check_trusted(file.path()).unwrap_err().kind(), ErrorKind::Config);
        }
        assert!(check_trusted(Path::new("/usr/bin/env")).is_ok());
    }
}
