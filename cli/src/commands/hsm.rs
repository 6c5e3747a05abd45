//! `hsm`: what a token can do.

use clap::{Args, Subcommand};
use strongroom::{Config, Result, TokenChoice, TokenReport, token_report};

use crate::output::{self, Table};
use crate::place::Place;
use crate::token::Token;

const EXAMPLES: &str = "\
Examples:
  strongroom hsm info
  strongroom hsm info --module /usr/lib/softhsm/libsofthsm2.so --token backups --pin-file pin";

/// Look at the PKCS#11 token that holds root keys, or could.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Hsm {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show what a token is and can do, and what Strongroom would choose and why.
    ///
    /// The token is the one of the config, or the one that the options name; then no store is needed.
    /// Nothing in the token is changed.
    #[command(after_long_help = EXAMPLES)]
    Info {
        /// The key backend whose token is meant, where the config has several.
        #[arg(value_name = "KEYBACKEND", conflicts_with = "module")]
        key_backend: Option<String>,
        #[command(flatten)]
        token: Token,
        /// Print JSON: one object with label, serial, manufacturer, model, firmware, flags,
        /// held_sessions, most_sessions, wrapping, device and mechanisms.
        #[arg(long)]
        json: bool,
    },
}

impl Hsm {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let Action::Info { key_backend, token, json } = self.action;
        let token = match token.config()? {
            Some(token) => token,
            None => Config::load(&place.config()?)?.token(key_backend.as_deref())?,
        };
        let report = token_report(&token)?;
        if json { output::json(&report) } else { show(&report) }
    }
}

fn show(report: &TokenReport) -> Result<()> {
    let allowed = report.most_sessions.map_or("no limit told".to_owned(), |most| most.to_string());
    let sessions = format!("{} held at most; the token allows: {allowed}", report.held_sessions);
    output::fields(&[
        ("token", report.label.clone()),
        ("serial", report.serial.clone()),
        ("model", format!("{} {}", report.manufacturer, report.model)),
        ("firmware", report.firmware.clone()),
        ("state", report.flags.join(", ")),
        ("sessions", sessions),
    ])?;
    show_choice("Keys are wrapped", &report.wrapping)?;
    show_choice("Project keys stay in the device", &report.device)?;
    output::line("")?;
    let mut table = Table::new(&["MECHANISM", "KEYS", "USED"]);
    for mechanism in &report.mechanisms {
        let keys = match (mechanism.smallest_key, mechanism.largest_key) {
            (0, 0) => "-".to_owned(),
            (least, most) => format!("{least} to {most}"),
        };
        table.row([
            mechanism.name.clone(),
            keys,
            if mechanism.used { "yes" } else { "-" }.to_owned(),
        ]);
    }
    table.write()
}

fn show_choice(what: &str, choice: &TokenChoice) -> Result<()> {
    let mechanism = choice.mechanism.as_deref().unwrap_or("not possible");
    output::line(&format!("\n{what}: {mechanism}"))?;
    output::fields(&[("  why", choice.reason.clone()), ("  tampering", choice.protection.clone())])
}
