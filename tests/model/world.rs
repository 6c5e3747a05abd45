//! The folder in which a test has its stores, and what they need beside them.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use strongroom::{KeyConfig, KmipConfig, Layout, RootKeyUse};
use strongroom_kmip::harness::PyKmip;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use strongroom_test_support::fast_folder;
use tempfile::TempDir;

use super::databases::OwnDatabase;
use super::shape::SERVER;
use super::{Databases, Shape};

const ROOT: &str = "STRONGROOM_TEST_ROOT";
/// The folder of the token or server.
const TOKEN: &str = "token";
const SHAPE: &str = "STRONGROOM_TEST_SHAPE";
const DATABASES: &str = "STRONGROOM_TEST_DATABASES";
/// The connection string of the world's database, which has a password that is no secret.
const DATABASE: &str = "STRONGROOM_TEST_DATABASE";

/// A folder for stores of one shape, with their token, server and database. Those are the world's: a process
/// that uses them is killed, and they stay.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) root: PathBuf,
    pub(crate) shape: Shape,
    pub(crate) databases: Databases,
    /// The connection string of its database, where it has one.
    database: Option<String>,
    /// Removes it.
    own: Option<Arc<Own>>,
}

/// What ends with the world.
#[derive(Debug)]
struct Own {
    server: Option<Mutex<PyKmip>>,
    database: Option<OwnDatabase>,
    _folder: TempDir,
}

impl World {
    /// A new one with its databases in files, which goes away with the last copy of this value.
    pub(crate) fn new(shape: Shape) -> World {
        World::with(shape, Databases::Files, None)
    }

    /// A new one with these databases, for which a server is started with these settings, if they need one.
    pub(crate) fn on(shape: Shape, databases: Databases, settings: &[&str]) -> World {
        let needs_one = databases != Databases::Files;
        World::with(shape, databases, needs_one.then(|| OwnDatabase::start(settings)))
    }

    /// Another one of the same kind, on the same PostgreSQL server.
    pub(crate) fn another(&self) -> World {
        let own = self.own.as_ref().and_then(|own| own.database.as_ref());
        World::with(self.shape, self.databases, own.map(OwnDatabase::another))
    }

    fn with(shape: Shape, databases: Databases, database: Option<OwnDatabase>) -> World {
        let folder = fast_folder();
        let root = folder.path().canonicalize().expect("a folder");
        let server = shape.needs_server().then(|| start_server(&root.join(TOKEN)));
        let dsn = database.as_ref().map(|database| database.dsn.clone());
        let own = Own { server: server.map(Mutex::new), database, _folder: folder };
        let world = World { root, shape, databases, database: dsn, own: Some(Arc::new(own)) };
        world.start_token();
        world
    }

    /// One in a folder that stays, with its databases there.
    pub(crate) fn at(root: &Path, shape: Shape) -> World {
        let (root, databases) = (root.to_path_buf(), Databases::Files);
        World { root, shape, databases, database: None, own: None }
    }

    /// The one that the parent of this process means, if it means one.
    pub(crate) fn of_parent() -> Option<World> {
        let shape = std::env::var(SHAPE).ok()?.parse().expect("a shape");
        let world = World::at(Path::new(&std::env::var_os(ROOT)?), shape);
        let databases = std::env::var(DATABASES).ok()?.parse().expect("databases");
        Some(World { databases, database: std::env::var(DATABASE).ok(), ..world })
    }

    /// What a process needs to find it, and the token's module.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![
            (ROOT, self.root.clone().into()),
            (SHAPE, self.shape.to_string().into()),
            (DATABASES, self.databases.to_string().into()),
        ];
        variables.extend(self.database.iter().map(|dsn| (DATABASE, dsn.into())));
        if self.shape.needs_token() {
            variables.extend(SoftHsm::at(&self.token()).environment());
        }
        variables
    }

    /// Makes the token, if the stores need one. It finds its files by the environment variables above.
    pub(crate) fn start_token(&self) {
        if self.shape.needs_token() {
            std::fs::create_dir(self.token()).expect("a folder for the token");
            SoftHsm::start_in(&self.token());
        }
    }

    /// Kills the server and starts it again.
    pub(crate) fn restart_server(&self) {
        let server = self.own.as_ref().and_then(|own| own.server.as_ref());
        server.expect("a server").lock().expect("a server").restart();
    }

    /// The database on a PostgreSQL server.
    pub(crate) fn database(&self) -> &OwnDatabase {
        let database = self.own.as_ref().and_then(|own| own.database.as_ref());
        database.expect("a database on a server")
    }

    /// Waits until nothing goes on any more of what a killed process had begun. No other process may have a
    /// store of this world open.
    pub(crate) fn await_end_of_sessions(&self) {
        if self.databases != Databases::Files {
            self.database().await_end_of_sessions();
        }
    }

    /// The folder of the token, or of how the server is reached.
    pub(crate) fn token(&self) -> PathBuf {
        self.root.join(TOKEN)
    }

    /// Whether SoftHSM itself has lost the token. At each login it empties the file that describes the
    /// token and writes it again; a process that is killed in between leaves no token.
    pub(crate) fn has_lost_its_token(&self) -> bool {
        let Ok(tokens) = std::fs::read_dir(self.token().join("tokens")) else { return false };
        let size = |token: &Path| token.join("token.object").metadata().map(|file| file.len());
        tokens.flatten().any(|token| size(&token.path()).is_ok_and(|size| size == 0))
    }

    /// Where the store in `folder` keeps everything.
    pub(crate) fn layout(&self, folder: &str) -> Layout {
        let layout = self.shape.layout(&self.root.join(folder), &self.token());
        self.databases.place(layout, self.database.as_deref(), folder)
    }

    /// The config of the store in `folder`.
    pub(crate) fn config_of(&self, folder: &str) -> PathBuf {
        self.root.join(folder).join("strongroom.toml")
    }

    /// The config of the store that is worked on.
    pub(crate) fn config(&self) -> PathBuf {
        self.config_of("store")
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.databases {
            Databases::Files => self.shape.fmt(f),
            databases => write!(f, "{}-{databases}", self.shape),
        }
    }
}

/// Starts a server and writes down in `folder` how it is reached.
fn start_server(folder: &Path) -> PyKmip {
    let server = PyKmip::start();
    let settings = server.settings();
    let text = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    let key = KeyConfig::Kmip {
        server: Box::new(KmipConfig {
            servers: vec![server.address().to_string()],
            namespace: "store".into(),
            ca: text(&settings.tls.ca),
            certificate: text(&settings.tls.certificate),
            private_key: text(&settings.tls.key),
            // No operation may fail because the machine is busy.
            call_timeout: Some(60),
            ..KmipConfig::default()
        }),
        root_key: RootKeyUse::InServer,
    };
    std::fs::create_dir(folder).expect("a folder for the server");
    let key = toml::to_string(&key).expect("a key backend");
    std::fs::write(folder.join(SERVER), key).expect("a file for the server");
    server
}
