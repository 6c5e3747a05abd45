//! Three stores, alike but for where their keys are, and the token of two of them.

use std::path::{Path, PathBuf};

use strongroom::{
    KeyConfig, KeyLocation, Layout, PinConfig, PutOptions, SecretBytes, SecretPath, Session, Store,
    TokenConfig,
};
use strongroom_pkcs11::PinSource;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use tempfile::TempDir;

/// How many secrets each store has.
pub(crate) const SECRETS: usize = 1_000;

pub(crate) struct Stage {
    pub(crate) token: SoftHsm,
    pub(crate) software: Session,
    pub(crate) envelope: Session,
    pub(crate) device: Session,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let token = SoftHsm::start();
        token.enter();
        std::fs::create_dir_all(env!("CARGO_TARGET_TMPDIR")).unwrap();
        // Beside the sources, because the temporary folder may be memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let make = |name: &str, location: Option<KeyLocation>| {
            let key = location.map(|key_location| KeyConfig::Pkcs11 {
                token: Box::new(config(&token)),
                key_location,
            });
            let layout = Layout { key, ..Layout::in_folder(&folder.path().join(name)) };
            filled(&Store::create(&layout).unwrap())
        };
        let software = make("software", None);
        let envelope = make("envelope", Some(KeyLocation::Envelope));
        let device = make("device", Some(KeyLocation::Device));
        Stage { token, software, envelope, device, folder }
    }

    pub(crate) fn folder(&self, store: &str) -> PathBuf {
        self.folder.path().join(store)
    }

    pub(crate) fn module(&self) -> PathBuf {
        self.token.settings().module
    }

    pub(crate) fn pin_file(&self) -> PathBuf {
        pin_file(&self.token)
    }
}

pub(crate) fn path(n: usize) -> SecretPath {
    format!("bench/secret-{n:07}").parse().unwrap()
}

fn filled(store: &Store) -> Session {
    let session = store.session();
    let payload = SecretBytes::copy_of(&[7; 64]).unwrap();
    std::thread::scope(|scope| {
        for first in 0..16 {
            let (session, payload) = (&session, &payload);
            scope.spawn(move || {
                for n in (first..SECRETS).step_by(16) {
                    session.put(&path(n), payload, &PutOptions::default()).unwrap();
                }
            });
        }
    });
    session
}

fn config(token: &SoftHsm) -> TokenConfig {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    TokenConfig {
        module: Some(text(&token.settings().module)),
        token: token.settings().token.label,
        pin: Some(PinConfig::File(text(&pin_file(token)))),
        ..TokenConfig::default()
    }
}

fn pin_file(token: &SoftHsm) -> PathBuf {
    let PinSource::File(pin) = token.settings().pin else { unreachable!() };
    pin
}
