//! What commands that make a version may be told of it, and what they say of it.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use strongroom::{
    Expect, PutOptions, PutReceipt, Result, SecretPath, SecretType, Session, Timestamp,
};

use crate::commands::change::{pair, refuse_past};
use crate::commands::current::note_new_version;
use crate::output;
use crate::place::Place;

/// A version to be made.
#[derive(Args)]
pub(crate) struct NewVersion {
    /// What the secret is; for a new one `passphrase`, or what was adopted, if not told.
    #[arg(long = "type", value_name = "TYPE", value_parser = type_parser())]
    pub(crate) secret_type: Option<SecretType>,
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
}

/// The answer of `--json`.
#[derive(Serialize)]
struct Answer {
    path: String,
    version: u32,
}

impl NewVersion {
    /// Refuses what needs no store to be refused.
    pub(crate) fn check(&self) -> Result<()> {
        refuse_past(self.expires, "give a date to come, or leave --expires out")
    }

    pub(crate) fn options(&self) -> PutOptions {
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

/// Says what has become of it.
pub(crate) fn report(
    place: &Place,
    session: &Session,
    path: &SecretPath,
    receipt: &PutReceipt,
    json: bool,
) -> Result<()> {
    let version = receipt.version;
    if receipt.created_project {
        place.note(&format!("created the project {}", path.project()));
    }
    note_new_version(place, session, path, version);
    if json {
        let path = path.to_string();
        let printed = output::json(&Answer { path, version });
        return output::report_of(&format!("version {version} was stored"), printed);
    }
    Ok(())
}

fn type_parser() -> impl TypedValueParser<Value = SecretType> {
    PossibleValuesParser::new(SecretType::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<SecretType>())
}
