//! `destroy`, `erase`: what cannot be undone.

use clap::Args;
use strongroom::{Error, ErrorKind, Result, SecretPath, Session, State};

use crate::commands::current::Before;
use crate::input::confirm;
use crate::place::Place;

const DESTROY_EXAMPLES: &str = "\
Examples:
  strongroom destroy web1/borg --version 1
  strongroom destroy web1/borg --version 1 --yes    where nobody can be asked

Exit code 43 means that the version is gone but some of its bytes remain in a file for now, because
somebody was reading; `strongroom doctor --repair` finishes it.";

/// Destroy the payload of one version; that it existed stays on record.
#[derive(Args)]
#[command(after_long_help = DESTROY_EXAMPLES)]
pub(crate) struct Destroy {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// The version.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    version: u32,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Destroy {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let session = place.session()?;
        let path = &self.path;
        self.check(&session)?;
        confirm(
            &format!("destroying version {} of {path}", self.version),
            &path.to_string(),
            self.yes,
        )?;
        let before = Before::the_change(&session, path);
        let destroyed = session.destroy(path, self.version);
        if destroyed.as_ref().map_or_else(|e| e.kind() == ErrorKind::Pending, |()| true) {
            before.and_after(place, &session, path);
        }
        destroyed
    }

    /// Refuses what could only fail, before anybody is asked.
    fn check(&self, session: &Session) -> Result<()> {
        let (path, number) = (&self.path, self.version);
        let versions = session.versions(path)?;
        let Some(version) = versions.iter().find(|version| version.number == number) else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{path} has no version {number}"),
                format!("see `strongroom versions {path}`"),
            ));
        };
        let state = version.state;
        let steps = [State::Destroyed, State::DestroyedCompromised];
        if state.is_destroyed() || steps.into_iter().any(|next| state.may_become(next)) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("{path} version {number} is {state} and cannot be destroyed yet"),
            format!(
                "deactivate it first: `strongroom state {path} deactivated --version {number}`"
            ),
        ))
    }
}

const ERASE_EXAMPLES: &str = "\
Examples:
  strongroom erase web1/borg
  strongroom erase web1/borg --yes    where nobody can be asked

Backups whose passphrase this was can never be opened again, except with a copy of the store.
Exit code 43 means that the secret is gone but some of its bytes remain in a file for now, because
somebody was reading; `strongroom doctor --repair` finishes it.";

/// Erase a secret with all its versions.
#[derive(Args)]
#[command(after_long_help = ERASE_EXAMPLES)]
pub(crate) struct Erase {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Erase {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let session = place.session()?;
        let path = &self.path;
        session.describe(path)?;
        confirm(&format!("erasing {path} with all its versions"), &path.to_string(), self.yes)?;
        session.erase(path)
    }
}
