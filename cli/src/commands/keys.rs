//! `keys`: the root keys above everything.

use clap::{Args, Subcommand};
use serde::Serialize;
use strongroom::{KeyCheck, Result};

use crate::output::{self, Table};
use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom keys list
  strongroom keys check && echo 'the keyring fits the store'";

/// List and check the root keys.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the root keys: their state, whether they are at hand, how many keys they wrap.
    #[command(after_long_help = "Examples:\n  strongroom keys list --json")]
    List {
        /// Print JSON: one array of objects with backend, id, state, created_at, at_hand, wraps.
        #[arg(long)]
        json: bool,
    },
    /// Check that each root key at hand is the one that the store was made with.
    ///
    /// The exit code is 0 when all are, else the number of the first error.
    #[command(after_long_help = "Examples:\n  strongroom keys check")]
    Check {
        /// Print JSON: one array of objects with backend, id, ok and error.
        #[arg(long)]
        json: bool,
    },
}

/// One element of `keys check --json`.
#[derive(Serialize)]
struct Checked {
    backend: String,
    id: String,
    ok: bool,
    error: Option<String>,
}

impl Keys {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        match self.action {
            Action::List { json } => list(place, json),
            Action::Check { json } => check(place, json),
        }
    }
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
            table.row([one.id, one.backend, one.error.unwrap_or_else(|| "ok".into())]);
        }
        table.write()?;
    }
    checks.into_iter().find_map(|check| check.result.err()).map_or(Ok(()), Err)
}

fn checked(check: &KeyCheck) -> Checked {
    Checked {
        backend: check.backend.clone(),
        id: check.id.to_string(),
        ok: check.result.is_ok(),
        error: check.result.as_ref().err().map(ToString::to_string),
    }
}
