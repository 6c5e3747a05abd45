//! `adopt`: makes an object that others made a version.

use clap::Args;
use strongroom::{Result, SecretPath};

use crate::new_version::{self, NewVersion};
use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom adopt web1/luks --object 8f14e45f-ceea-467f
  strongroom adopt web1/tls --object 4711 --label owner=ops
  strongroom get web1/luks";

/// Make an object that others made the newest version of a secret.
///
/// For key managers that own the payloads: the project's backend must be a KMIP server with
/// plaintext_objects, and the object Pre-Active or Active, and not one that a store made. It is read and
/// never written. To destroy the version, or to erase the secret, lets go of the object and leaves it on
/// the server: whoever made it destroys it.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Adopt {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// The Unique Identifier of the object on the server.
    #[arg(long, value_name = "IDENTIFIER")]
    object: String,
    #[command(flatten)]
    version: NewVersion,
    /// Print the path and the number of the new version as JSON.
    ///
    /// When the version was stored but this cannot be printed, the exit code is 51.
    #[arg(long)]
    json: bool,
}

impl Adopt {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        self.version.check()?;
        let session = place.session()?;
        let receipt = session.adopt(&self.path, &self.object, &self.version.options())?;
        new_version::report(place, &session, &self.path, &receipt, self.json)
    }
}
