//! A connection as the work of a caller sees it, in a transaction or outside of one.

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::future::{join3, try_join};
use strongroom_backend::{Error, ErrorKind, Result};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use crate::errors::{Fault, Trouble};
use crate::session::Session;
use crate::together::Answers;
use crate::transaction::Backend;
pub use crate::value::Row;
use crate::value::Value;

/// The server's clock in UTC microseconds.
const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// How much longer than the server we wait for a statement that it has to give up.
const GRACE: Duration = Duration::from_secs(1);

/// Runs statements: portable SQL with numbered parameters (`?1`).
pub struct Connection<'a> {
    session: &'a Session,
    limits: Waits,
    /// What begins the transaction. It is sent together with the first statement.
    begin: Option<&'a str>,
    begun: Cell<bool>,
    wrote: Cell<bool>,
    now: Cell<Option<i64>>,
    trouble: Cell<Option<Trouble>>,
    answers: Answers,
}

/// How long to wait.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) statement: Duration,
    /// When the whole must be over.
    pub(crate) end: Option<Instant>,
}

impl Waits {
    fn deadline(self) -> Instant {
        self.deadline_of(1)
    }

    /// Of statements that are sent together, each of which may take its time.
    fn deadline_of(self, statements: usize) -> Instant {
        let longest = self.statement * u32::try_from(statements.max(1)).unwrap_or(u32::MAX);
        let all = Instant::now() + longest + GRACE;
        self.end.map_or(all, |end| end.min(all))
    }
}

impl<'a> Connection<'a> {
    /// Every statement is a transaction of its own.
    pub(crate) fn plain(session: &'a Session, limits: Waits) -> Connection<'a> {
        Connection {
            session,
            limits,
            begin: None,
            begun: Cell::new(false),
            wrote: Cell::new(false),
            now: Cell::new(None),
            trouble: Cell::new(None),
            answers: Answers::default(),
        }
    }

    /// All statements are one transaction, begun with the first of them.
    pub(crate) fn begin(session: &'a Session, limits: Waits, with: &'a str) -> Connection<'a> {
        Connection { begin: Some(with), ..Connection::plain(session, limits) }
    }

    /// Runs a query and hands each row to `each`.
    pub fn query(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        let rows = match self.answers.take((sql, parameters)) {
            Some(rows) => rows,
            None => {
                let statement = self.statement(sql)?;
                let given = as_sql(parameters);
                self.run(self.session.client.query(&statement, &given))?
            }
        };
        rows.into_iter().try_for_each(|row| each(&Row(row)))
    }

    /// As [`query`](Self::query), for an answer of any length, of which `at_once` rows are fetched at a time.
    /// Only in a transaction, and only one such query at a time.
    pub fn query_in_portions(
        &self,
        sql: &str,
        at_once: u32,
        each: &mut dyn FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        let client = &self.session.client;
        self.run(client.batch_execute(&format!("DECLARE portions CURSOR FOR {sql}")))?;
        loop {
            let fetch = format!("FETCH {at_once} FROM portions");
            let rows = self.run(client.query(fetch.as_str(), &[]))?;
            let last = rows.len() < at_once as usize;
            rows.into_iter().try_for_each(|row| each(&Row(row)))?;
            if last {
                return self.run(client.batch_execute("CLOSE portions"));
            }
        }
    }

    /// Runs a statement; returns how many rows it changed. `AlreadyExists` when a unique index has the
    /// row already: the transaction can then only be ended.
    pub fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<u64> {
        self.will_write();
        let statement = self.statement(sql)?;
        let given = as_sql(parameters);
        self.run(self.session.client.execute(&statement, &given))
    }

    /// The server's clock: UTC microseconds. In a transaction, of its first statement.
    pub fn now(&self) -> Result<i64> {
        if self.now.get().is_none() {
            self.query(NOW, &[], &mut |row| {
                self.now.set(Some(row.integer(0)?));
                Ok(())
            })?;
        }
        self.now.get().ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the database told no time", "report this")
        })
    }

    /// Runs statements without parameters, one after the other.
    pub(crate) fn batch(&self, sql: &str) -> Result<()> {
        self.will_write();
        self.run(self.session.client.batch_execute(sql))
    }

    pub(crate) fn statement(&self, sql: &str) -> Result<Statement> {
        self.session.statement(sql, self.limits.deadline()).map_err(|fault| self.note(fault))
    }

    /// Runs a statement, after the transaction's beginning and in the same round trip.
    fn run<T>(
        &self,
        statement: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        self.run_several(1, statement)
    }

    /// As [`run`](Self::run), for the answers of so many statements.
    pub(crate) fn run_several<T>(
        &self,
        statements: usize,
        statement: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        if let Some(trouble) = self.trouble.get().filter(|_| self.begun.get()) {
            return Err(went_on(trouble));
        }
        let deadline = self.limits.deadline_of(statements);
        let Some(begin) = self.begin.filter(|_| !self.begun.replace(true)) else {
            let answer = self.session.wait(statement, deadline);
            return answer.and_then(|a| a.map_err(Fault::of)).map_err(|fault| self.note(fault));
        };
        let begin = self.session.client.batch_execute(begin);
        self.run_first(begin, statement, deadline).map_err(|fault| self.note(fault))
    }

    /// As [`run_several`](Self::run_several), with the clock in the same round trip.
    pub(crate) fn run_with_clock<T>(
        &self,
        statements: usize,
        statement: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let begins = self.begin.is_some() && !self.begun.get();
        if begins || self.now.get().is_some() {
            return self.run_several(statements, statement);
        }
        let clock = self.statement(NOW)?;
        let time = self.session.client.query_one(&clock, &[]);
        let (time, answer) = self.run_several(statements + 1, try_join(time, statement))?;
        self.now.set(time.try_get(0).ok());
        Ok(answer)
    }

    fn run_first<T>(
        &self,
        begin: impl Future<Output = std::result::Result<(), tokio_postgres::Error>>,
        statement: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
        deadline: Instant,
    ) -> std::result::Result<T, Fault> {
        let clock = self.session.statement(NOW, deadline)?;
        let client = &self.session.client;
        let time = client.query_one(&clock, &[]);
        let (begun, time, answer) = self.session.wait(join3(begin, time, statement), deadline)?;
        begun.map_err(Fault::at_begin)?;
        self.now.set(time.map_err(Fault::of)?.try_get(0).ok());
        answer.map_err(Fault::of)
    }

    /// Keeps in mind what a failed statement means for the transaction.
    fn note(&self, fault: Fault) -> Error {
        // What can only be read here may be writable on another host, or here after a promotion.
        if fault.trouble == Trouble::Lost || fault.error.kind() == ErrorKind::Unsupported {
            self.session.give_up();
        }
        self.trouble.set(Some(fault.trouble));
        fault.error
    }

    /// What was answered before may not be true any more.
    pub(crate) fn will_write(&self) {
        self.wrote.set(true);
        self.answers.clear();
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    pub(crate) fn client(&self) -> &Client {
        &self.session.client
    }

    /// The server's process for this connection.
    pub(crate) fn backend(&self) -> Backend {
        Backend { process: self.session.facts.process, started: self.session.facts.started }
    }

    /// The session whose row of commits stands for it.
    pub(crate) fn session(&self) -> &Session {
        self.session
    }

    /// When a statement that begins now must be over.
    pub(crate) fn deadline(&self) -> Instant {
        self.limits.deadline()
    }

    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble.get()
    }

    pub(crate) fn has_written(&self) -> bool {
        self.wrote.get()
    }

    /// Whether there is a transaction to be ended.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.get()
    }
}

pub(crate) fn as_sql<'v>(parameters: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn went_on(trouble: Trouble) -> Error {
    let kind = if trouble == Trouble::Lost { ErrorKind::Unavailable } else { ErrorKind::Internal };
    Error::new(kind, "a transaction was continued after a statement had failed", "try again")
}
