//! `put`: stores a payload as a new version.

use clap::Args;
use strongroom::{
    Error, ErrorKind, PutOptions, PutReceipt, Recipe, Result, SecretPath, SecretType, Session,
};

use crate::new_version::{self, NewVersion};
use crate::place::Place;
use crate::{exit, input};

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
    /// A passphrase of letters and digits, or for a symmetric-key random bytes. A secret that exists
    /// keeps its type; other types cannot be made.
    #[arg(long)]
    generate: bool,
    /// How long a generated payload is: 43 characters if not told, a key 32 bytes; up to 1,024.
    #[arg(long, value_name = "N", requires = "generate")]
    length: Option<usize>,
    #[command(flatten)]
    version: NewVersion,
    /// Print the path and the number of the new version as JSON.
    ///
    /// When the version was stored but this cannot be printed, the exit code is 51.
    #[arg(long)]
    json: bool,
}

impl Put {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        self.version.check()?;
        // Before anybody types: a store that cannot be opened should say so first.
        let session = place.session()?;
        let receipt =
            if self.generate { self.make(&session)? } else { self.read_and_put(&session)? };
        new_version::report(place, &session, &self.path, &receipt, self.json)
    }

    /// Makes a payload that fits the type of the secret.
    fn make(&self, session: &Session) -> Result<PutReceipt> {
        let secret_type = match (self.version.secret_type, self.known_type(session)?) {
            // A type that is not the secret's is refused by the put.
            (Some(told), _) => told,
            (None, known) => known.unwrap_or(SecretType::Passphrase),
        };
        let recipe = self.recipe(secret_type)?;
        // With the type, so that a secret that others made meanwhile cannot get the wrong payload.
        let options = PutOptions { secret_type: Some(secret_type), ..self.version.options() };
        session.generate(&self.path, &recipe, &options)
    }

    fn read_and_put(&self, session: &Session) -> Result<PutReceipt> {
        let payload = input::payload(&self.path, self.newline)?;
        if !self.newline && payload.last() == Some(&b'\n') && self.is_passphrase(session) {
            exit::warn(
                "the passphrase ends in a newline, which is now part of it; \
                 use --newline to strip one, or check the program that wrote it",
            );
        }
        session.put(&self.path, &payload, &self.version.options())
    }

    /// Whether the new version is of a passphrase: as told, else as the secret is, else by default.
    fn is_passphrase(&self, session: &Session) -> bool {
        let known = || self.known_type(session).ok().flatten();
        self.version.secret_type.or_else(known).is_none_or(|t| t == SecretType::Passphrase)
    }

    /// The type of the secret, if it is there.
    fn known_type(&self, session: &Session) -> Result<Option<SecretType>> {
        match session.describe(&self.path) {
            Ok(secret) => Ok(Some(secret.secret_type)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn recipe(&self, secret_type: SecretType) -> Result<Recipe> {
        match secret_type {
            SecretType::Passphrase => {
                Ok(Recipe::Passphrase { length: self.length.unwrap_or(Recipe::PASSPHRASE_LENGTH) })
            }
            SecretType::SymmetricKey => Ok(Recipe::Key { bytes: self.length.unwrap_or(KEY_BYTES) }),
            other => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("{} is a {other}, which cannot be generated", self.path),
                "make it with its own tool and give it on standard input",
            )),
        }
    }
}
