//! `keys`: the root keys above everything.

use clap::{Args, Subcommand};
use serde::Serialize;
use strongroom::{
    Error, ErrorKind, KeyCheck, KeyState, Result, RootKeyId, RootKeyInfo, RotateOptions,
    RotateReport, Severity, Store,
};

use crate::output::{self, Table, counted};
use crate::place::Place;
use crate::progress::Reporter;

const EXAMPLES: &str = "\
Examples:
  strongroom keys list
  strongroom keys check && echo 'the root keys fit the store'
  strongroom keys rotate                  a new root key beside the old one
  strongroom keys rotate --to hsm         move the keys under a token: [keys.hsm] in the config
  strongroom keys retire root-1           once no backup from before its rotation is needed

A key backend is what holds root keys: a keyring or a token. The config names it, as [keys.NAME] or
as the key of a backend. Payloads are not touched, whatever is done to root keys.";

/// Make, list, check, rotate and retire the root keys.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make the first root key of this store in a key backend that the config names.
    ///
    /// It waits there until `keys rotate --to` moves the keys under it. A keyring file that is not
    /// there is made; nothing is ever replaced.
    #[command(after_long_help = "Examples:\n  strongroom keys init hsm")]
    Init {
        /// The key backend.
        #[arg(value_name = "KEYBACKEND")]
        key_backend: String,
        /// Print JSON: one object like those of `keys list`.
        #[arg(long)]
        json: bool,
    },
    /// List the root keys: their state, whether they are at hand, how many keys they wrap.
    #[command(after_long_help = "Examples:\n  strongroom keys list --json")]
    List {
        /// Print JSON: one array of objects with backend, id, state, created_at, at_hand, wraps.
        #[arg(long)]
        json: bool,
    },
    /// Check that each root key at hand is the store's own, and kept as it must be.
    ///
    /// A retired one is not looked for.
    /// The exit code is 0 when all are, else the number of the first error.
    #[command(after_long_help = "Examples:\n  strongroom keys check")]
    Check {
        /// Print JSON: one array of objects with backend, id, ok, error and findings.
        #[arg(long)]
        json: bool,
    },
    /// Make a new root key and wrap every key of the old one under it.
    ///
    /// The store can be used meanwhile. A rotation that was interrupted is finished first, and when it
    /// was of the kind that is asked for, that is all. The old root key stays where it is: backups from
    /// before need it.
    #[command(after_long_help = "\
Examples:
  strongroom keys rotate
  strongroom keys rotate --to hsm
  strongroom keys rotate --to software")]
    Rotate {
        /// Make the new root key in this key backend: its name, or its kind where only one is of that.
        #[arg(long, value_name = "KEYBACKEND")]
        to: Option<String>,
        /// Replace the root key of this key backend, where several are in use.
        #[arg(long, value_name = "KEYBACKEND")]
        from: Option<String>,
        /// Print JSON: one object with key_backend, id, resumed, rewrapped, damaged, stale_backends.
        ///
        /// When the keys were rotated but the report cannot be printed, the exit code is 51.
        #[arg(long)]
        json: bool,
    },
    /// Retire a root key that wraps nothing any more: neither it nor its id is ever used again.
    ///
    /// The key itself is left where it is: backups from before its rotation still need it.
    #[command(after_long_help = "\
Examples:
  strongroom keys retire root-1
  strongroom keys retire root-1 --key-backend main")]
    Retire {
        /// The root key.
        id: String,
        /// The key backend that holds it, where several hold one of this name.
        #[arg(long, value_name = "KEYBACKEND")]
        key_backend: Option<String>,
    },
}

/// One element of `keys check --json`.
#[derive(Serialize)]
struct Checked {
    backend: String,
    id: String,
    ok: bool,
    error: Option<String>,
    findings: Vec<String>,
}

impl Keys {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        match self.action {
            Action::Init { key_backend, json } => init(place, &key_backend, json),
            Action::List { json } => list(place, json),
            Action::Check { json } => check(place, json),
            Action::Rotate { to, from, json } => {
                rotate(place, &RotateOptions { key_backend: from, to }, json)
            }
            Action::Retire { id, key_backend } => retire(place, &id, key_backend.as_deref()),
        }
    }
}

fn init(place: &Place, key_backend: &str, json: bool) -> Result<()> {
    let key = place.store()?.init_keys(key_backend)?;
    let printed = match json {
        true => output::json(&key),
        false => output::line(&format!(
            "{} in {} is ready: `strongroom keys rotate --to {}` moves the keys under it.",
            key.id, key.backend, key.backend
        )),
    };
    output::report_of("the root key was made", printed)
}

fn list(place: &Place, json: bool) -> Result<()> {
    let keys = place.store()?.root_keys()?;
    if json {
        return output::json(&keys);
    }
    let mut table = Table::new(&["KEY", "BACKEND", "STATE", "AT HAND", "WRAPS", "CREATED"]);
    for key in &keys {
        table.row([
            key.id.to_string(),
            key.backend.clone(),
            key.state.name().into(),
            if key.at_hand { "yes" } else { "no" }.into(),
            key.wraps.to_string(),
            output::time(Some(key.created_at)),
        ]);
    }
    table.write()
}

fn check(place: &Place, json: bool) -> Result<()> {
    let checks = place.store()?.check_keys()?;
    if json {
        output::json(&checks.iter().map(checked).collect::<Vec<_>>())?;
    } else {
        let mut table = Table::new(&["KEY", "BACKEND", "RESULT"]);
        for one in checks.iter().map(checked) {
            let result = one.error.unwrap_or_else(|| match one.findings.is_empty() {
                true => "ok".into(),
                false => one.findings.join("; "),
            });
            table.row([one.id, one.backend, result]);
        }
        table.write()?;
    }
    checks.into_iter().find_map(failure).map_or(Ok(()), Err)
}

/// Why a check counts as failed, if it does.
fn failure(check: KeyCheck) -> Option<Error> {
    let badly_kept = check.findings.iter().find(|h| h.severity == Severity::Error);
    let badly_kept = badly_kept.map(|finding| {
        Error::new(
            ErrorKind::Config,
            format!("root key {}: {}", check.id, finding.message),
            "rotate to a root key that is kept as it must be: `strongroom keys rotate`",
        )
    });
    check.result.err().or(badly_kept)
}

fn checked(check: &KeyCheck) -> Checked {
    // What was left out is no trouble, and no check either.
    let is_retired = check.state == KeyState::Destroyed;
    let worth_saying = check.findings.iter().filter(|h| is_retired || h.severity != Severity::Ok);
    Checked {
        backend: check.backend.clone(),
        id: check.id.to_string(),
        ok: check.result.is_ok()
            && check.findings.iter().all(|finding| finding.severity != Severity::Error),
        error: check.result.as_ref().err().map(ToString::to_string),
        findings: worth_saying.map(|h| format!("{}: {}", h.severity, h.message)).collect(),
    }
}

fn rotate(place: &Place, options: &RotateOptions, json: bool) -> Result<()> {
    let store = place.store()?;
    let mut reporter = Reporter::new();
    let report = store.rotate_keys(options, &mut |progress| reporter.show(progress))?;
    drop(reporter);
    let printed = match json {
        true => output::json(&report),
        false => {
            let mut text = rotated(&report);
            if let Some(store_key) = place.store_key() {
                text += &format!("\nKeep {} as it is now, with the config.", store_key.display());
            }
            output::line(&text)
        }
    };
    output::report_of("the keys were rotated", printed)?;
    match report.damaged.len() {
        0 => Ok(()),
        n => Err(Error::new(
            ErrorKind::Corrupt,
            format!("{n} keys do not open, and stay as they were"),
            "see `strongroom doctor` for what they protected, and look into a backup for them",
        )),
    }
}

fn rotated(report: &RotateReport) -> String {
    let RotateReport { id, key_backend, .. } = report;
    let keys = counted(report.rewrapped, "key");
    let mut text = match report.resumed {
        true => format!(
            "Finished a rotation that was interrupted: {id} in {key_backend} wraps {keys} more.\n\
             For yet another root key, run it again."
        ),
        false => format!("{id} in {key_backend} now wraps {keys}."),
    };
    for finding in &report.damaged {
        text += &format!("\ndamaged: {}", output::printable(&finding.what));
    }
    for backend in &report.stale_backends {
        text += &format!(
            "\nWrite key = \"{key_backend}\" into [backends.{backend}] of the config. A table \
             [backends.{backend}.key] becomes [keys.{backend}]."
        );
    }
    text + "\nKeep the old root key as long as any backup from before this may be needed. What you keep of the root\n\
            keys elsewhere, a copy of the keyring or a backup of the token, is from before this: keep it anew."
}

fn retire(place: &Place, id: &str, key_backend: Option<&str>) -> Result<()> {
    let store = place.store()?;
    let key = find(&store, id, key_backend)?;
    store.retire_key(&key.backend, &RootKeyId::new(id)?)?;
    output::line(&format!(
        "{id} in {} is retired. The key itself is still there: backups from before its rotation need it.",
        key.backend
    ))
}

fn find(store: &Store, id: &str, key_backend: Option<&str>) -> Result<RootKeyInfo> {
    let mut keys = store.root_keys()?;
    keys.retain(|key| key.id == id && key_backend.is_none_or(|name| name == key.backend));
    match (keys.pop(), keys.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("several key backends have a root key {id}"),
            "say which one with --key-backend",
        )),
        (None, _) => Err(Error::new(
            ErrorKind::NotFound,
            format!("the store knows no root key {id}"),
            "see `strongroom keys list`",
        )),
    }
}
