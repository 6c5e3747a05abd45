//! The folder in which a test has its stores, and what they need beside them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use strongroom::{KeyConfig, KmipConfig, Layout, RootKeyUse};
use strongroom_kmip::harness::PyKmip;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use strongroom_test_support::fast_folder;
use tempfile::TempDir;

use super::Shape;
use super::shape::SERVER;

const ROOT: &str = "STRONGROOM_TEST_ROOT";
/// The folder of the token or server.
const TOKEN: &str = "token";
const SHAPE: &str = "STRONGROOM_TEST_SHAPE";

/// A folder for stores of one shape, with their token or server. That is the world's: a process that uses
/// it is killed, and it stays.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) root: PathBuf,
    pub(crate) shape: Shape,
    /// Removes it.
    own: Option<Arc<Own>>,
}

/// What ends with the world.
#[derive(Debug)]
struct Own {
    server: Option<Mutex<PyKmip>>,
    _folder: TempDir,
}

impl World {
    /// A new one, which goes away with the last copy of this value.
    pub(crate) fn new(shape: Shape) -> World {
        let folder = fast_folder();
        let root = folder.path().canonicalize().expect("a folder");
        let server = shape.needs_server().then(|| start_server(&root.join(TOKEN)));
        let own = Own { server: server.map(Mutex::new), _folder: folder };
        let world = World { root, shape, own: Some(Arc::new(own)) };
        world.start_token();
        world
    }

    /// One in a folder that stays.
    pub(crate) fn at(root: &Path, shape: Shape) -> World {
        World { root: root.to_path_buf(), shape, own: None }
    }

    /// The one that the parent of this process means, if it means one.
    pub(crate) fn of_parent() -> Option<World> {
        let shape = std::env::var(SHAPE).ok()?.parse().expect("a shape");
        Some(World::at(Path::new(&std::env::var_os(ROOT)?), shape))
    }

    /// What a process needs to find it, and the token's module.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables =
            vec![(ROOT, self.root.clone().into()), (SHAPE, self.shape.to_string().into())];
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
        self.shape.layout(&self.root.join(folder), &self.token())
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
