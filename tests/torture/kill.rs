//! One kill, and what it turned out to have done.

use crate::checker::Checker;
use crate::coverage::{Finding, Moment};
use crate::kinds::Kind;
use crate::model::{Action, Contents};

/// A process was killed during this action.
#[derive(Debug)]
pub(crate) struct Kill {
    pub(crate) kind: Kind,
    pub(crate) moment: Moment,
    pub(crate) action: Action,
    pub(crate) acknowledged: bool,
    /// What the store may have held before.
    pub(crate) before: Vec<Contents>,
    /// What a backup or a restored store must hold.
    pub(crate) beside: Contents,
}

impl Kill {
    /// For the message of a failure.
    pub(crate) fn summary(&self) -> String {
        let acknowledged = if self.acknowledged { "acknowledged" } else { "not acknowledged" };
        format!("{:?} {}: {acknowledged}", self.moment, self.action)
    }

    /// Compares what was found with what was before.
    pub(crate) fn finding(
        &self,
        checker: &mut Checker,
        found: &Contents,
    ) -> Result<Finding, String> {
        let complete = checker.beside(&self.action, &self.beside)?;
        if self.acknowledged {
            return match complete {
                true => Ok(Finding::Acknowledged),
                false => Err(format!("{} was acknowledged and left nothing", self.action)),
            };
        }
        let happened = match &self.action {
            Action::Create { .. }
            | Action::Backup { .. }
            | Action::Restore { .. }
            | Action::AddRootKey { .. } => complete,
            action => {
                let done = |before: &Contents| before.after(action) == *found && before != found;
                self.before.iter().any(done)
            }
        };
        Ok(if happened { Finding::Happened } else { Finding::Unchanged })
    }
}
