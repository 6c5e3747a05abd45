//! The findings of health checks.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Works.
    Ok,
    /// Works, but somebody should act.
    Warning,
    /// Does not work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Ok => "ok",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One finding about one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The part, in words that stay the same: `keyring`, `shelf`, `clock`.
    pub part: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, and what to do about it.
    pub message: String,
}

impl Health {
    /// The part works.
    pub fn ok(part: impl Into<String>, message: impl Into<String>) -> Health {
        Health { part: part.into(), severity: Severity::Ok, message: message.into() }
    }

    /// The part works, but somebody should act.
    pub fn warning(part: impl Into<String>, message: impl Into<String>) -> Health {
        Health { part: part.into(), severity: Severity::Warning, message: message.into() }
    }

    /// The part does not work.
    pub fn error(part: impl Into<String>, message: impl Into<String>) -> Health {
        Health { part: part.into(), severity: Severity::Error, message: message.into() }
    }
}
