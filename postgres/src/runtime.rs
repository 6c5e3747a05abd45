//! The thread that reads and writes the sockets.

use std::future::Future;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use strongroom_backend::{Error, ErrorKind, Process, Result, spawn_without_signals};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use crate::wait::wait;

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(300);

/// A runtime on a thread of its own. Dropped, it ends its connections.
pub(crate) struct Runtime {
    handle: Handle,
    /// Held by every connection: all are gone when the last is dropped.
    alive: mpsc::Sender<()>,
    stop: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
}

static SHARED: Mutex<Option<(Process, Weak<Runtime>)>> = Mutex::new(None);

impl Runtime {
    /// The one that the databases of this process share while there are any. To wake a thread costs as much
    /// as a fast server needs for its answer: what is asked of two at the same time wakes it once.
    pub(crate) fn shared() -> Result<Arc<Runtime>> {
        let Ok(mut shared) = SHARED.try_lock() else {
            // Another thread is at this point, or was when this process was forked: nobody waits for it.
            return Runtime::start().map(Arc::new);
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
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        let (stop, stopping) = oneshot::channel::<()>();
        let (done, stopped) = oneshot::channel();
        spawn_without_signals("strongroom-pg", move || {
            runtime.block_on(async {
                let _ = stopping.await;
                let _ = timeout(GOODBYE, all_gone.recv()).await;
            });
            // A host name that is still being looked up must not hold anybody up.
            runtime.shutdown_background();
            let _ = done.send(());
        })
        .map_err(cannot_start)?;
        Ok(Runtime { handle, alive, stop: Some(stop), stopped })
    }

    /// Runs a future, whose result can be awaited anywhere.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle.spawn(future)
    }

    /// What lets a future start a connection.
    pub(crate) fn spawner(&self) -> Spawner {
        Spawner { handle: self.handle.clone(), alive: self.alive.clone() }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let (unused, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.alive, unused));
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = wait(&mut self.stopped, Instant::now() + GOODBYE * 2);
    }
}

/// Starts the task that serves a connection.
#[derive(Clone)]
pub(crate) struct Spawner {
    handle: Handle,
    alive: mpsc::Sender<()>,
}

impl Spawner {
    pub(crate) fn spawn(self, serve: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let alive = self.alive;
        let task = self.handle.spawn(async move {
            serve.await;
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
