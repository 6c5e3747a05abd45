//! `put`: stores a payload as a new version.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use strongroom::{
    Error, ErrorKind, Expect, PutOptions, PutReceipt, Recipe, Result, SecretPath, SecretType,
    Session, Timestamp,
};

use crate::commands::change::pair;
use crate::place::Place;
use crate::{exit, input, output};

/// How many bytes a generated key has when not told.
const KEY_BYTES: usize = 32;

const EXAMPLES: &str = "\
Examples:
  strongroom put web1/borg                            asks twice, without echo
  strongroom put --generate web1/borg                 nobody ever sees it
  strongroom put web1/restic --newline < passphrase.txt
  strongroom put web1/tls --type private-key < key.pem
  strongroom put web1/borg --generate --if-version 3  only when nobody was faster
  strongroom put web1/borg --generate --expires +365d --label owner=ops";

/// Store a payload as the newest version of a secret.
///
/// The payload is read from standard input, or asked for twice on a terminal; there is no option
/// that takes it. From standard input every byte counts, a final newline too, unless --newline is
/// given. It may have 1 byte to 1 MiB.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Put {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// Strip one final newline from standard input.
    #[arg(long, conflicts_with = "generate")]
    newline: bool,
    /// Make the payload instead of reading it, and print nothing.
    ///
    /// A passphrase of letters and digits; with `--type symmetric-key` random bytes.
    #[arg(long)]
    generate: bool,
    /// How long a generated payload is: 43 characters if not told, a key 32 bytes; up to 1,024.
    #[arg(long, value_name = "N", requires = "generate")]
    length: Option<usize>,
    /// What the secret is; `passphrase` for a new one if not told.
    #[arg(long = "type", value_name = "TYPE", value_parser = type_parser())]
    secret_type: Option<SecretType>,
    /// The content type of the payload, such as application/x-pem-file.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// A label of the secret; may be repeated.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    labels: Vec<(String, String)>,
    /// When the version expires: 2027-01-31, 2027-01-31T12:00:00Z, or from now +30d, +12h, +90m.
    #[arg(long, value_name = "WHEN")]
    expires: Option<Timestamp>,
    /// When the version becomes active, written like --expires.
    #[arg(long, value_name = "WHEN")]
    activates: Option<Timestamp>,
    /// Only if the newest version is this one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    if_version: Option<u32>,
    /// Only if there is no such secret.
    #[arg(long, conflicts_with = "if_version")]
    if_absent: bool,
    /// Print the path and the number of the new version as JSON.
    #[arg(long)]
    json: bool,
}

/// The answer of `put --json`.
#[derive(Serialize)]
struct Answer {
    path: String,
    version: u32,
}

impl Put {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let recipe = self.generate.then(|| self.recipe()).transpose()?;
        // Before anybody types: a store that cannot be opened should say so first.
        let session = place.session()?;
        let receipt = match recipe {
            Some(recipe) => session.generate(&self.path, &recipe, &self.options())?,
            None => self.read_and_put(&session)?,
        };
        if receipt.created_project {
            exit::say(&format!("created the project {}", self.path.project()));
        }
        if self.json {
            let path = self.path.to_string();
            output::json(&Answer { path, version: receipt.version })?;
        }
        Ok(())
    }

    fn read_and_put(&self, session: &Session) -> Result<PutReceipt> {
        let payload = input::payload(&self.path, self.newline)?;
        if !self.newline && payload.last() == Some(&b'\n') && self.is_passphrase(session) {
            exit::warn(
                "the passphrase ends in a newline, which is now part of it; \
                 use --newline to strip one, or check the program that wrote it",
            );
        }
        session.put(&self.path, &payload, &self.options())
    }

    /// Whether the new version is of a passphrase: as told, else as the secret is, else by default.
    fn is_passphrase(&self, session: &Session) -> bool {
        let known = || session.describe(&self.path).ok().map(|secret| secret.secret_type);
        self.secret_type.or_else(known).is_none_or(|t| t == SecretType::Passphrase)
    }

    fn recipe(&self) -> Result<Recipe> {
        match self.secret_type {
            None | Some(SecretType::Passphrase) => {
                Ok(Recipe::Passphrase { length: self.length.unwrap_or(Recipe::PASSPHRASE_LENGTH) })
            }
            Some(SecretType::SymmetricKey) => {
                Ok(Recipe::Key { bytes: self.length.unwrap_or(KEY_BYTES) })
            }
            Some(_) => Err(Error::new(
                ErrorKind::InvalidArgument,
                "only a passphrase or a symmetric key can be generated",
                "make it with its own tool and give it on standard input",
            )),
        }
    }

    fn options(&self) -> PutOptions {
        PutOptions {
            secret_type: self.secret_type,
            content_type: self.content_type.clone(),
            labels: self.labels.iter().cloned().collect(),
            activates_at: self.activates,
            expires_at: self.expires,
            expect: match self.if_version {
                Some(version) => Expect::Version(version),
                None if self.if_absent => Expect::Absent,
                None => Expect::Anything,
            },
        }
    }
}

fn type_parser() -> impl TypedValueParser<Value = SecretType> {
    PossibleValuesParser::new(SecretType::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<SecretType>())
}
