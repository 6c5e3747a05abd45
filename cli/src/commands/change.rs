//! `state`, `expire`, `label`: what can be changed about a secret.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use strongroom::{
    Change, Dates, Error, ErrorKind, LabelChanges, Result, SecretPath, State, Timestamp,
};

use crate::commands::current::Before;
use crate::commands::inspect::newest;
use crate::output;
use crate::place::Place;

/// The states that can be chosen; the destroyed ones are reached by `destroy` alone.
const STATES: [&str; 3] = ["active", "deactivated", "compromised"];

const STATE_EXAMPLES: &str = "\
Examples:
  strongroom state web1/borg deactivated --version 1
  strongroom state web1/borg compromised

States are KMIP's. pre-active goes to active or compromised, active to deactivated or compromised,
deactivated to compromised; there is no way back. `destroy` comes after deactivated or compromised.

A KMIP server that keeps the payload is told. When that fails (exit code 43), the version has the state
all the same, and the same command tells the server again.";

/// Change the state of a version.
#[derive(Args)]
#[command(after_long_help = STATE_EXAMPLES)]
pub(crate) struct SetState {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// The new state.
    #[arg(value_parser = state_parser())]
    state: State,
    /// This version instead of the newest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    version: Option<u32>,
}

impl SetState {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let session = place.session()?;
        let version = match self.version {
            Some(version) => version,
            None => newest(&session, &self.path)?,
        };
        let before = Before::the_change(&session, &self.path);
        session.set_state(&self.path, version, self.state)?;
        before.and_after(place, &session, &self.path);
        Ok(())
    }
}

const EXPIRE_EXAMPLES: &str = "\
Examples:
  strongroom expire web1/borg 2027-01-31
  strongroom expire web1/borg +90d --version 2
  strongroom expire web1/borg never
  strongroom expire web1/borg now --version 1

An expiry can be changed until it takes effect; then it is final. The expired version is not lost:
`get --inactive` and `get --version N` still give it.";

/// Set the date on which a version expires.
///
/// An expiry that has taken effect is final.
#[derive(Args)]
#[command(after_long_help = EXPIRE_EXAMPLES)]
pub(crate) struct Expire {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// 2027-01-31, 2027-01-31T12:00:00Z, from now +30d, +12h, +90m; `never` or `now`.
    #[arg(value_name = "WHEN", value_parser = expiry)]
    when: Expiry,
    /// This version instead of the newest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    version: Option<u32>,
}

#[derive(Clone)]
enum Expiry {
    Never,
    Now,
    At(Timestamp),
}

impl Expire {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let expires_at = match self.when {
            Expiry::Never => Change::Clear,
            Expiry::Now => Change::Set(Timestamp::now()),
            Expiry::At(time) => {
                refuse_past(Some(time), "write `now` to expire it at once")?;
                Change::Set(time)
            }
        };
        let session = place.session()?;
        let version = match self.version {
            Some(version) => version,
            None => newest(&session, &self.path)?,
        };
        let before = Before::the_change(&session, &self.path);
        session.set_dates(&self.path, version, &Dates { expires_at, ..Dates::default() })?;
        before.and_after(place, &session, &self.path);
        Ok(())
    }
}

const LABEL_EXAMPLES: &str = "\
Examples:
  strongroom label web1/borg owner=ops tier=1
  strongroom label web1/borg --remove tier";

/// Set or remove labels of a secret.
#[derive(Args)]
#[command(after_long_help = LABEL_EXAMPLES)]
pub(crate) struct Label {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// Labels to set; the others stay as they are.
    #[arg(value_name = "KEY=VALUE", value_parser = pair, required_unless_present = "remove")]
    set: Vec<(String, String)>,
    /// A label to remove; may be repeated.
    #[arg(long, value_name = "KEY")]
    remove: Vec<String>,
}

impl Label {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let changes = LabelChanges {
            set: self.set.into_iter().collect(),
            remove: self.remove.into_iter().collect(),
        };
        place.session()?.label(&self.path, &changes)
    }
}

/// Parses KEY=VALUE.
pub(crate) fn pair(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(Error::new(
            ErrorKind::InvalidArgument,
            "this is not KEY=VALUE",
            "write the name of the label, =, and its value",
        )),
    }
}

fn expiry(text: &str) -> Result<Expiry> {
    match text {
        "never" => Ok(Expiry::Never),
        "now" => Ok(Expiry::Now),
        time => time.parse().map(Expiry::At),
    }
}

/// Refuses an expiry that has passed: nearly always a slip, and it could not be taken back.
pub(crate) fn refuse_past(expiry: Option<Timestamp>, advice: &str) -> Result<()> {
    match expiry {
        Some(time) if time <= Timestamp::now() => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "{} has passed, and an expiry that takes effect is final",
                output::time(expiry)
            ),
            advice,
        )),
        _ => Ok(()),
    }
}

fn state_parser() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(STATES).try_map(|name| name.parse::<State>())
}
