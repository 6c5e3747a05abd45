//! `list`, `show`, `versions`: what is there, without any payload.

use clap::Args;
use strongroom::{
    Error, ErrorKind, ListOptions, Result, SecretInfo, SecretPath, Session, VersionInfo,
};

use crate::output::{self, Table};
use crate::place::Place;

/// The project of a name without a slash.
const DEFAULT: &str = "default";

/// How many secrets are fetched at a time.
const PAGE: usize = 1000;

const LIST_EXAMPLES: &str = "\
Examples:
  strongroom list                    the project `default`
  strongroom list web1               all of the project web1
  strongroom list web1/db/           those whose name begins with db/
  strongroom list web1 --json | jq -r '.[].name'

--json prints one array of objects with id, project, name, secret_type, content_type, labels,
current, newest, created_at and updated_at. Members may be added, none is removed or changed.";

/// List the secrets of a project.
#[derive(Args)]
#[command(after_long_help = LIST_EXAMPLES)]
pub(crate) struct List {
    /// The project, and after a slash how the names begin.
    ///
    /// Without it: the project `default`, which need not be there.
    #[arg(value_name = "PROJECT[/PREFIX]")]
    place: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let session = place.session()?;
        let named = self.place.as_deref().unwrap_or(DEFAULT);
        let (project, prefix) = named.split_once('/').unwrap_or((named, ""));
        // Nobody said that there is a project `default`: without one there is nothing to list.
        let nothing = self.place.is_none() && is_missing(&session, project)?;
        if self.json {
            return if nothing { output::line("[]") } else { list_json(&session, project, prefix) };
        }
        if nothing {
            return Ok(());
        }
        let mut table = Table::new(&["SECRET", "TYPE", "CURRENT", "UPDATED", "LABELS"]);
        each_page(&session, project, prefix, |secrets| {
            for secret in secrets {
                table.row([
                    format!("{}/{}", secret.project, secret.name),
                    secret.secret_type.name().into(),
                    number(secret.current),
                    output::time(Some(secret.updated_at)),
                    labels(&secret, ","),
                ]);
            }
            table.write()
        })
    }
}

fn is_missing(session: &Session, project: &str) -> Result<bool> {
    match session.describe_project(project) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Writes one array, an object a line, page by page.
fn list_json(session: &Session, project: &str, prefix: &str) -> Result<()> {
    let mut before = "[\n";
    each_page(session, project, prefix, |secrets| {
        let mut text = String::new();
        for secret in secrets {
            text += before;
            text += &output::json_line(&secret)?;
            before = ",\n";
        }
        output::bytes(text.as_bytes())
    })?;
    output::line(if before == ",\n" { "\n]" } else { "[]" })
}

fn each_page(
    session: &Session,
    project: &str,
    prefix: &str,
    mut show: impl FnMut(Vec<SecretInfo>) -> Result<()>,
) -> Result<()> {
    let mut options = ListOptions { prefix: prefix.to_owned(), after: None, limit: PAGE };
    loop {
        let page = session.list(project, &options)?;
        show(page.items)?;
        if page.next.is_none() {
            return Ok(());
        }
        options.after = page.next;
    }
}

const SHOW_EXAMPLES: &str = "\
Examples:
  strongroom show web1/borg
  strongroom show web1/borg --json | jq .current

--json prints one object with the members that `list --json` has.";

/// Show what is known about a secret, without its payload.
#[derive(Args)]
#[command(after_long_help = SHOW_EXAMPLES)]
pub(crate) struct Show {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let secret = place.session()?.describe(&self.path)?;
        if self.json {
            return output::json(&secret);
        }
        output::fields(&[
            ("secret", self.path.to_string()),
            ("id", secret.id.to_string()),
            ("type", secret.secret_type.name().into()),
            ("content type", secret.content_type.clone().unwrap_or_else(|| "-".into())),
            ("labels", labels(&secret, ", ")),
            ("current version", number(secret.current)),
            ("newest version", secret.newest.to_string()),
            ("created", output::time(Some(secret.created_at))),
            ("updated", output::time(Some(secret.updated_at))),
        ])
    }
}

const VERSIONS_EXAMPLES: &str = "\
Examples:
  strongroom versions web1/borg
  strongroom versions web1/borg --json | jq '.[] | select(.expired)'

--json prints one array of objects with number, state, expired, size, generation, created_at,
activates_at, expires_at, deactivated_at, compromised_at, destroyed_at and pending_destroy.";

/// List the versions of a secret, with their states and dates.
#[derive(Args)]
#[command(after_long_help = VERSIONS_EXAMPLES)]
pub(crate) struct Versions {
    /// The secret: PROJECT/NAME, or NAME in the project `default`.
    path: SecretPath,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Versions {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let versions = place.session()?.versions(&self.path)?;
        if self.json {
            return output::json(&versions);
        }
        let mut table =
            Table::new(&["VERSION", "STATE", "BYTES", "CREATED", "ACTIVATES", "EXPIRES"]);
        for version in &versions {
            table.row([
                version.number.to_string(),
                state(version),
                version.size.to_string(),
                output::time(Some(version.created_at)),
                output::time(version.activates_at),
                output::time(version.expires_at),
            ]);
        }
        table.write()
    }
}

/// The newest version of a secret, for commands that were not told another.
pub(crate) fn newest(session: &Session, path: &SecretPath) -> Result<u32> {
    match session.describe(path)?.newest {
        0 => Err(Error::new(
            ErrorKind::NotFound,
            format!("{path} has no version"),
            format!("store one with `strongroom put {path}`"),
        )),
        newest => Ok(newest),
    }
}

fn state(version: &VersionInfo) -> String {
    let state = version.state.name();
    match (version.expired, version.pending_destroy) {
        (_, true) => format!("{state}, bytes remain for now"),
        (true, _) => format!("{state}, expired"),
        _ => state.to_owned(),
    }
}

fn number(version: Option<u32>) -> String {
    version.map_or_else(|| "-".into(), |number| number.to_string())
}

fn labels(secret: &SecretInfo, separator: &str) -> String {
    let pairs: Vec<String> =
        secret.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { "-".into() } else { pairs.join(separator) }
}
