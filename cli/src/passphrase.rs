//! The passphrase over the keys in a backup.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use strongroom::{Error, ErrorKind, Result, SecretBytes};

use crate::exit;
use crate::exposure::warn_if_exposed;
use crate::input::strip_final_newline;
use crate::terminal::Terminal;

/// The longest passphrase in bytes.
const LIMIT: usize = 4096;

/// The shortest passphrase for a new backup in characters: anything shorter is tried out in hours.
const LEAST: usize = 8;

/// The length below which a passphrase for a new backup deserves a warning.
const GOOD: usize = 20;

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

    /// A passphrase for a new backup, typed twice, and not one that is guessed at once.
    pub(crate) fn new_one(&self) -> Result<SecretBytes> {
        let passphrase = self
            .read(|terminal| terminal.ask_new_secret("Passphrase for the keys in the backup: "))?;
        match characters(&passphrase) {
            0..LEAST => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the passphrase has fewer than {LEAST} characters"),
                format!("nothing was written: choose one of {GOOD} or more"),
            )),
            LEAST..GOOD => {
                exit::warn(&format!(
                    "the passphrase has fewer than {GOOD} characters: whoever gets the backup may \
                     guess it"
                ));
                Ok(passphrase)
            }
            _ => Ok(passphrase),
        }
    }

    fn read(&self, ask: impl Fn(&mut Terminal) -> Result<SecretBytes>) -> Result<SecretBytes> {
        if let Some(file) = &self.passphrase_file {
            warn_if_exposed("passphrase", file);
        }
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
    let mut passphrase =
        SecretBytes::read_from(&mut file, LIMIT).map_err(|error| match error.kind() {
            ErrorKind::TooLarge => Error::new(
                ErrorKind::TooLarge,
                format!("the passphrase in {} is longer than {LIMIT} bytes", path.display()),
                "check that this is the file with the passphrase",
            ),
            _ => error,
        })?;
    strip_final_newline(&mut passphrase);
    Ok(passphrase)
}

/// How many characters this text has, without a copy of it.
fn characters(text: &SecretBytes) -> usize {
    let continues = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    text.iter().filter(|byte| !continues(byte)).count()
}

fn needed(what: &str) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        what,
        "give one by --passphrase-file FILE or --passphrase-fd N",
    )
}
