//! The passphrase over the keys in a backup.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use strongroom::{Error, ErrorKind, Result, SecretBytes};

use crate::input::strip_final_newline;
use crate::terminal::Terminal;

/// The longest passphrase in bytes.
const LIMIT: usize = 4096;

/// Where the passphrase comes from. Without an option a person is asked.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Source {
    /// Read the passphrase from this open descriptor; one newline at its end is not part of it.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Read the passphrase from this file; one newline at its end is not part of it.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Source {
    /// Whether an option says where it comes from.
    pub(crate) fn is_given(&self) -> bool {
        self.path().is_some()
    }

    /// The passphrase of a backup that exists.
    pub(crate) fn existing(&self) -> Result<SecretBytes> {
        self.read(|terminal| terminal.ask_secret("Passphrase of the backup: "))
    }

    /// A passphrase for a new backup, typed twice.
    pub(crate) fn new_one(&self) -> Result<SecretBytes> {
        self.read(|terminal| terminal.ask_new_secret("Passphrase for the keys in the backup: "))
    }

    fn read(&self, ask: impl Fn(&mut Terminal) -> Result<SecretBytes>) -> Result<SecretBytes> {
        let passphrase = match self.path() {
            Some(path) => from_file(&path)?,
            None => match Terminal::open()? {
                Some(mut terminal) => ask(&mut terminal)?,
                None => return Err(needed("a passphrase is needed, and there is no terminal")),
            },
        };
        if passphrase.is_empty() {
            return Err(needed("the passphrase is empty"));
        }
        Ok(passphrase)
    }

    fn path(&self) -> Option<PathBuf> {
        // Opening by this name needs no descriptor taken on trust, and works for files and pipes.
        let descriptor = self.passphrase_fd.map(|fd| PathBuf::from(format!("/proc/self/fd/{fd}")));
        descriptor.or_else(|| self.passphrase_file.clone())
    }
}

fn from_file(path: &PathBuf) -> Result<SecretBytes> {
    let unreadable = |error: std::io::Error| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("the passphrase cannot be read from {}: {error}", path.display()),
            "check --passphrase-fd or --passphrase-file",
        )
        .with_source(error)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut passphrase = SecretBytes::read_from(&mut file, LIMIT)?;
    strip_final_newline(&mut passphrase);
    Ok(passphrase)
}

fn needed(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        what,
        "give one by --passphrase-file FILE or --passphrase-fd N",
    )
}
