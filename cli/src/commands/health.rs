//! `health`, `doctor`: whether everything works, and setting right what does not.

use clap::Args;
use serde::Serialize;
use strongroom::{DoctorOptions, DoctorReport, Error, ErrorKind, Result, Severity};

use crate::output::{self, Table};
use crate::place::Place;
use crate::progress::Reporter;

const HEALTH_EXAMPLES: &str = "\
Examples:
  strongroom health
  strongroom health --json | jq '.[] | select(.severity != \"ok\")'

The exit code is 0 when everything works, with warnings or without, and 50 when a part does not
work. A store that cannot even be opened answers with the number of that error.";

/// Test every part of the store for real.
#[derive(Args)]
#[command(after_long_help = HEALTH_EXAMPLES)]
pub(crate) struct Health {
    /// Print JSON: one array of objects with part, severity (ok, warning, error) and message.
    #[arg(long)]
    json: bool,
}

/// One element of `health --json`.
#[derive(Serialize)]
struct Finding {
    part: String,
    severity: String,
    message: String,
}

impl Health {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let findings = place.store()?.health();
        let broken = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let findings = findings.into_iter().map(|finding| Finding {
            part: finding.part,
            severity: finding.severity.to_string(),
            message: finding.message,
        });
        if self.json {
            output::json(&findings.collect::<Vec<_>>())?;
        } else {
            let mut table = Table::new(&["PART", "RESULT", "FINDING"]);
            findings
                .for_each(|finding| table.row([finding.part, finding.severity, finding.message]));
            table.write()?;
        }
        match broken {
            0 => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Unavailable,
                format!("{broken} of the parts do not work"),
                "act on the findings that say `error`",
            )),
        }
    }
}

const DOCTOR_EXAMPLES: &str = "\
Examples:
  strongroom doctor             look, change nothing
  strongroom doctor --repair    also finish erasures and remove strays
  strongroom doctor --adopt     go on with a store whose files were copied by hand

A stray is a payload that no version names, left by a put that was cut short. One so new that it may
belong to a put under way is left alone. Exit codes: 60 when something is damaged, 12 when
the store is a copy or the repair was refused, 43 when an erasure is still not finished.";

/// Check everything that the store holds, and repair what can be repaired without a guess.
#[derive(Args)]
#[command(after_long_help = DOCTOR_EXAMPLES)]
pub(crate) struct Doctor {
    /// Finish erasures and remove strays.
    #[arg(long)]
    repair: bool,
    /// Make this copy of the store the one that may remove payloads. A store whose files were copied
    /// removes nothing before that; no other copy that shares a shelf with it removes anything there
    /// afterwards.
    #[arg(long)]
    adopt: bool,
    /// Print JSON: one object with copy, adopted, secrets, versions, damaged, strays,
    /// strays_removed, strays_left, pending_erasures, erasures_finished and refused.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self, place: &Place) -> Result<()> {
        let store = place.store()?;
        let mut reporter = Reporter::new();
        let options = DoctorOptions { repair: self.repair, adopt: self.adopt };
        let report = store.doctor(&options, &mut |progress| reporter.show(progress))?;
        drop(reporter);
        let printed = if self.json { output::json(&report) } else { show(&report) };
        if self.repair || self.adopt {
            output::report_of("the repair was done", printed)?;
        } else {
            printed?;
        }
        verdict(&report)
    }
}

fn show(report: &DoctorReport) -> Result<()> {
    output::fields(&[
        ("copy", if report.copy { "yes" } else { "no" }.into()),
        ("secrets", report.secrets.to_string()),
        ("versions", report.versions.to_string()),
        ("damaged", report.damaged.len().to_string()),
        ("strays", report.strays.to_string()),
        ("strays removed", report.strays_removed.to_string()),
        ("strays too new to judge", report.strays_left.to_string()),
        ("erasures pending", report.pending_erasures.to_string()),
        ("erasures finished", report.erasures_finished.to_string()),
    ])?;
    report.damaged.iter().try_for_each(|finding| {
        output::line(&format!("damaged: {}", output::printable(&finding.what)))
    })
}

fn damaged(count: usize) -> String {
    match count {
        1 => "1 thing in the store is damaged".into(),
        _ => format!("{count} things in the store are damaged"),
    }
}

/// The worst of what was found decides the exit code.
fn verdict(report: &DoctorReport) -> Result<()> {
    if !report.damaged.is_empty() {
        return Err(Error::new(
            ErrorKind::Corrupt,
            damaged(report.damaged.len()),
            "restore them from a backup of the store",
        ));
    }
    if report.copy {
        return Err(Error::new(
            ErrorKind::Conflict,
            "this is a copy of a store, and nobody has adopted it",
            "run `strongroom doctor --adopt` if this is the copy that you go on with",
        ));
    }
    if let Some(reason) = &report.refused {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("nothing was removed: {reason}"),
            "look at `strongroom health`, then repeat the repair",
        ));
    }
    match report.pending_erasures {
        0 => Ok(()),
        left => Err(Error::new(
            ErrorKind::Pending,
            match left {
                1 => "1 erasure is not finished".into(),
                _ => format!("{left} erasures are not finished"),
            },
            "run `strongroom doctor --repair` when nobody else reads the store",
        )),
    }
}
