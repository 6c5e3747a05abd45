//! What keeps the secrets of this process from other programs of the same user.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// Forbids core dumps, and tracing and reading of memory by processes that are not root's.
///
/// A core limit would do less and be inherited by the command that `exec` becomes; this setting
/// ends with execve(2). Where the system refuses it the command works all the same.
pub(crate) fn apply() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
