//! The folder in which a test has its stores, and what they need beside them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom::Layout;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use strongroom_test_support::fast_folder;
use tempfile::TempDir;

use super::Shape;

const ROOT: &str = "STRONGROOM_TEST_ROOT";
const SHAPE: &str = "STRONGROOM_TEST_SHAPE";

/// A folder for stores of one shape, with their token. The token is the world's: a process that uses it
/// is killed, and it stays.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) root: PathBuf,
    pub(crate) shape: Shape,
    /// Removes it.
    _own: Option<Arc<TempDir>>,
}

impl World {
    /// A new one, which goes away with the last copy of this value.
    pub(crate) fn new(shape: Shape) -> World {
        let own = fast_folder();
        let root = own.path().canonicalize().expect("a folder");
        let world = World { root, shape, _own: Some(Arc::new(own)) };
        world.start_token();
        world
    }

    /// One in a folder that stays.
    pub(crate) fn at(root: &Path, shape: Shape) -> World {
        World { root: root.to_path_buf(), shape, _own: None }
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

    /// The folder of the token.
    pub(crate) fn token(&self) -> PathBuf {
        self.root.join("token")
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
