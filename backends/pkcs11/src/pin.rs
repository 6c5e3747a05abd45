//! Where a PIN comes from, read straight into secret memory.

mod command;
mod drained;
mod file;

use std::io::ErrorKind as IoKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use crate::PinSource;

pub(crate) use drained::Drained;

/// Far above what any token takes (255 is usual), and small enough to notice a wrong file.
const LONGEST: usize = 1024;

/// Reads the PIN from its source; `None` when the token has a pad of its own.
///
/// It is read anew at each call, but a pipe gives what it holds only once: who logs in again later
/// keeps the bytes, and [`Drained`] does until a token is open. A descriptor stays open and the caller's, a variable stays in the environment.
/// An empty PIN is refused, because some tokens count it as a wrong one. Errors are `Config` when
/// the source is wrong and `Unavailable` or `Timeout` when it does not answer; none repeats the PIN.
pub(crate) fn read_pin(source: &PinSource) -> Result<Option<SecretBytes>> {
    let (pin, place) = match source {
        PinSource::None => return Ok(None),
        PinSource::File(path) => {
            (without_newline(file::private(path)?), format!("the PIN file {}", path.display()))
        }
        PinSource::Descriptor(number) => {
            (without_newline(file::descriptor(*number)?), format!("the descriptor {number}"))
        }
        PinSource::Environment(name) => {
            (variable(name)?, format!("the environment variable {name}"))
        }
        PinSource::Command(arguments) => {
            let pin = command::output(arguments, command::TIMEOUT)?;
            (without_newline(pin), "the PIN command".to_string())
        }
        PinSource::Credential(name) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
            let pin = credential(folder.map(PathBuf::from), name)?;
            (without_newline(pin), format!("the credential {name}"))
        }
    };
    if pin.is_empty() {
        return Err(wrong(format!("{place} gave an empty PIN"), "put the user's PIN there"));
    }
    if std::str::from_utf8(&pin).is_err() || pin.contains(&0) {
        return Err(wrong(
            format!("{place} gave a PIN that is not UTF-8 text"),
            "write the PIN there as the token's own tools take it",
        ));
    }
    Ok(Some(pin))
}

fn variable(name: &str) -> Result<SecretBytes> {
    match std::env::var_os(name) {
        Some(value) => SecretBytes::take_from(&mut value.into_vec()),
        None => Err(wrong(
            format!("the environment variable {name:?} for the PIN is not set"),
            "set it for this process, or name another source in the config",
        )),
    }
}

/// A systemd credential. Who may read it is systemd's to decide: the folder is private to the unit,
/// and an access list shows as a group's permission.
fn credential(folder: Option<PathBuf>, name: &str) -> Result<SecretBytes> {
    if name.is_empty() || name.contains(['/', '\0']) || name == "." || name == ".." {
        return Err(wrong(
            format!("{name:?} is not the name of a credential"),
            "use the name in the unit's LoadCredential= or LoadCredentialEncrypted=",
        ));
    }
    let folder = folder.filter(|folder| folder.is_absolute()).ok_or_else(|| {
        wrong(
            format!("there is no credential {name}: CREDENTIALS_DIRECTORY is not set"),
            "run this as a systemd unit with LoadCredential= or LoadCredentialEncrypted=",
        )
    })?;
    file::any(&folder.join(name))
}

/// The bytes without one newline at their end, which editors and `echo` add.
fn without_newline(mut pin: SecretBytes) -> SecretBytes {
    if pin.last() == Some(&b'\n') {
        pin.truncate(pin.len() - 1);
    }
    pin
}

fn wrong(what: impl Into<String>, next: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, what, next)
}

fn too_long(place: &str) -> Error {
    wrong(
        format!("{place} gave more than {LONGEST} bytes"),
        "check that it gives the PIN and nothing else",
    )
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    let next = match source.kind() {
        IoKind::NotFound => "check the path in the config",
        IoKind::PermissionDenied => "run as the owner of the PIN file",
        _ => "check the disk and the path in the config",
    };
    wrong(format!("the PIN file {} cannot be read: {source}", path.display()), next)
        .with_source(source)
}

#[cfg(test)]
mod tests;
