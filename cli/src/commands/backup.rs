//! `backup`, `restore`: a consistent copy of a store, and a store made from one.

use std::path::{Path, PathBuf};

use clap::Args;
use strongroom::{
    BackupReport, Config, Error, ErrorKind, RestoreKeys, RestoreReport, Result, Store, backup_info,
};

use crate::commands::init::{absolute, export_line};
use crate::exposure::warn_if_exposed;
use crate::hand_over::Part;
use crate::output::{self, counted};
use crate::passphrase::Source;
use crate::place::Place;
use crate::progress::Reporter;

const BACKUP_EXAMPLES: &str = "\
Examples:
  strongroom backup /mnt/usb/store.backup
  strongroom backup store.backup --with-keys
  strongroom backup store.backup --with-keys --passphrase-file /media/key/passphrase

Without --with-keys the backup can be opened only together with the keyring, which must be kept
somewhere else. With it, the passphrase alone opens everything: keep that somewhere else.";

/// Copy the whole store into one file, while it is in use.
#[derive(Args)]
#[command(after_long_help = BACKUP_EXAMPLES)]
pub(crate) struct Backup {
    /// The new file.
    file: PathBuf,
    /// Put the root keys into the backup, encrypted under a passphrase.
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    passphrase: Source,
    /// Print JSON: one object with file, bytes, versions, holds_keys and keys_left_out.
    ///
    /// When the backup was made but its report cannot be printed, the exit code is 51.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        if !self.with_keys && self.passphrase.is_given() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a passphrase is given, but a backup without keys needs none",
                "add --with-keys, or leave the passphrase out",
            ));
        }
        if self.file == Path::new("-") {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a backup cannot be written to standard output",
                "name a file; one that is called - is ./-",
            ));
        }
        let store = place.store()?;
        let passphrase = self.with_keys.then(|| self.passphrase.new_one()).transpose()?;
        let mut reporter = Reporter::new();
        let report = store
            .backup(&self.file, passphrase.as_ref(), &mut |progress| reporter.show(progress))?;
        drop(reporter);
        let file = self.file.display().to_string();
        let printed = self.print(&file, &report, place.store_key().as_deref());
        output::report_of(&format!("the backup {file} was made"), printed)
    }

    fn print(&self, file: &str, report: &BackupReport, store_key: Option<&Path>) -> Result<()> {
        if self.json {
            return output::json(&serde_json::json!({
                "file": file,
                "bytes": report.bytes,
                "versions": report.versions,
                "holds_keys": report.holds_keys,
                "keys_left_out": report.keys_left_out,
            }));
        }
        let left_out = report.keys_left_out.join(", ");
        let keep = match (report.holds_keys, left_out.is_empty()) {
            (true, true) => "The root keys are in it: keep the passphrase elsewhere.".to_owned(),
            (true, false) => format!(
                "Root keys are in it, but not those of {left_out}, which gives none out: keep the \
                 passphrase and a backup of the token elsewhere."
            ),
            (false, _) => {
                "The root keys are not in it: keep the keyring elsewhere, or a backup of the \
                           token or key manager."
                    .to_owned()
            }
        };
        let versions = counted(report.versions, "version");
        let mut line = format!("{file}: {versions}, {} bytes. {keep}", report.bytes);
        if let Some(store_key) = store_key {
            line += &format!(" A restore also needs {}, as it is now.", store_key.display());
        }
        output::line(&output::printable(&line))
    }
}

const RESTORE_EXAMPLES: &str = "\
Examples:
  strongroom restore store.backup /srv/secrets --keyring /mnt/safe/keyring.json
  strongroom restore store.backup /srv/secrets --keys-from /mnt/safe/strongroom.toml
  strongroom restore store.backup /srv/secrets        asks for the passphrase of a backup with keys

The restored store counts as newer than the one that was lost. Do not use both.";

/// Make a store from a backup, in a folder of its own.
#[derive(Args)]
#[command(after_long_help = RESTORE_EXAMPLES)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    /// The folder for the restored store; it is made if need be.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Take the root keys from this keyring instead of the backup.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passphrase_fd", "passphrase_file"])]
    keyring: Option<PathBuf>,
    /// Take the root keys from the keyrings, tokens and servers that this config names. A store with root
    /// keys in a token or server needs it: none is reached because a backup says so.
    #[arg(
        long,
        value_name = "CONFIG",
        conflicts_with_all = ["keyring", "passphrase_fd", "passphrase_file"]
    )]
    keys_from: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Source,
    /// Print JSON: one object with config, secrets, versions and damaged: what was damaged before the
    /// backup was made. Then the exit code is 60.
    ///
    /// When the store was restored but its report cannot be printed, the exit code is 51.
    #[arg(long)]
    json: bool,
}

impl Restore {
    /// What the config that says where the root keys are names.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let config = self.keys_from.as_deref().and_then(|path| Config::load(path).ok());
        config.map_or_else(Vec::new, |config| Part::of_config(&config))
    }
}

impl Restore {
    pub(crate) fn run(self) -> Result<()> {
        let passphrase = match self.keyring.is_some() || self.keys_from.is_some() {
            true => None,
            false => Some(self.passphrase_of_keys()?),
        };
        let keys = match (&passphrase, &self.keyring, &self.keys_from) {
            (Some(passphrase), ..) => RestoreKeys::Passphrase(passphrase),
            (None, Some(keyring), _) => RestoreKeys::Keyring(keyring),
            (None, None, Some(config)) => RestoreKeys::Config(config),
            (None, None, None) => return Err(no_keys()),
        };
        if let Some(keyring) = &self.keyring {
            warn_if_exposed("keyring", keyring);
        }
        let folder = absolute(&self.folder)?;
        let mut reporter = Reporter::new();
        let report =
            Store::restore(&self.file, &folder, keys, &mut |progress| reporter.show(progress))?;
        drop(reporter);
        output::report_of("the store was restored", self.print(&report))?;
        match report.damaged.len() {
            0 => Ok(()),
            n => Err(Error::new(
                ErrorKind::Corrupt,
                format!("the store was restored, but for {n} damages from before the backup"),
                "see `strongroom doctor` for what they are, and look into an older backup for it",
            )),
        }
    }

    fn print(&self, report: &RestoreReport) -> Result<()> {
        if self.json {
            return output::json(&serde_json::json!({
                "config": report.config.display().to_string(),
                "secrets": report.secrets,
                "versions": report.versions,
                "damaged": report.damaged,
            }));
        }
        for finding in &report.damaged {
            output::line(&format!("damaged: {}", output::printable(&finding.what)))?;
        }
        let (secrets, versions) =
            (counted(report.secrets, "secret"), counted(report.versions, "version"));
        output::line(&format!(
            "Restored {secrets} with {versions}. To use the store:\n{}",
            export_line(&report.config)
        ))
    }

    fn passphrase_of_keys(&self) -> Result<strongroom::SecretBytes> {
        if backup_info(&self.file)?.holds_keys {
            self.passphrase.existing()
        } else {
            Err(no_keys())
        }
    }
}

fn no_keys() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "this backup holds no root keys",
        "give the keyring of the store with --keyring FILE, or its config with --keys-from CONFIG",
    )
}
