//! `get`: writes a payload, byte for byte.

use std::io::IsTerminal;

use clap::Args;
use strongroom::{Error, ErrorKind, GetOptions, Result, SecretBytes, SecretPath};

use crate::output;
use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom get web1/borg                             the bytes, and nothing else
  BORG_PASSCOMMAND='strongroom get web1/borg' borg list
  restic --password-command 'strongroom get web1/restic' snapshots
  strongroom get web1/luks | cryptsetup open --key-file - /dev/sdb1 data
  strongroom get web1/borg --version 2                 an old one, for an old backup
  strongroom get web1/borg --reveal --newline          to look at it";

/// Write the payload of a secret to standard output, with nothing added.
///
/// When anything fails, nothing is written and the exit code is not 0. A terminal as output is
/// refused unless --reveal is given.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Get {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// This version instead of the current one, even if it is deactivated, expired or compromised.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    version: Option<u32>,
    /// The newest version, even if it is deactivated, expired or compromised.
    #[arg(long)]
    inactive: bool,
    /// Add one newline at the end.
    #[arg(long)]
    newline: bool,
    /// Write to a terminal too, where others may see it.
    #[arg(long)]
    reveal: bool,
}

impl Get {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        if !self.reveal && std::io::stdout().is_terminal() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "standard output is a terminal, where others may see the payload",
                "add --reveal to show it, or give the output to the program that needs it",
            ));
        }
        let options = GetOptions { version: self.version, allow_inactive: self.inactive };
        let payload = place.session()?.get_with(&self.path, &options)?.payload;
        output::bytes(&if self.newline { with_newline(&payload)? } else { payload })
    }
}

/// One piece, so that a write that fails leaves no payload without its newline.
fn with_newline(payload: &SecretBytes) -> Result<SecretBytes> {
    let mut line = SecretBytes::zeroed(payload.len() + 1)?;
    line[..payload.len()].copy_from_slice(payload);
    line[payload.len()] = b'\n';
    Ok(line)
}
