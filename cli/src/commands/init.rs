//! `init`: makes a store.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use strongroom::{
    Error, ErrorKind, KeyConfig, KeyLocation, Layout, PinConfig, Result, Store, TokenConfig,
};

use crate::output;

const EXAMPLES: &str = "\
Examples:
  strongroom init                 the store of this user; for root, the machine's
  strongroom init /srv/secrets    everything in one folder
  strongroom init /srv/secrets --module /usr/lib/softhsm/libsofthsm2.so --token backups \
      --pin-file /etc/strongroom/pin                  the root key in a PKCS#11 token
  export STRONGROOM_CONFIG=/srv/secrets/strongroom.toml";

/// Create a store: a config, a keyring or a root key in a token, a metadata database and a shelf.
///
/// Without DIR the store goes to the user's own place, for root to /etc/strongroom and
/// /var/lib/strongroom. Nothing that exists is ever replaced.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Init {
    /// The folder for all files of the store; it is made if need be.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    token: Token,
}

/// A token for the root key, instead of a keyring.
#[derive(Args)]
struct Token {
    /// Make the root key in a PKCS#11 token, through this module.
    #[arg(long, value_name = "FILE", requires = "label")]
    module: Option<String>,
    /// The label of the token.
    #[arg(id = "label", long = "token", value_name = "LABEL", requires = "module")]
    label: Option<String>,
    /// The file with the user's PIN of the token; without it no PIN is given.
    #[arg(long, value_name = "FILE", requires = "module")]
    pin_file: Option<PathBuf>,
    /// Where project keys are in the clear: in memory, which encrypts fast, or in the token alone.
    #[arg(long, value_name = "PLACE", default_value = "envelope", requires = "module")]
    key_location: Location,
}

#[derive(Clone, Copy, ValueEnum)]
enum Location {
    Envelope,
    Device,
}

impl Token {
    /// What the config will say. Paths are absolute, but for a module that the system's loader finds.
    fn key(self) -> Result<Option<KeyConfig>> {
        let Some(module) = self.module else { return Ok(None) };
        let module = match module.contains('/') {
            true => text(&absolute(Path::new(&module))?)?,
            false => module,
        };
        let pin = self.pin_file.as_deref().map(|file| text(&absolute(file)?)).transpose()?;
        let token = TokenConfig {
            module: Some(module),
            token: self.label,
            pin: pin.map(PinConfig::File),
            ..TokenConfig::default()
        };
        let key_location = match self.key_location {
            Location::Envelope => KeyLocation::Envelope,
            Location::Device => KeyLocation::Device,
        };
        Ok(Some(KeyConfig::Pkcs11 { token: Box::new(token), key_location }))
    }
}

/// A path in the config is text.
fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("{} is not valid UTF-8", path.display()),
            "choose another path",
        )
    })
}

impl Init {
    pub(crate) fn run(self) -> Result<()> {
        let layout = match &self.folder {
            Some(folder) => Layout::in_folder(&absolute(folder)?),
            None => Layout::for_user()?,
        };
        let layout = Layout { key: self.token.key()?, ..layout };
        Store::create(&layout)?.close();
        let printed = output::bytes(report(&layout).as_bytes());
        output::report_of("the store was created", printed)
    }
}

/// The path from the root of the file system, whatever the current folder will be later.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("{} is no path: {error}", path.display()),
            "name a file or folder",
        )
    })
}

/// The line that makes a shell use the store with this config.
pub(crate) fn export_line(config: &Path) -> String {
    let path = config.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if path.chars().all(plain) {
        format!("export STRONGROOM_CONFIG={path}")
    } else {
        format!("export STRONGROOM_CONFIG='{}'", path.replace('\'', r"'\''"))
    }
}

fn report(layout: &Layout) -> String {
    let Layout { config, keyring, metadata, shelf, .. } = layout;
    let (root_key, keep) = match &layout.key {
        None => (
            format!("keyring   {}", keyring.display()),
            "the keyring and the config, once, where the backups do not go: without the keyring\n    \
             nothing in the store can be opened, by anybody",
        ),
        Some(_) => (
            "root key  in the token, which [keys.hsm] of the config names".to_owned(),
            "a backup of the token, by the tools of its maker, and the config: without the token\n    \
             nothing in the store can be opened, by anybody",
        ),
    };
    let mut text = format!(
        "Created a store:
  config    {}
  {root_key}
  metadata  {}
  shelf     {}

Keep elsewhere, or a lost disk is a lost store:
  - {keep}
  - a backup after each change: strongroom backup FILE
",
        config.display(),
        metadata.display(),
        shelf.display(),
    );
    if !layout.is_default_place() {
        text += "\nThis is not a place where the command looks by itself. To use the store:\n";
        text += &export_line(config);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_line_survives_the_shell() {
        let line = |path: &str| export_line(Path::new(path));
        assert_eq!(
            line("/srv/s/strongroom.toml"),
            "export STRONGROOM_CONFIG=/srv/s/strongroom.toml"
        );
        assert_eq!(line("/my files/it's"), r"export STRONGROOM_CONFIG='/my files/it'\''s'");
    }
}
