//! Who may overtake whom.
//!
//! A serializable transaction that reads much is overtaken, and undone, by every small one that changes
//! what it has read. So whoever writes shares a lock, and a transaction that was overtaken again and again
//! has it alone for its next attempt: then nobody writes but it. Readers take no part.
//!
//! The lock is one on a table, not an advisory one, because `LOCK TABLE` alone takes no snapshot: what is
//! seen after it was waited for is what those before have left. It goes with the transaction, and is sent
//! with its BEGIN. The table of migrations serves for it: nothing else is done to it that would wait, not
//! even by autovacuum, and who changes the schema has it alone too.

use std::borrow::Cow;
use std::time::Duration;

/// How often a transaction is overtaken before it has the lock alone.
const PATIENCE: u32 = 4;

/// How long the others may have to wait behind one that waits for the lock alone.
const LONGEST: Duration = Duration::from_secs(1);

/// Nobody else changes anything from here on, until the transaction ends.
pub(crate) const ALONE: &str = "LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE";

const SHARED: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; \
                      LOCK TABLE schema_migrations IN ROW EXCLUSIVE MODE";

/// Begins a transaction that writes and was overtaken so often. `lock_timeout` is that of its own locks.
pub(crate) fn begin(overtaken: u32, lock_timeout: Duration) -> Cow<'static, str> {
    if !is_alone(overtaken) {
        return SHARED.into();
    }
    let alone = format!(
        "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = {}; {ALONE}; \
         SET LOCAL lock_timeout = {}",
        LONGEST.min(lock_timeout).as_millis(),
        lock_timeout.as_millis(),
    );
    alone.into()
}

/// Every other time, so that one that does not get the lock in time lets others go on.
fn is_alone(overtaken: u32) -> bool {
    overtaken >= PATIENCE && (overtaken - PATIENCE).is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_had_alone_at_last_and_not_for_ever() {
        let alone: Vec<_> = (0..8).filter(|overtaken| is_alone(*overtaken)).collect();
        assert_eq!(alone, [4, 6]);
    }
}
