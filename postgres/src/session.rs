//! One connection, with its prepared statements.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
use tokio_postgres::{Client, Statement};

use crate::errors::Fault;
use crate::wait::wait;

/// A connection is replaced when it is this old: another server may have taken over by then.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// Strongroom has about half as many statements.
const STATEMENTS_KEPT: usize = 256;

/// One session in so many removes old marks: that takes a look at those of a whole day, which would be too
/// much for each of a hundred thousand commands.
const SWEEPER: u8 = 64;

/// What the server said about itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) version: i64,
    pub(crate) in_recovery: bool,
    pub(crate) read_only: bool,
    pub(crate) syncs: bool,
    /// The server's process for this session, and when it began: together, no other's. 0 where the role may
    /// not know.
    pub(crate) process: i64,
    pub(crate) started: i64,
}

impl Facts {
    /// Whether nothing can be changed there.
    pub(crate) fn reads_only(&self) -> bool {
        self.in_recovery || self.read_only
    }
}

pub(crate) struct Session {
    pub(crate) client: Arc<Client>,
    pub(crate) facts: Facts,
    /// Names this session's row in the table of commits.
    pub(crate) id: [u8; 16],
    commits: Cell<i64>,
    is_to_sweep: Cell<bool>,
    task: AbortHandle,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    broken: Cell<bool>,
    unreplicated: Arc<AtomicBool>,
    born: Instant,
}

impl Session {
    pub(crate) fn new(
        client: Client,
        task: AbortHandle,
        facts: Facts,
        id: [u8; 16],
        unreplicated: Arc<AtomicBool>,
    ) -> Session {
        Session {
            client: Arc::new(client),
            facts,
            id,
            commits: Cell::new(0),
            is_to_sweep: Cell::new(sweeps(&id)),
            task,
            statements: RefCell::default(),
            broken: Cell::new(false),
            unreplicated,
            born: Instant::now(),
        }
    }

    /// Waits for an answer. A connection that does not give one is not used again.
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = T>,
        deadline: Instant,
    ) -> Result<T, Fault> {
        wait(answer, deadline).ok_or_else(|| {
            self.broken.set(true);
            Fault::timed_out()
        })
    }

    /// The statement, if it was prepared.
    pub(crate) fn prepared(&self, sql: &str) -> Option<Statement> {
        self.statements.borrow().get(sql).cloned()
    }

    /// The statement with `?1` as the first parameter, prepared at its first use.
    pub(crate) fn statement(&self, sql: &str, deadline: Instant) -> Result<Statement, Fault> {
        if let Some(statement) = self.prepared(sql) {
            return Ok(statement);
        }
        let text = with_dollars(sql);
        let prepared = self.wait(self.client.prepare(&text), deadline)?.map_err(Fault::of)?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS_KEPT {
            statements.clear();
        }
        statements.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }

    /// A number that no commit of this session had before.
    pub(crate) fn next_commit(&self) -> i64 {
        self.commits.set(self.commits.get() + 1);
        self.commits.get()
    }

    /// Whether old marks are to be removed now: by a few sessions, once, after their first commit.
    pub(crate) fn is_to_sweep(&self) -> bool {
        self.commits.get() > 0 && self.is_to_sweep.replace(false)
    }

    /// Whether the server gave up waiting for a standby since this was asked last.
    pub(crate) fn was_unreplicated(&self) -> bool {
        self.unreplicated.swap(false, Ordering::AcqRel)
    }

    /// Not to be used again.
    pub(crate) fn give_up(&self) {
        self.broken.set(true);
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.broken.get()
    }

    pub(crate) fn is_usable(&self) -> bool {
        !self.broken.get() && !self.client.is_closed() && self.born.elapsed() < LONGEST_LIFE
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.broken.get() {
            // It would wait for the rest of an answer that may never come.
            self.task.abort();
        }
    }
}

/// Ids are random.
fn sweeps(id: &[u8; 16]) -> bool {
    id[0].is_multiple_of(SWEEPER)
}

/// PostgreSQL writes `$1` for `?1`. No statement of ours has a question mark otherwise.
fn with_dollars(sql: &str) -> String {
    sql.replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_sessions_remove_old_marks() {
        let sweep = (0..=u8::MAX).filter(|byte| sweeps(&[*byte; 16])).count();
        assert_eq!(sweep, 4);
    }
}
