//! One SQLite file, shared by the threads of a process.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::mem;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use strongroom_backend::{
    Error, ErrorKind, Process, Result, file_error, folder_of, sync_folder_of,
};

use crate::connection::{connect, make_writer};
use crate::errors::{commit_error, is_busy};
use crate::file_lock::FileLock;
use crate::group::{Group, Job, Ticket};
use crate::migrations::Schema;
use crate::read_only::{Access, sibling};
use crate::readers::Readers;
use crate::sql_error;
use crate::turnstile::Turnstile;

/// How long emptying the log waits for readers.
const TRUNCATE_WAIT: Duration = Duration::from_millis(500);

/// Whether the write-ahead log could be emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncated {
    /// It is empty.
    Done,
    /// A reader still needs it; try again later.
    Busy,
}

/// A SQLite database whose commits are durable. Share it between threads by reference.
pub struct Database {
    /// As the caller names it.
    path: PathBuf,
    /// Without a symbolic link: SQLite puts its files, and we ours, beside the one that it leads to.
    real: PathBuf,
    read_only: bool,
    readers: Readers,
    /// Closed while the log is emptied: short reads of this process that follow one another without a
    /// pause would keep it from ever being empty.
    gate: RwLock<()>,
    writer: Mutex<Option<Connection>>,
    group: Group<Connection>,
    turnstile: Turnstile,
    process: Process,
}

impl Database {
    /// Makes a new database, for its owner alone. `AlreadyExists` when the file is there.
    pub fn create(path: &Path, schema: &Schema) -> Result<Database> {
        refuse_network_file_system(path, path)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|e| file_error("create", path, e))?;
        let real = follow(path)?;
        let connection = connect(&real, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        make_writer(&connection)?;
        schema.migrate(&connection)?;
        sync_folder_of(path)?;
        Database::with(path, real, schema, Access::Writable, connection)
    }

    /// Opens a database and brings its schema up to date. Never creates one.
    pub fn open(path: &Path, schema: &Schema) -> Result<Database> {
        let real = follow(path)?;
        refuse_network_file_system(&real, path)?;
        let in_file = |e: Error| locate(e, path);
        let access = Access::probe(&real).map_err(in_file)?;
        let connection = access.connect(&real).map_err(in_file)?;
        Database::with(path, real, schema, access, connection).map_err(in_file)
    }

    fn with(
        path: &Path,
        real: PathBuf,
        schema: &Schema,
        access: Access,
        first: Connection,
    ) -> Result<Database> {
        let missing = schema.inspect(&first)?;
        if access.is_read_only() && !schema.can_be_read_without(missing) {
            return Err(schema.outdated());
        }
        if missing > 0 && !access.is_read_only() {
            make_writer(&first)?;
            schema.migrate(&first)?;
        }
        Ok(Database {
            path: path.to_path_buf(),
            read_only: access.is_read_only(),
            readers: Readers::new(&real, schema, access, first),
            gate: RwLock::new(()),
            writer: Mutex::new(None),
            group: Group::new(),
            turnstile: Turnstile::of(&real),
            real,
            process: Process::current(),
        })
    }

    /// The file, as it was named to [`open`](Self::open) or [`create`](Self::create).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the medium, or this user's rights, allow reading alone.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Opens the lock file beside the database whose name ends in `suffix`, and makes it if need be.
    /// `None` where it is missing and the database is read-only.
    pub fn open_lock(&self, suffix: &str) -> Result<Option<FileLock>> {
        let file = sibling(&self.real, suffix);
        if self.read_only {
            return FileLock::open_existing(&file);
        }
        FileLock::open(&file, &self.real).map(Some)
    }

    /// Runs `work` on a connection that nobody else uses meanwhile. It must only read, be short, and
    /// not read this database again.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        self.read_for_long(work)
    }

    /// As [`read`](Self::read), for work that is too long for others to wait for.
    fn read_for_long<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let reader = self.readers.take()?;
        let result = work(&reader.connection);
        let overtaken = self.readers.was_overtaken(&reader);
        self.readers.give_back(reader);
        if overtaken {
            return Err(overtaken_error());
        }
        result
    }

    /// As [`read`](Self::read), in a transaction: all that `work` reads is of one moment.
    ///
    /// The writing connection does it if it is free, because it has in its cache what it wrote last,
    /// and whoever reads several things is likely to write next.
    pub fn read_snapshot<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _open = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        if let Ok(mut writer) = self.writer.try_lock()
            && let Some(connection) = writer.take()
        {
            let result = snapshot(&connection, work);
            if connection.is_autocommit() {
                *writer = Some(connection);
            }
            return result;
        }
        self.read_for_long(|connection| snapshot(connection, work))
    }

    /// Runs `work` in a transaction, perhaps together with the work of other threads, and returns
    /// when it is durable. An error of `work` undoes all that it did. `work` may run again when the
    /// transaction has to be repeated.
    ///
    /// `Unavailable` when other processes write for 5 seconds without a pause, `Timeout` when the
    /// disk failed in the middle of the commit.
    pub fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.is_read_only() {
            return Err(read_only(&self.path));
        }
        let answer = Arc::new(Mutex::new(None));
        let place = answer.clone();
        let job: Job<Connection> = Box::new(move |connection| {
            let value = work(connection)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        });
        self.group.submit(job, |batch| self.commit_batch(batch))?;
        let value = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "a change was lost", "report this with its command")
        })
    }

    /// Empties the write-ahead log, so that only the database file itself holds data.
    pub fn truncate_wal(&self) -> Result<Truncated> {
        if self.is_read_only() {
            return Err(read_only(&self.path));
        }
        self.group.alone(|| {
            self.with_writer(|connection| {
                let _turn = self.turnstile.enter()?;
                let _closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
                connection.busy_timeout(TRUNCATE_WAIT).map_err(sql_error)?;
                let busy = connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
                // Replaces the timeout by our own handler again.
                crate::connection::restore_busy_handler(connection)?;
                match busy {
                    Ok(0) => Ok(Truncated::Done),
                    Ok(_) => Ok(Truncated::Busy),
                    Err(e) if is_busy(&e) => Ok(Truncated::Busy),
                    Err(e) => Err(sql_error(e)),
                }
            })
        })
    }

    /// Writes a consistent copy without free pages to the new file `target`, while others go on
    /// reading and writing. The copy is not synced.
    pub fn copy_to(&self, target: &Path) -> Result<()> {
        let name = target.to_str().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{} is not valid UTF-8", target.display()),
                "choose another folder",
            )
        })?;
        self.read_for_long(|connection| {
            connection.execute("VACUUM INTO ?1", [name]).map(|_| ()).map_err(sql_error)
        })
    }

    /// Looks for damage in the file's structure; returns what was found.
    pub fn check(&self) -> Result<Vec<String>> {
        self.read_for_long(|connection| {
            let mut statement = connection.prepare("PRAGMA quick_check").map_err(sql_error)?;
            let rows = statement.query_map([], |row| row.get(0)).map_err(sql_error)?;
            let found: Vec<String> = rows.collect::<rusqlite::Result<_>>().map_err(sql_error)?;
            Ok(found.into_iter().filter(|line| line != "ok").collect())
        })
    }

    fn commit_batch(&self, batch: &mut [Ticket<Connection>]) {
        let failed = self
            .with_writer(|connection| {
                let outcome = self.run_batch(connection, batch);
                roll_back(connection);
                outcome
            })
            .err();
        match failed {
            None => batch.iter().for_each(|ticket| ticket.answer(Ok(()))),
            Some(first) => {
                for ticket in batch.iter().skip(1) {
                    let again = Error::new(first.kind(), first.what(), first.next());
                    ticket.answer(Err(again.with_native(first.native().unwrap_or("SQLite"))));
                }
                if let Some(ticket) = batch.first() {
                    ticket.answer(Err(first));
                }
            }
        }
    }

    /// Runs every job and commits what succeeded. An error is the batch's.
    ///
    /// Savepoints cost more than many a job, so only a batch in which one failed runs again with them.
    fn run_batch(&self, connection: &Connection, batch: &mut [Ticket<Connection>]) -> Result<()> {
        self.begin(connection)?;
        if let Err(error) = batch.iter_mut().try_for_each(|ticket| run_job(connection, ticket)) {
            if batch.len() == 1 {
                return Err(error);
            }
            roll_back(connection);
            self.begin(connection)?;
            if run_apart(connection, batch)? == 0 {
                return Ok(());
            }
        }
        execute(connection, "COMMIT").map_err(commit_error)
    }

    fn begin(&self, connection: &Connection) -> Result<()> {
        let _turn = self.turnstile.enter()?;
        execute(connection, "BEGIN IMMEDIATE").map_err(sql_error)
    }

    fn with_writer<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match writer.take() {
            Some(connection) => connection,
            None => self.open_writer()?,
        };
        let result = work(&mut connection);
        let keep = !matches!(&result, Err(e) if e.kind() == ErrorKind::Timeout);
        if keep {
            *writer = Some(connection);
        }
        result
    }

    fn open_writer(&self) -> Result<Connection> {
        let connection = connect(&self.real, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        make_writer(&connection)?;
        Ok(connection)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if self.process == Process::current() {
            // The writer last: it leaves a database without a log to read through.
            self.readers.close();
            *writer = None;
        } else {
            // Closing here would act on the files of the parent, whose connections these are.
            self.readers.forget();
            mem::forget(writer.take());
        }
    }
}

/// Runs `work`, which only reads, in a transaction.
fn snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    execute(connection, "BEGIN").map_err(sql_error)?;
    let result = work(connection);
    roll_back(connection);
    result
}

/// Runs every job in a savepoint of its own; returns how many succeeded.
fn run_apart(connection: &Connection, batch: &mut [Ticket<Connection>]) -> Result<usize> {
    let mut succeeded = 0;
    for ticket in batch {
        execute(connection, "SAVEPOINT job").map_err(sql_error)?;
        match run_job(connection, ticket) {
            Ok(()) => succeeded += 1,
            Err(error) if connection.is_autocommit() => return Err(error),
            Err(error) => {
                execute(connection, "ROLLBACK TO job").map_err(sql_error)?;
                ticket.answer(Err(error));
            }
        }
        execute(connection, "RELEASE job").map_err(sql_error)?;
    }
    Ok(succeeded)
}

/// Runs a job. It also failed when SQLite itself rolled everything back: on a full disk, say.
fn run_job(connection: &Connection, ticket: &mut Ticket<Connection>) -> Result<()> {
    (ticket.job)(connection)?;
    if connection.is_autocommit() { Err(rolled_back()) } else { Ok(()) }
}

/// Ends a transaction that was not committed, unless SQLite has done so itself.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// The file that `path` leads to.
fn follow(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|e| file_error("open", path, e))
}

/// Looks at the folder of `path`; messages name the file as `given`.
fn refuse_network_file_system(path: &Path, given: &Path) -> Result<()> {
    const NETWORK: [(u32, &str); 9] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x5346_414F, "AFS"),
        (0x00C3_6400, "Ceph"),
        (0x7375_7245, "Coda"),
        (0x0BD0_0BD0, "Lustre"),
        (0x0102_1997, "9p"),
    ];
    let Ok(found) = rustix::fs::statfs(folder_of(path)) else {
        return Ok(());
    };
    match NETWORK.iter().find(|(magic, _)| *magic == found.f_type as u32) {
        None => Ok(()),
        Some((_, name)) => Err(Error::new(
            ErrorKind::Config,
            format!("{} is on a network file system ({name})", given.display()),
            "keep SQLite files on a local disk; many machines share a store through PostgreSQL",
        )),
    }
}

fn locate(error: Error, path: &Path) -> Error {
    let name = path.file_name().unwrap_or(OsStr::new("?")).to_string_lossy();
    let what = error.what();
    let mut located = Error::new(error.kind(), format!("{name}: {what}"), error.next());
    if let Some(native) = error.native() {
        located = located.with_native(native);
    }
    located.with_source(error)
}

fn read_only(path: &Path) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{} cannot be written here", path.display()),
        "mount the medium writable, or run as the owner of the store",
    )
}

fn overtaken_error() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the database was changed while it was read here without the right to lock it",
        "try again",
    )
}

fn rolled_back() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "SQLite rolled the change back",
        "look into the system log for disk errors",
    )
}
