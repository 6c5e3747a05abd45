//! One PostgreSQL schema, shared by the threads of a process.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Result, random_bytes};

use crate::connect::{Connector, lock_timeout};
use crate::connection::{Connection, Waits};
use crate::errors::{NO_SUCH_TABLE, Trouble, outcome_unknown};
use crate::locks::{self, Lock};
use crate::migrations::Schema;
use crate::pool::{Claim, Pool};
use crate::settings::Settings;
use crate::tls::Tls;
use crate::transaction::{
    Backend, Mark, Outcome, attempt, confirm, end_backend, end_session, sweep, took_place,
    unreplicated,
};
use crate::turns;

const CHANGE_SCHEMA: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How much longer a statement may take that is one of a copy of all rows: a minute in place of five seconds.
const COPY_STATEMENT: u32 = 12;

/// How long the outcome of a commit is asked for after its answer was lost.
const SETTLING: Duration = Duration::from_secs(8);
const SETTLING_PAUSE: Duration = Duration::from_millis(50);

/// The longest that a copy of all rows may take.
const COPYING: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest pause before a transaction runs again.
const LONGEST_PAUSE_MICROS: u64 = 50_000;

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Copy,
    Write,
    ChangeSchema,
}

impl Purpose {
    /// How one begins that was overtaken so often.
    fn begin(self, overtaken: u32, limits: &Limits) -> Cow<'static, str> {
        match self {
            // Whoever copies may write for longer than a transaction may be idle.
            Purpose::Copy => format!(
                "{SNAPSHOT}; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL statement_timeout = {}",
                copy_statement(limits).as_millis()
            )
            .into(),
            Purpose::Write => turns::begin(overtaken, lock_timeout(limits.statement)),
            Purpose::ChangeSchema => CHANGE_SCHEMA.into(),
        }
    }

    /// Whether asking for its mark keeps one that is late from committing.
    fn is_fenced(self) -> bool {
        self == Purpose::Write
    }
}

/// How much time and how many connections a database may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One read or write with all its attempts. Finding out the outcome of a commit whose answer was
    /// lost comes on top: 8 seconds.
    pub operation: Duration,
    /// One statement, in the server too.
    pub statement: Duration,
    /// Connections of this process; locks that are held come on top.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let (operation, statement) = (Duration::from_secs(10), Duration::from_secs(5));
        Limits { operation, statement, connections: 16 }
    }
}

/// A PostgreSQL schema with Strongroom's tables. Share it between threads by reference.
///
/// It can be used from any thread, those of an async runtime included, which it blocks. In a forked child
/// every method is `Forked`, and dropping it does not disturb the parent.
pub struct Database {
    settings: Arc<Settings>,
    pool: Arc<Pool>,
    limits: Limits,
    role_reads_only: AtomicBool,
}

impl Database {
    /// Makes the tables. `AlreadyExists` when they are there.
    pub fn create(settings: &Settings, schema: &Schema, limits: Limits) -> Result<Database> {
        let database = Database::connect(settings, limits)?;
        schema.create(&database)?;
        database.look()?;
        Ok(database)
    }

    /// Whether [`create`](Self::create) would find room, and may use it: connects, and changes nothing.
    /// `AlreadyExists` when tables are there.
    pub fn check_is_free(settings: &Settings, schema: &Schema, limits: Limits) -> Result<()> {
        let database = Database::connect(settings, limits)?;
        schema.check_is_free(&database)?;
        database.look()?;
        if database.is_read_only() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{settings} can only be read"),
                "name the primary, or several hosts with target_session_attrs=read-write",
            ));
        }
        Ok(())
    }

    /// Opens tables and brings them up to date. Never makes them.
    pub fn open(settings: &Settings, schema: &Schema, limits: Limits) -> Result<Database> {
        let database = Database::connect(settings, limits)?;
        database.look()?;
        schema.open(&database)?;
        Ok(database)
    }

    fn connect(settings: &Settings, limits: Limits) -> Result<Database> {
        let settings = Arc::new(settings.clone());
        let tls = Tls::new(&settings.tls)?;
        let statement_timeout = limits.statement;
        let (settings_of_pool, reached) = (settings.clone(), Arc::default());
        let connector = Connector { settings: settings_of_pool, tls, statement_timeout, reached };
        let pool = Pool::new(connector, limits.connections.max(1))?;
        Ok(Database { settings, pool, limits, role_reads_only: AtomicBool::new(false) })
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the server is a standby, or this role may only read. Asks a server that was a standby when the
    /// newest connection was made.
    pub fn is_read_only(&self) -> bool {
        self.role_reads_only.load(Ordering::Relaxed) || self.server_reads_only()
    }

    fn server_reads_only(&self) -> bool {
        if !self.pool.newest().is_some_and(|facts| facts.reads_only()) {
            return false;
        }
        // A standby that is promoted keeps its sessions.
        let mut still = true;
        let answer = self.read(|connection| {
            let sql = "SELECT current_setting('transaction_read_only') = 'on'";
            connection.query(sql, &[], &mut |row| {
                still = row.integer(0)? == 1;
                Ok(())
            })
        });
        if answer.is_ok() && !still {
            self.pool.forget_facts();
        }
        still
    }

    /// Runs `work`, which only reads, with every statement for itself. It runs again when the connection
    /// is lost.
    pub fn read<T>(&self, mut work: impl FnMut(&Connection<'_>) -> Result<T>) -> Result<T> {
        self.run_alone(self.waits(), |error| error, &mut work)
    }

    /// As [`read`](Self::read), in a transaction: all that `work` reads is of one moment. It is for work that
    /// takes long and is done once: when the connection is lost it does not run again, and the error is
    /// `Unavailable`. Each statement has twelve times as long as others, and there may be any time
    /// between two.
    pub fn read_all(&self, mut work: impl FnMut(&Connection<'_>) -> Result<()>) -> Result<()> {
        let end = Instant::now() + COPYING;
        let waits = Waits { statement: copy_statement(&self.limits), end: Some(end) };
        let mut begun = false;
        self.transact(waits, Purpose::Copy, &mut |connection| {
            // A connection that was lost before is replaced.
            connection.now()?;
            if std::mem::replace(&mut begun, true) {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the connection to PostgreSQL was lost while everything was read",
                    "try again",
                ));
            }
            work(connection)
        })
    }

    /// Runs `work` in a serializable transaction and returns when it is durable. An error of `work` undoes
    /// all that it did. `work` runs again when it certainly had no effect and may have one: after
    /// conflicts with other transactions, and when the connection is lost.
    ///
    /// `Unavailable` when that went on for too long, `Timeout` when the answer to the commit was lost and
    /// the outcome could not be found out.
    pub fn write<T>(&self, mut work: impl FnMut(&Connection<'_>) -> Result<T>) -> Result<T> {
        self.transact(self.waits(), Purpose::Write, &mut work)
    }

    /// Runs `work`, each statement of which is durable by itself. It runs again when the connection is
    /// lost, even if it had its effect: it must come to the same if it runs twice. The session of the
    /// attempt that was lost is ended before, so that none of its statements comes after others.
    ///
    /// `Timeout` when it could not be brought to an end.
    pub fn repeat<T>(&self, mut work: impl FnMut(&Connection<'_>) -> Result<T>) -> Result<T> {
        let end = Some(Instant::now() + self.limits.operation);
        let waits = Waits { statement: self.limits.statement, end };
        let mut lost: Vec<Backend> = Vec::new();
        self.run_alone(waits, outcome_unknown, &mut |connection| {
            let deadline = connection.deadline();
            lost.iter().try_for_each(|lost| end_backend(connection, *lost, deadline))?;
            let runs_again = !lost.is_empty();
            lost.push(connection.backend());
            let value = work(connection)?;
            if runs_again {
                // What it found done already must be with the standby too before it is called done.
                confirm(connection)?;
            }
            Ok(value)
        })
    }

    /// Shares the lock of this name, if nobody has it alone. In all processes that use this schema.
    pub fn try_share(&self, name: &str) -> Result<Option<Lock>> {
        locks::try_share(&self.pool, self.settings.schema(), name, self.waits())
    }

    /// Has the lock of this name alone, if that is possible within this time.
    pub fn lock_within(&self, name: &str, wait: Duration) -> Result<Option<Lock>> {
        locks::lock_within(&self.pool, self.settings.schema(), name, wait, self.waits())
    }

    /// Runs `work` with this much time for its statements, in a transaction that sees what others commit
    /// meanwhile, and with the schema locked against others who do the same.
    pub(crate) fn change_schema<T>(
        &self,
        time: Duration,
        mut work: impl FnMut(&Connection<'_>) -> Result<T>,
    ) -> Result<T> {
        let end = Instant::now() + time;
        let waits = Waits { statement: time, end: Some(end) };
        let key = locks::key(self.settings.schema(), "migration");
        self.transact(waits, Purpose::ChangeSchema, &mut |connection| {
            connection.batch(&format!(
                "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {}; \
                 SELECT pg_advisory_xact_lock({key})",
                time.as_millis()
            ))?;
            work(connection)
        })
    }

    fn waits(&self) -> Waits {
        let end = Some(Instant::now() + self.limits.operation);
        Waits { statement: self.limits.statement, end }
    }

    /// Runs a transaction until it took place, or certainly did not and never will.
    fn transact<T>(
        &self,
        waits: Waits,
        purpose: Purpose,
        work: &mut dyn FnMut(&Connection<'_>) -> Result<T>,
    ) -> Result<T> {
        let end = waits.end.unwrap_or_else(Instant::now);
        let (mut before, mut overtaken) = (None, 0);
        loop {
            let lease = self.pool.take(Claim::Ordinary, end)?;
            let begin = purpose.begin(overtaken, &self.limits);
            match attempt(lease.session()?, waits, &begin, work) {
                Outcome::Done(value) => {
                    let sweeps = lease.session()?.is_to_sweep();
                    drop(lease);
                    if sweeps {
                        // What is not removed now is removed by the next.
                        let _ = self.repeat(sweep);
                    }
                    return Ok(value);
                }
                Outcome::Failed(error) => return Err(error),
                Outcome::Unknown(value, mark, error) => {
                    drop(lease);
                    if self.settle(mark, purpose, error)? {
                        return Ok(value);
                    }
                }
                Outcome::Again(error, trouble) => {
                    let lasting = matches!(trouble, Trouble::Taken(_))
                        && before.replace(trouble) == Some(trouble);
                    if lasting || Instant::now() >= end {
                        return Err(error);
                    }
                    drop(lease);
                    if trouble == Trouble::Lost {
                        // Whatever ended one session has probably ended all.
                        self.pool.drop_idle();
                    } else {
                        pause(overtaken)?;
                        overtaken += 1;
                    }
                }
            }
        }
    }

    /// Finds out whether a transaction took place.
    fn settle(&self, mark: Mark, purpose: Purpose, cause: Error) -> Result<bool> {
        self.pool.drop_idle();
        let end = Instant::now() + SETTLING;
        let waits = Waits { statement: self.limits.statement, end: Some(end) };
        while Instant::now() < end {
            let found = self.pool.take(Claim::Urgent, end).and_then(|lease| {
                let session = lease.session()?;
                session.was_unreplicated();
                let connection = Connection::plain(session, waits);
                if !purpose.is_fenced() {
                    end_backend(&connection, mark.backend, connection.deadline())?;
                }
                let found = match took_place(&connection, mark) {
                    // It would have made the table of marks itself.
                    Err(e) if !purpose.is_fenced() && e.native() == Some(NO_SUCH_TABLE) => false,
                    found => found.inspect_err(|_| {
                        let _ = end_session(&connection, mark);
                    })?,
                };
                Ok((!session.was_unreplicated()).then_some(found))
            });
            if let Ok(Some(found)) = found {
                return Ok(found);
            }
            thread::sleep(SETTLING_PAUSE);
        }
        Err(outcome_unknown(cause))
    }

    /// Runs `work` outside of a transaction, again while the connection is lost.
    fn run_alone<T>(
        &self,
        waits: Waits,
        mut at_last: impl FnMut(Error) -> Error,
        work: &mut dyn FnMut(&Connection<'_>) -> Result<T>,
    ) -> Result<T> {
        let end = waits.end.unwrap_or_else(|| Instant::now() + self.limits.operation);
        let mut lost = None;
        loop {
            let lease = match self.pool.take(Claim::Ordinary, end) {
                Ok(lease) => lease,
                // What is known of an attempt that was lost counts for more.
                Err(error) => return Err(lost.map_or(error, &mut at_last)),
            };
            let session = lease.session()?;
            session.was_unreplicated();
            let connection = Connection::plain(session, waits);
            let error = match work(&connection) {
                Ok(value) if !session.was_unreplicated() => return Ok(value),
                Ok(_) => {
                    session.give_up();
                    unreplicated()
                }
                Err(error) if connection.trouble() == Some(Trouble::Lost) => error,
                // An earlier attempt may have had its effect.
                Err(error) if lost.is_some() && error.kind() == ErrorKind::Unavailable => {
                    return Err(at_last(error));
                }
                Err(error) => return Err(error),
            };
            drop(lease);
            if Instant::now() >= end {
                return Err(at_last(error));
            }
            lost = Some(error);
            self.pool.drop_idle();
        }
    }

    /// Looks at what the role allows, and at what the server risks.
    fn look(&self) -> Result<()> {
        let lease = self.pool.take(Claim::Ordinary, Instant::now() + self.limits.operation)?;
        let session = lease.session()?;
        let waits = self.waits();
        let may_write = "SELECT coalesce(bool_and(has_table_privilege(c.oid, 'INSERT')), true) \
                         FROM pg_class c WHERE c.oid = to_regclass('commits')";
        Connection::plain(session, waits).query(may_write, &[], &mut |row| {
            self.role_reads_only.store(row.integer(0)? == 0, Ordering::Relaxed);
            Ok(())
        })?;
        if !session.facts.syncs {
            tracing::warn!("the PostgreSQL server runs with fsync=off: a power cut destroys it");
        }
        Ok(())
    }
}

fn copy_statement(limits: &Limits) -> Duration {
    limits.statement * COPY_STATEMENT
}

/// Lets those go on who came first.
fn pause(overtaken: u32) -> Result<()> {
    let longest = (500 << overtaken.min(10)).min(LONGEST_PAUSE_MICROS);
    let micros = u64::from_ne_bytes(random_bytes()?) % longest;
    thread::sleep(Duration::from_micros(micros));
    Ok(())
}
