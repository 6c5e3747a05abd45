//! One operation on a store, as a value that can be sent to another process and applied to a model.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use strongroom::{
    DoctorOptions, Layout, PutOptions, RestoreKeys, Result, RootKeyId, SecretBytes, SecretPath,
    Session, State, Store,
};
use strongroom_backend::KeyBackend;
use strongroom_software::{KeyringPermissions, SoftwareKeys};
use strongroom_test_support::Random;

/// An operation. Folders and files are names below the test's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Create {
        folder: String,
    },
    Open {
        folder: String,
    },
    Put {
        path: String,
        len: usize,
        seed: u64,
    },
    Destroy {
        path: String,
        version: u32,
    },
    Erase {
        path: String,
    },
    CreateProject {
        name: String,
    },
    EraseProject {
        name: String,
    },
    Backup {
        file: String,
    },
    Restore {
        file: String,
        folder: String,
    },
    Repair,
    /// Writes a further key into the keyring, as the first step of a rotation does.
    AddRootKey {
        id: String,
    },
}

impl Action {
    /// Carries it out. Opening and creating leave their store in `store`, the others use it.
    pub(crate) fn perform(&self, root: &Path, store: &mut Option<Store>) -> Result<()> {
        let opened = || store.as_ref().expect("a store was opened before");
        let session = || opened().session();
        match self {
            Action::Create { folder } => {
                *store = Some(Store::create(&layout_of(&root.join(folder)))?);
                Ok(())
            }
            Action::Open { folder } => {
                // Closed first, so that opening is all there is.
                drop(store.take());
                *store = Some(Store::open(&layout_of(&root.join(folder)).config)?);
                Ok(())
            }
            Action::Put { path, len, seed } => {
                let payload = SecretBytes::copy_of(&payload(*len, *seed))?;
                session().put(&secret(path)?, &payload, &PutOptions::default()).map(drop)
            }
            Action::Destroy { path, version } => destroy(&session(), &secret(path)?, *version),
            Action::Erase { path } => session().erase(&secret(path)?),
            Action::CreateProject { name } => session().create_project(name, None).map(drop),
            Action::EraseProject { name } => session().erase_project(name),
            Action::Backup { file } => {
                opened().backup(&root.join(file), None, &mut |_| {}).map(drop)
            }
            Action::Restore { file, folder } => {
                let keyring = layout_of(&root.join("store")).keyring;
                let keys = RestoreKeys::Keyring(&keyring);
                Store::restore(&root.join(file), &root.join(folder), keys, &mut |_| {}).map(drop)
            }
            Action::Repair => opened()
                .doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {})
                .map(drop),
            Action::AddRootKey { id } => {
                let keyring = layout_of(&root.join("store")).keyring;
                let keys = SoftwareKeys::open(&keyring, KeyringPermissions::Owner)?;
                keys.create_root_key(&RootKeyId::new(id)?)
            }
        }
    }
}

/// Only what is not active any more can be destroyed. A kill between the two leaves a version that
/// is deactivated, and can still be read.
fn destroy(session: &Session, path: &SecretPath, number: u32) -> Result<()> {
    let versions = session.versions(path)?;
    if versions.iter().any(|version| version.number == number && version.state == State::Active) {
        session.set_state(path, number, State::Deactivated)?;
    }
    session.destroy(path, number)
}

/// The payload of a put: the same bytes in every process.
pub(crate) fn payload(len: usize, seed: u64) -> Vec<u8> {
    Random::new(seed).bytes(len)
}

/// Where a store in `folder` keeps everything.
pub(crate) fn layout_of(folder: &Path) -> Layout {
    Layout::in_folder(folder)
}

fn secret(path: &str) -> Result<SecretPath> {
    path.parse()
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Create { folder } => write!(f, "create {folder}"),
            Action::Open { folder } => write!(f, "open {folder}"),
            Action::Put { path, len, seed } => write!(f, "put {path} {len} {seed}"),
            Action::Destroy { path, version } => write!(f, "destroy {path} {version}"),
            Action::Erase { path } => write!(f, "erase {path}"),
            Action::CreateProject { name } => write!(f, "create-project {name}"),
            Action::EraseProject { name } => write!(f, "erase-project {name}"),
            Action::Backup { file } => write!(f, "backup {file}"),
            Action::Restore { file, folder } => write!(f, "restore {file} {folder}"),
            Action::Repair => write!(f, "repair"),
            Action::AddRootKey { id } => write!(f, "add-root-key {id}"),
        }
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(line: &str) -> Result<Action, String> {
        let words: Vec<&str> = line.split(' ').collect();
        let unknown = || format!("no action {line:?}");
        Ok(match words[..] {
            ["create", folder] => Action::Create { folder: folder.into() },
            ["open", folder] => Action::Open { folder: folder.into() },
            ["put", path, len, seed] => Action::Put {
                path: path.into(),
                len: len.parse().map_err(|_| unknown())?,
                seed: seed.parse().map_err(|_| unknown())?,
            },
            ["destroy", path, version] => Action::Destroy {
                path: path.into(),
                version: version.parse().map_err(|_| unknown())?,
            },
            ["erase", path] => Action::Erase { path: path.into() },
            ["create-project", name] => Action::CreateProject { name: name.into() },
            ["erase-project", name] => Action::EraseProject { name: name.into() },
            ["backup", file] => Action::Backup { file: file.into() },
            ["restore", file, folder] => {
                Action::Restore { file: file.into(), folder: folder.into() }
            }
            ["repair"] => Action::Repair,
            ["add-root-key", id] => Action::AddRootKey { id: id.into() },
            _ => return Err(unknown()),
        })
    }
}
