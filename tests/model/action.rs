//! One operation on a store, as a value that can be sent to another process and applied to a model.

use std::fmt;
use std::str::FromStr;

use strongroom::{
    DoctorOptions, ErrorKind, KeyState, PutOptions, RestoreKeys, Result, RootKeyId, RotateOptions,
    SecretBytes, SecretPath, Session, State, Store,
};
use strongroom_backend::KeyBackend;
use strongroom_software::{KeyringPermissions, SoftwareKeys};
use strongroom_test_support::Random;

use super::World;

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
    /// Makes this copy of the store the one that counts: a new marker in each backend.
    Adopt,
    /// Writes a further key into the keyring, as the first step of a rotation does.
    AddRootKey {
        id: String,
    },
    /// Replaces the root key, beside the old one or in another key backend.
    Rotate {
        to: Option<String>,
    },
    /// Makes the first root key in a keyring that the config does not name yet.
    InitKeys {
        name: String,
    },
    /// Retires a root key that wraps nothing, if there is one.
    Retire,
    /// Counts all that a device may encrypt under a project's key as done: the next put begins another
    /// generation. The store is opened anew, for grants that it has taken before are good.
    SpendKey {
        project: String,
    },
}

impl Action {
    /// What has the project of a put need another generation.
    pub(crate) fn spending(&self) -> Action {
        let Action::Put { path, .. } = self else { panic!("{self} encrypts nothing") };
        let (project, _) = path.split_once('/').expect("a path of the model");
        Action::SpendKey { project: project.into() }
    }

    /// Carries it out. Opening and creating leave their store in `store`, the others use it.
    pub(crate) fn perform(&self, world: &World, store: &mut Option<Store>) -> Result<()> {
        let opened = || store.as_ref().expect("a store was opened before");
        let session = || opened().session();
        match self {
            Action::Create { folder } => {
                *store = Some(Store::create(&world.layout(folder))?);
                Ok(())
            }
            Action::Open { folder } => {
                // Closed first, so that opening is all there is.
                drop(store.take());
                *store = Some(Store::open(&world.config_of(folder))?);
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
                opened().backup(&world.root.join(file), None, &mut |_| {}).map(drop)
            }
            Action::Restore { file, folder } => {
                let config = world.config();
                let keys = RestoreKeys::Config(&config);
                let (file, folder) = (world.root.join(file), world.root.join(folder));
                Store::restore(&file, &folder, keys, &mut |_| {}).map(drop)
            }
            Action::Repair => {
                let options = DoctorOptions { repair: true, ..Default::default() };
                opened().doctor(&options, &mut |_| {}).map(drop)
            }
            Action::Adopt => {
                let options = DoctorOptions { adopt: true, ..Default::default() };
                opened().doctor(&options, &mut |_| {}).map(drop)
            }
            Action::AddRootKey { id } => {
                let keyring = world.layout("store").keyring;
                let keys = SoftwareKeys::open(&keyring, KeyringPermissions::Owner)?;
                keys.create_root_key(&RootKeyId::new(id)?)
            }
            Action::Rotate { to } => {
                name_keyrings(world, to.iter());
                let options = RotateOptions { to: to.clone(), ..Default::default() };
                opened().rotate_keys(&options, &mut |_| {}).map(drop)
            }
            Action::InitKeys { name } => {
                name_keyrings(world, [name]);
                opened().init_keys(name).map(drop)
            }
            Action::Retire => retire(opened()),
            Action::SpendKey { project } => {
                session().spend_encryptions_but(project, 0)?;
                drop(store.take());
                *store = Some(Store::open(&world.config())?);
                Ok(())
            }
        }
    }
}

/// Only what is not active any more can be destroyed. A kill between the two leaves a version that
/// is deactivated, and can still be read.
fn destroy(session: &Session, path: &SecretPath, number: u32) -> Result<()> {
    let versions = session.versions(path)?;
    if versions.iter().any(|version| version.number == number && version.state == State::Active) {
        match session.set_state(path, number, State::Deactivated) {
            // It is deactivated, and a server that shows states was not told.
            Err(e) if e.kind() == ErrorKind::Pending => {}
            done => done?,
        }
    }
    session.destroy(path, number)
}

fn retire(store: &Store) -> Result<()> {
    let mut keys = store.root_keys()?;
    keys.retain(|key| key.state != KeyState::Active && key.wraps == 0);
    // Doing it once more does no harm.
    keys.sort_by_key(|key| key.state == KeyState::Destroyed);
    let Some(key) = keys.first() else { return Ok(()) };
    store.retire_key(&key.backend, &RootKeyId::new(key.id.clone())?)
}

/// Adds keyrings to the config that it does not name yet.
fn name_keyrings<'a>(world: &World, names: impl IntoIterator<Item = &'a String>) {
    let config = world.config();
    let mut text = std::fs::read_to_string(&config).unwrap();
    for name in names {
        if name != world.shape.key_backend() && !text.contains(&format!("[keys.{name}]")) {
            text += &format!("\n[keys.{name}]\nkind = \"software\"\nkeyring = \"{name}.json\"\n");
        }
    }
    strongroom_backend::replace_file(&config, text.as_bytes(), 0o600).unwrap();
}

/// The payload of a put: the same bytes in every process.
pub(crate) fn payload(len: usize, seed: u64) -> Vec<u8> {
    Random::new(seed).bytes(len)
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
            Action::Adopt => write!(f, "adopt"),
            Action::AddRootKey { id } => write!(f, "add-root-key {id}"),
            Action::Rotate { to: None } => write!(f, "rotate"),
            Action::Rotate { to: Some(to) } => write!(f, "rotate {to}"),
            Action::InitKeys { name } => write!(f, "init-keys {name}"),
            Action::Retire => write!(f, "retire"),
            Action::SpendKey { project } => write!(f, "spend-key {project}"),
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
            ["adopt"] => Action::Adopt,
            ["rotate"] => Action::Rotate { to: None },
            ["rotate", to] => Action::Rotate { to: Some(to.into()) },
            ["init-keys", name] => Action::InitKeys { name: name.into() },
            ["retire"] => Action::Retire,
            ["spend-key", project] => Action::SpendKey { project: project.into() },
            ["add-root-key", id] => Action::AddRootKey { id: id.into() },
            _ => return Err(unknown()),
        })
    }
}
