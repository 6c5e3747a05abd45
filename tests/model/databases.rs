//! Where a tested store has its metadata and its shelf.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use strongroom::Layout;
use strongroom_test_support::postgres::Cluster;

/// How long sessions may outlive the process that had them. They end at once where nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is in files, and what on a PostgreSQL server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Databases {
    /// Both in files.
    Files,
    /// Both on a server.
    Postgres,
    /// The metadata on a server, the shelf in a file.
    PostgresMetadata,
    /// The metadata in a file, the shelf on a server.
    PostgresShelf,
}

impl Databases {
    pub(super) const ALL: [Databases; 4] = [
        Databases::Files,
        Databases::Postgres,
        Databases::PostgresMetadata,
        Databases::PostgresShelf,
    ];

    pub(crate) fn have_metadata_on_a_server(self) -> bool {
        matches!(self, Databases::Postgres | Databases::PostgresMetadata)
    }

    pub(crate) fn have_shelf_on_a_server(self) -> bool {
        matches!(self, Databases::Postgres | Databases::PostgresShelf)
    }

    /// Puts what belongs there into this database: into schemas named after the store's folder.
    pub(crate) fn place(self, layout: Layout, database: Option<&str>, folder: &str) -> Layout {
        let Some(database) = database else { return layout };
        let folder = folder.replace('-', "_");
        let schema = |part: &str| format!("{database}?schema={folder}_{part}").into();
        let (mut metadata, mut shelf) = (layout.metadata, layout.shelf);
        if self.have_metadata_on_a_server() {
            metadata = schema("metadata");
        }
        if self.have_shelf_on_a_server() {
            shelf = schema("shelf");
        }
        Layout { metadata, shelf, ..layout }
    }
}

impl fmt::Display for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Databases::Files => "files",
            Databases::Postgres => "postgres",
            Databases::PostgresMetadata => "postgres-metadata",
            Databases::PostgresShelf => "postgres-shelf",
        })
    }
}

impl FromStr for Databases {
    type Err = String;

    fn from_str(text: &str) -> Result<Databases, String> {
        let found = Databases::ALL.into_iter().find(|databases| databases.to_string() == text);
        found.ok_or_else(|| format!("no databases {text:?}"))
    }
}

/// A database of a world's own, on a server that worlds share. It goes away with the value.
pub(crate) struct OwnDatabase {
    cluster: Arc<Mutex<Cluster>>,
    name: String,
    pub(crate) dsn: String,
}

impl OwnDatabase {
    /// One on a server that is started for it, with these settings.
    pub(crate) fn start(settings: &[&str]) -> OwnDatabase {
        OwnDatabase::on(Arc::new(Mutex::new(Cluster::start_with(settings, |_| {}))))
    }

    /// Another one on the same server.
    pub(crate) fn another(&self) -> OwnDatabase {
        OwnDatabase::on(self.cluster.clone())
    }

    fn on(cluster: Arc<Mutex<Cluster>>) -> OwnDatabase {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("world_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let dsn = locked(&cluster).new_database(&name);
        OwnDatabase { cluster, name, dsn }
    }

    /// The server.
    pub(crate) fn server(&self) -> MutexGuard<'_, Cluster> {
        locked(&self.cluster)
    }

    /// Runs a statement in it as the superuser.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let mut psql = self.server().client("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", &self.name, "-c", sql]);
        let output = psql.output().expect("psql");
        assert!(output.status.success(), "{sql}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Waits until nobody is connected to it. The server carries out what a killed process has sent
    /// before it notices that nobody waits for the answer.
    pub(crate) fn await_end_of_sessions(&self) {
        let sessions = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = '{}' AND backend_type = 'client backend'",
            self.name
        );
        let end = Instant::now() + PATIENCE;
        while self.server().sql(&sessions) != "0" {
            assert!(Instant::now() < end, "sessions outlive the process that had them");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        // Each is some megabytes, in memory. The server may be stopped, or be gone with its last user.
        let server = self.server();
        server.try_sql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        server.try_sql(&format!("DROP ROLE IF EXISTS {}", self.name));
    }
}

impl fmt::Debug for OwnDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnDatabase").field(&self.name).finish()
    }
}

/// A test that failed while it held the server leaves it as good as it was.
fn locked(cluster: &Mutex<Cluster>) -> MutexGuard<'_, Cluster> {
    cluster.lock().unwrap_or_else(PoisonError::into_inner)
}
