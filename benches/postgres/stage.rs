//! A store in a server of its own: metadata and shelf in one database, each under a role of its own. Beside
//! it a second one, into whose tables the floors write.

use std::path::PathBuf;

use strongroom::{Layout, PutOptions, SecretBytes, SecretPath, Session, Store};
use strongroom_test_support::postgres::Cluster;
use tempfile::TempDir;

/// How many secrets each store has, of 64 bytes.
pub(crate) const SECRETS: usize = 64;

pub(crate) const PROJECT: &str = "bench";

pub(crate) struct Stage {
    pub(crate) session: Session,
    pub(crate) cluster: Cluster,
    _folders: [TempDir; 2],
}

impl Stage {
    /// The database of the store, and that of the floors' own.
    pub(crate) const STORE: &str = "store";
    pub(crate) const BARE: &str = "bare";

    pub(crate) fn new() -> Stage {
        // As a server that keeps what it has acknowledged.
        let settings = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
        let cluster = Cluster::start_in(tempfile::tempdir().unwrap(), &settings, |_| {});
        cluster.sql("CREATE ROLE shelf LOGIN PASSWORD 'shelf-password'");
        let (store, first) = create(&cluster, Stage::STORE);
        let (_, second) = create(&cluster, Stage::BARE);
        cluster.sql("CHECKPOINT");
        Stage { session: store.session(), cluster, _folders: [first, second] }
    }

    pub(crate) fn get(&self, n: usize) {
        std::hint::black_box(self.session.get(&path(n)).unwrap());
    }

    pub(crate) fn put(&self, n: usize) {
        put(&self.session, n);
    }
}

fn create(cluster: &Cluster, database: &str) -> (Store, TempDir) {
    let metadata = cluster.new_database(database);
    cluster.sql(&format!("GRANT CREATE ON DATABASE {database} TO shelf"));
    let shelf = cluster.dsn("shelf", "shelf-password", database);
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout {
        metadata: PathBuf::from(metadata),
        shelf: PathBuf::from(shelf),
        ..Layout::in_folder(folder.path())
    };
    let store = Store::create(&layout).unwrap();
    let session = store.session();
    (0..SECRETS).for_each(|n| put(&session, n));
    (store, folder)
}

fn put(session: &Session, n: usize) {
    let payload = SecretBytes::copy_of(&[7; 64]).unwrap();
    session.put(&path(n), &payload, &PutOptions::default()).unwrap();
}

pub(crate) fn name(n: usize) -> String {
    format!("secret-{n:07}")
}

fn path(n: usize) -> SecretPath {
    SecretPath::new(PROJECT, &name(n)).unwrap()
}
