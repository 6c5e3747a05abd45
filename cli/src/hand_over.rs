//! Handing over to the command that can load PKCS#11 modules and reach servers.
//!
//! The command is linked statically, and so starts fast and runs wherever the kernel does; but nothing
//! can be loaded into it: no module, and none of the libraries by which the C library finds a host. What
//! needs a token, a key manager or PostgreSQL is done by the same command, linked dynamically, which is
//! installed with it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{BackendConfig, Config, Error, ErrorKind, KeyConfig, is_postgres};

use crate::arguments::Arguments;

/// The name of the other command.
const OTHER: &str = "strongroom-dynamic";

/// Where it is, seen from the folder of this one.
const PLACES: [&str; 2] = ["", "../lib/strongroom"];

/// Becomes the other command when a token or a server is needed. Comes back only when it is not, or
/// with the reason why that could not be.
pub(crate) fn if_needed(arguments: &Arguments) -> Result<(), Error> {
    let config = || Config::load(&arguments.place().config().ok()?).ok();
    if !arguments.needs_the_other() && !config().is_some_and(|config| needs_the_other(&config)) {
        return Ok(());
    }
    let here = std::env::current_exe().ok();
    let here = here.as_deref().and_then(Path::parent).unwrap_or(Path::new("/usr/bin"));
    let places = PLACES.map(|place| here.join(place).join(OTHER));
    let Some(other) = places.iter().find(|place| place.exists()) else {
        return Err(missing(&places));
    };
    let mut command = Command::new(other);
    command.args(std::env::args_os().skip(1));
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    let error = command.exec();
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("{} cannot be run: {error}", other.display()),
        "install Strongroom again",
    ))
}

fn needs_the_other(config: &Config) -> bool {
    let is_outside =
        |key: &KeyConfig| matches!(key, KeyConfig::Pkcs11 { .. } | KeyConfig::Kmip { .. });
    let keeps_outside = |backend: &BackendConfig| {
        use BackendConfig::{KmipObjects, Pkcs11Objects};
        matches!(backend, Pkcs11Objects { .. } | KmipObjects { .. })
    };
    config.databases().any(is_postgres)
        || config.key_backends().values().any(is_outside)
        || config.backends.values().any(keeps_outside)
}

fn missing(places: &[PathBuf]) -> Error {
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "tokens, key managers and PostgreSQL need the program {OTHER}, which is not in {}",
            places.join(" or ")
        ),
        "install it beside this command: `make build` makes both",
    )
}
