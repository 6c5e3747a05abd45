//! `completions`, `man`: files about the command, made from its own description.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use strongroom::{Error, ErrorKind, Result};

use crate::arguments::Arguments;
use crate::{manual, output};

const NAME: &str = "strongroom";

/// Print a completion script for a shell.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  strongroom completions bash > /etc/bash_completion.d/strongroom
  strongroom completions zsh > ~/.zfunc/_strongroom")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), NAME, &mut script);
        output::bytes(&script)
    }
}

/// Write the manual pages, one for each subcommand.
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct Man {
    /// The folder for the pages; it is made if need be.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> Result<()> {
        std::fs::create_dir_all(&self.folder)
            .and_then(|()| manual::write(Arguments::command(), &self.folder))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Unavailable,
                    format!("no manual pages in {}: {error}", self.folder.display()),
                    "choose a folder that can be written",
                )
                .with_source(error)
            })
    }
}
