//! What the suite found.

use std::fmt;

use crate::Error;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The promise is kept.
    Passed,
    /// The backend declares not to make the promise, for this reason.
    Skipped(String),
    /// The promise is broken in this way.
    Failed(String),
}

/// One check and its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The check: the promise in words.
    pub name: &'static str,
    /// What it found.
    pub verdict: Verdict,
}

/// Every check that was run, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    entries: Vec<Entry>,
}

impl Report {
    pub(super) fn of(outcomes: impl Iterator<Item = (&'static str, Outcome)>) -> Report {
        let entry = |(name, outcome)| {
            let verdict = match outcome {
                Ok(()) => Verdict::Passed,
                Err(Ending::Skipped(why)) => Verdict::Skipped(why),
                Err(Ending::Failed(why)) => Verdict::Failed(why),
            };
            Entry { name, verdict }
        };
        Report { entries: outcomes.map(entry).collect() }
    }

    /// Every check with its verdict.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The names of the checks that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        self.names(|v| matches!(v, Verdict::Failed(_)))
    }

    /// The names of the checks that were skipped.
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|v| matches!(v, Verdict::Skipped(_)))
    }

    /// The names of the checks that passed.
    pub fn passed(&self) -> Vec<&'static str> {
        self.names(|v| *v == Verdict::Passed)
    }

    /// Prints the report to standard error. For tests.
    ///
    /// # Panics
    ///
    /// When a check failed, so that the test that calls this fails.
    pub fn require(&self) {
        eprintln!("{self}");
        assert!(self.failed().is_empty(), "broken promises: {}", self.failed().join(", "));
    }

    fn names(&self, which: impl Fn(&Verdict) -> bool) -> Vec<&'static str> {
        self.entries.iter().filter(|e| which(&e.verdict)).map(|e| e.name).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { name, verdict } in &self.entries {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {name}")?,
                Verdict::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
                Verdict::Failed(why) => writeln!(f, "FAILED   {name}: {why}")?,
            }
        }
        let (passed, skipped) = (self.passed().len(), self.skipped().len());
        write!(f, "{passed} passed, {skipped} skipped, {} failed", self.failed().len())
    }
}

/// How a check ends early.
pub(super) enum Ending {
    Skipped(String),
    Failed(String),
}

pub(super) type Outcome = Result<(), Ending>;

/// An operation that had to succeed did not.
impl From<Error> for Ending {
    fn from(error: Error) -> Ending {
        Ending::Failed(format!("{error:?}"))
    }
}

/// Fails the check with the message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(crate::conformance::report::Ending::Failed(format!($($message)+)));
        }
    };
}
pub(super) use ensure;

/// Fails the check unless the operation failed with this kind.
pub(super) fn refused<T>(
    result: crate::Result<T>,
    kind: crate::ErrorKind,
    what: impl fmt::Display,
) -> Outcome {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(Ending::Failed(format!("{what}: {error:?} instead of {}", kind.name()))),
        Ok(_) => Err(Ending::Failed(format!("{what}: accepted instead of {}", kind.name()))),
    }
}
