//! The thread that reads and writes the sockets.

use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, TryLockError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::select;
use strongroom_backend::{Error, ErrorKind, Process, Result, spawn_without_signals};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::wait::wait;

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(300);

/// A runtime on a thread of its own, which ends when it is dropped.
struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
}

static SHARED: Mutex<Option<(Process, Weak<Runtime>)>> = Mutex::new(None);

impl Runtime {
    /// The one that the databases of this process share while there are any. To wake a thread costs as much
    /// as a fast server needs for its answer: what is asked of two at the same time wakes it once.
    fn shared() -> Result<Arc<Runtime>> {
        let mut shared = match SHARED.try_lock() {
            Ok(shared) => shared,
            Err(TryLockError::Poisoned(shared)) => shared.into_inner(),
            // Another thread is at this point, or was when this process was forked. Nobody waits for it: this
            // database has a thread to itself.
            Err(TryLockError::WouldBlock) => return Runtime::start().map(Arc::new),
        };
        let process = Process::current();
        let known = shared.as_ref().filter(|(of, _)| *of == process);
        if let Some(runtime) = known.and_then(|(_, runtime)| runtime.upgrade()) {
            return Ok(runtime);
        }
        let runtime = Arc::new(Runtime::start()?);
        *shared = Some((process, Arc::downgrade(&runtime)));
        Ok(runtime)
    }

    fn start() -> Result<Runtime> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("strongroom-dns")
            .build()
            .map_err(cannot_start)?;
        let handle = runtime.handle().clone();
        let (stop, stopping) = oneshot::channel::<()>();
        let (done, stopped) = oneshot::channel();
        spawn_without_signals("strongroom-pg", move || {
            let _ = runtime.block_on(stopping);
            // A host name that is still being looked up must not hold anybody up.
            runtime.shutdown_background();
            let _ = done.send(());
        })
        .map_err(cannot_start)?;
        Ok(Runtime { handle, stop: Some(stop), stopped })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = wait(&mut self.stopped, Instant::now() + GOODBYE);
    }
}

/// The connections of one database. Dropped when nobody uses them any more, they say goodbye, and are ended
/// when that takes too long.
pub(crate) struct Connections {
    runtime: Arc<Runtime>,
    /// Held by every connection: all are gone when the last is dropped.
    alive: mpsc::Sender<()>,
    all_gone: mpsc::Receiver<()>,
    /// Watched by every connection, which ends when it is dropped.
    end: watch::Sender<()>,
}

impl Connections {
    pub(crate) fn new() -> Result<Connections> {
        let (alive, all_gone) = mpsc::channel(1);
        Ok(Connections {
            runtime: Runtime::shared()?,
            alive,
            all_gone,
            end: watch::Sender::new(()),
        })
    }

    /// Runs a future, whose result can be awaited anywhere.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.handle.spawn(future)
    }

    /// What lets a future start a connection.
    pub(crate) fn spawner(&self) -> Spawner {
        let (handle, alive) = (self.runtime.handle.clone(), self.alive.clone());
        Spawner { handle, alive, end: self.end.subscribe() }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        let (unused, _) = mpsc::channel(1);
        drop(mem::replace(&mut self.alive, unused));
        let _ = wait(pin!(self.all_gone.recv()), Instant::now() + GOODBYE);
    }
}

/// Starts the task that serves a connection.
#[derive(Clone)]
pub(crate) struct Spawner {
    handle: Handle,
    alive: mpsc::Sender<()>,
    end: watch::Receiver<()>,
}

impl Spawner {
    pub(crate) fn spawn(self, serve: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let Spawner { handle, alive, mut end } = self;
        let task = handle.spawn(async move {
            select(pin!(serve), pin!(end.changed())).await;
            drop(alive);
        });
        task.abort_handle()
    }
}

fn cannot_start(error: std::io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("a thread for the database could not be started: {error}"),
        "look at the limits on threads and open files",
    )
    .with_source(error)
}
