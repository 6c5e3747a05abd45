//! Where a config is looked for.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind, Result};

const FILE: &str = "strongroom/strongroom.toml";

/// The machine's config.
pub(crate) const MACHINE: &str = "/etc/strongroom/strongroom.toml";

/// The first config that there is.
pub(super) fn find(explicit: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = explicit {
        return named(path, "--config");
    }
    if let Some(path) = variable("STRONGROOM_CONFIG") {
        return named(Path::new(&path), "STRONGROOM_CONFIG");
    }
    let places: Vec<PathBuf> = user_config().into_iter().chain([MACHINE.into()]).collect();
    places.iter().find(|place| may_exist(place)).cloned().ok_or_else(|| {
        let looked: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
        Error::new(
            ErrorKind::NotFound,
            format!(
                "no store found: no --config, STRONGROOM_CONFIG is not set, and there is no {}",
                looked.join(" and no ")
            ),
            "make a store with `strongroom init`, or name its config",
        )
    })
}

/// The user's config, whether it is there or not.
pub(crate) fn user_config() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config").map(|base| base.join(FILE))
}

/// The folder of the user's data.
pub(crate) fn user_data() -> Option<PathBuf> {
    base("XDG_DATA_HOME", ".local/share").map(|base| base.join("strongroom"))
}

/// An XDG base folder. As its specification says, a relative path there counts as none.
fn base(name: &str, in_home: &str) -> Option<PathBuf> {
    match variable(name).map(PathBuf::from) {
        Some(path) if path.is_absolute() => Some(path),
        _ => home().map(|home| home.join(in_home)),
    }
}

/// HOME, else the home folder in the passwd file.
///
/// The file itself is read, and no name service asked: that would load libraries into a command that
/// is linked statically.
fn home() -> Option<PathBuf> {
    let home = variable("HOME").map(PathBuf::from).or_else(|| {
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        home_in(&users, rustix::process::getuid().as_raw())
    });
    home.filter(|path| path.is_absolute())
}

/// The home folder of a user in the text of a passwd file (passwd(5)).
fn home_in(users: &str, uid: u32) -> Option<PathBuf> {
    let uid = uid.to_string();
    let user = users.lines().find(|line| line.split(':').nth(2) == Some(&uid))?;
    user.split(':').nth(5).map(PathBuf::from)
}

/// Whether there is something, as far as this user can tell: what cannot be looked at may be there.
fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn named(path: &Path, by: &str) -> Result<PathBuf> {
    if may_exist(path) {
        return Ok(path.to_path_buf());
    }
    Err(Error::new(
        ErrorKind::NotFound,
        format!("no store found: there is no {}, which {by} names", path.display()),
        "correct the path, or make a store with `strongroom init DIR`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_of_a_user_is_in_the_passwd_file() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nbackup:x:34:34::/var/backups:/bin/sh\n";
        assert_eq!(home_in(users, 34), Some("/var/backups".into()));
        assert_eq!(home_in(users, 3), None);
    }
}
