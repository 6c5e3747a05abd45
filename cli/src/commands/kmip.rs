//! `kmip`: what a key manager can do.

use clap::{Args, Subcommand};
use strongroom::{Config, KmipReport, Result, kmip_report};

use crate::key_manager::KeyManager;
use crate::output;
use crate::place::Place;

const EXAMPLES: &str = "\
Examples:
  strongroom kmip info
  strongroom kmip info --kmip kmip.example.org --ca ca.pem --certificate client.pem \\
      --private-key client.key";

/// Look at the KMIP server that holds root keys or payloads, or could.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Kmip {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show what a server is and can do, and what Strongroom would choose and why.
    ///
    /// The server is the one of the config, or the one that the options name; then no store is needed.
    /// Nothing on the server is changed.
    #[command(after_long_help = EXAMPLES)]
    Info {
        /// The key backend or backend whose server is meant, where the config has several.
        #[arg(value_name = "KEYBACKEND", conflicts_with = "servers")]
        key_backend: Option<String>,
        #[command(flatten)]
        server: KeyManager,
        /// Print JSON: one object with server, version, vendor, root_key, configured_root_key, reason,
        /// keeps_payloads, operations and object_types.
        #[arg(long)]
        json: bool,
    },
}

impl Kmip {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let Action::Info { key_backend, server, json } = self.action;
        let (servers, configured) = match server.config()? {
            Some(servers) => (servers, None),
            None => Config::load(&place.config()?)?.key_manager(key_backend.as_deref())?,
        };
        let report = kmip_report(&servers, configured)?;
        if json { output::json(&report) } else { show(&report) }
    }
}

fn show(report: &KmipReport) -> Result<()> {
    let root_key = report.root_key.as_deref().unwrap_or("not possible");
    let payloads = if report.keeps_payloads { "can be its objects" } else { "not possible" };
    let configured = match report.configured_root_key.as_deref() {
        Some("fetched") => "fetched: software-held while a process uses them",
        Some(other) => other,
        None => "none there",
    };
    output::fields(&[
        ("server", report.server.clone()),
        ("vendor", report.vendor.clone().unwrap_or_else(|| "not told".to_owned())),
        ("KMIP", report.version.clone()),
        ("root key", root_key.to_owned()),
        ("why", report.reason.clone()),
        ("configured", configured.to_owned()),
        ("payloads", payloads.to_owned()),
    ])?;
    output::line(&format!("\nOperations: {}", report.operations.join(", ")))?;
    let types = match &report.object_types[..] {
        [] => "not told".to_owned(),
        types => types.join(", "),
    };
    output::line(&format!("Objects: {types}"))
}
