//! `init`: makes a store.

use std::path::{Path, PathBuf};

use clap::Args;
use strongroom::{Error, ErrorKind, Layout, Result, Store};

use crate::output;

const EXAMPLES: &str = "\
Examples:
  strongroom init                 the store of this user; for root, the machine's
  strongroom init /srv/secrets    everything in one folder
  export STRONGROOM_CONFIG=/srv/secrets/strongroom.toml";

/// Create a store: a config, a keyring, a metadata database and a shelf.
///
/// Without DIR the store goes to the user's own place, for root to /etc/strongroom and
/// /var/lib/strongroom. Nothing that exists is ever replaced.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Init {
    /// The folder for all files of the store; it is made if need be.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Init {
    pub(crate) fn run(self) -> Result<()> {
        let layout = match &self.folder {
            Some(folder) => Layout::in_folder(&absolute(folder)?),
            None => Layout::for_user()?,
        };
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
    let mut text = format!(
        "Created a store:
  config    {}
  keyring   {}
  metadata  {}
  shelf     {}

Keep elsewhere, or a lost disk is a lost store:
  - the keyring and the config, once, where the backups do not go: without the keyring
    nothing in the store can be opened, by anybody
  - a backup after each change: strongroom backup FILE
",
        config.display(),
        keyring.display(),
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
