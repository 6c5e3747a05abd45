//! A store in a private folder, filled with secrets of 64 bytes.

use std::path::{Path, PathBuf};

use strongroom::{Layout, PutOptions, SecretBytes, SecretPath, Session, Store};
use tempfile::TempDir;

/// The project of every secret here.
pub(crate) const PROJECT: &str = "bench";

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) session: Session,
    pub(crate) folder: TempDir,
}

impl Stage {
    /// A store with this many secrets.
    pub(crate) fn with(secrets: usize) -> Stage {
        // Beside the sources, because the temporary folder may be memory.
        let folder = tempfile::tempdir_in(target()).unwrap();
        let store = Store::create(&Layout::in_folder(folder.path())).unwrap();
        let stage = Stage { session: store.session(), store, folder };
        stage.fill(secrets);
        stage
    }

    pub(crate) fn path(n: usize) -> SecretPath {
        format!("{PROJECT}/secret-{n:07}").parse().unwrap()
    }

    pub(crate) fn payload() -> SecretBytes {
        SecretBytes::copy_of(&[7; 64]).unwrap()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("strongroom.toml")
    }

    /// Many threads share commits, which is what makes a large store affordable.
    fn fill(&self, secrets: usize) {
        let threads = if secrets > 1_000 { 64 } else { 4 };
        std::thread::scope(|scope| {
            for first in 0..threads {
                scope.spawn(move || {
                    for n in (first..secrets).step_by(threads) {
                        let options = PutOptions::default();
                        self.session.put(&Stage::path(n), &Stage::payload(), &options).unwrap();
                    }
                });
            }
        });
    }
}

pub(crate) fn target() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(folder).unwrap();
    folder.to_path_buf()
}

/// A sequence that visits numbers below `below` without an order that a cache could learn.
pub(crate) fn scattered(below: usize) -> impl FnMut() -> usize {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    }
}
