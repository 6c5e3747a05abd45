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
    places.iter().find(|place| place.exists()).cloned().ok_or_else(|| {
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
        // HOME, else the home folder of the passwd entry.
        _ => env::home_dir().filter(|p| p.is_absolute()).map(|home| home.join(in_home)),
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn named(path: &Path, by: &str) -> Result<PathBuf> {
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    Err(Error::new(
        ErrorKind::NotFound,
        format!("no store found: there is no {}, which {by} names", path.display()),
        "correct the path, or make a store with `strongroom init DIR`",
    ))
}
