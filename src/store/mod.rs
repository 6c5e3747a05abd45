//! A store: a metadata database and its backends.

mod backup;
mod backup_file;
mod compose;
mod create;
mod databases;
mod doctor;
mod epoch;
mod erasing;
mod health;
mod key_backends;
#[cfg(feature = "kmip")]
mod key_managers;
#[cfg(feature = "kmip")]
mod kmip;
mod open;
mod restore;
#[cfg(feature = "postgres")]
mod roles;
mod root_keys;
mod rotation;
#[cfg(feature = "pkcs11")]
mod token;
mod tokens;
mod trusted_key;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use strongroom_backend::{Backend, KeyMaterial, Marker, Placement, Process};
use strongroom_backend::{ProjectKey, RootKeyId, SecretBytes, StoreId};

#[cfg(feature = "kmip")]
pub(crate) use kmip::settings as kmip_settings;
#[cfg(feature = "pkcs11")]
pub(crate) use token::settings as token_settings;

pub use backup::BackupReport;
pub use backup_file::{BackupInfo, backup_info};
pub use doctor::{DoctorOptions, DoctorReport, Finding};
pub(crate) use erasing::{Patience, as_pending};
pub use restore::{RestoreKeys, RestoreReport};
#[cfg(feature = "postgres")]
pub(crate) use roles::roles_sql;
pub use root_keys::{KeyCheck, RootKeyInfo};
pub use rotation::{RotateOptions, RotateReport};

use key_backends::KeyBackends;

use crate::keys::{DeviceGrants, ProjectKeys, StoreKeys};
use crate::keys::{named_if_missing, open_project_key, project_key_context};
use crate::metadata::projects::Project;
use crate::metadata::{self, Metadata};
use crate::session::Places;
use crate::{Config, Error, ErrorKind, KeyState, Layout, Result, Session};

/// One Strongroom store, open. Clones share everything; use them from any thread.
///
/// ```
/// use strongroom::{Layout, PutOptions, SecretBytes, Store};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let store = Store::create(&Layout::in_folder(folder))?;
/// let session = store.session();
/// let path = "web1/borg".parse()?;
/// session.put(&path, &SecretBytes::copy_of(b"correct horse")?, &PutOptions::default())?;
/// assert_eq!(&session.get(&path)?[..], b"correct horse");
/// # Ok::<(), strongroom::Error>(())
/// ```
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) id: StoreId,
    epoch: AtomicI64,
    pub(crate) metadata: Box<dyn Metadata>,
    pub(crate) keys: StoreKeys,
    slots: BTreeMap<String, Slot>,
    pub(crate) key_backends: KeyBackends,
    project_keys: ProjectKeys,
    pub(crate) device_grants: DeviceGrants,
    /// Where payloads were, if a backend can be asked for them ahead.
    pub(crate) places: Option<Places>,
    process: Process,
}

/// A backend of the config.
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) backend: Box<dyn Backend>,
    /// The name of the key backend that the config gives it.
    pub(crate) key_backend: String,
    /// When the backend's marker was found to be that of this epoch.
    checked: epoch::Checked,
}

/// How far a long operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done: `reading versions`.
    pub what: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, where that is known.
    pub total: Option<u64>,
}

impl Store {
    /// Makes a new store with one backend, as the layout says, and opens it: with its root key in a keyring
    /// that is made for it, or in a token or KMIP server; with payloads on a shelf or as objects there.
    ///
    /// `AlreadyExists` names the first file that is in the way; nothing is ever replaced, and what a
    /// failed creation has made is removed again.
    pub fn create(layout: &Layout) -> Result<Store> {
        create::create(layout)?;
        Store::open(&layout.config)
    }

    /// Opens the store that a config file describes. Never creates one.
    ///
    /// Erases that were recorded and not finished are finished here. `Config` when the config or
    /// the keyring is missing, unsafe or not the store's own.
    pub fn open(config: &Path) -> Result<Store> {
        Store::open_from(Config::load(config)?, Some(config))
    }

    /// As [`open`](Self::open), with a config that was read already.
    pub fn open_config(config: Config) -> Result<Store> {
        Store::open_from(config, None)
    }

    /// As [`open`](Self::open), with a config that was read already from `file`. Unlike
    /// [`open_config`](Self::open_config) it finds out when another process has moved keys to a key
    /// backend that was added to the file since.
    pub fn open_config_of(config: Config, file: &Path) -> Result<Store> {
        Store::open_from(config, Some(file))
    }

    fn open_from(config: Config, file: Option<&Path>) -> Result<Store> {
        let inner = Arc::new(open::open(config, file)?);
        erasing::finish_recorded(&inner);
        Ok(Store { inner })
    }

    /// A session of the local owner.
    pub fn session(&self) -> Session {
        Session::new(self.inner.clone())
    }

    /// The store's id.
    pub fn id(&self) -> StoreId {
        self.inner.id
    }

    /// Whether this process opened the store. In a child of the one that did, every operation answers
    /// `Forked`.
    pub fn is_of_this_process(&self) -> bool {
        self.inner.process == Process::current()
    }

    /// Whether the store can only be read here.
    pub fn is_read_only(&self) -> bool {
        self.inner.metadata.is_read_only()
    }

    /// Closes this handle; the store is closed with its last one.
    pub fn close(self) {}
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.inner.id)
    }
}

impl Inner {
    /// `Forked` in a child of the process that opened the store.
    pub(crate) fn check_process(&self) -> Result<()> {
        if self.process == Process::current() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Forked,
            "this store was opened by the parent of this process",
            "open it again in the child",
        ))
    }

    /// The backend of this name, or of the config's choice.
    pub(crate) fn slot(&self, name: &str) -> Result<&Slot> {
        self.slots.get(name).ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("the config has no backend {name}, which a project uses"),
                format!("add [backends.{name}] to the config again"),
            )
        })
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.values()
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// What marks the store's backends as its own.
    pub(crate) fn marker(&self) -> Marker {
        Marker { store: self.id, epoch: self.epoch() }
    }

    /// A project's key in one of its generations: from the cache, or unwrapped.
    pub(crate) fn project_key(
        &self,
        project: &Project,
        generation: u32,
    ) -> Result<Arc<ProjectKey>> {
        let id = project.project_id;
        let row =
            || self.metadata.reading(|q| metadata::keys::of_project(&self.keys, q, id, generation));
        let usable = |state: KeyState| match state {
            KeyState::Destroyed => Err(Error::new(
                ErrorKind::Destroyed,
                format!("generation {generation} of this project's key was destroyed"),
                "what it protected cannot be read any more",
            )),
            _ => Ok(()),
        };
        let load = || {
            let row = row()?;
            usable(row.state)?;
            let backend = self.key_backends.get(&row.backend)?;
            let context = project_key_context(self.id, id, generation);
            open_project_key(&*backend, &row.root_key_id, &row.wrapped, &context)
                .map_err(|e| self.explain_unwrap(&row.backend, &row.root_key_id, e))
                .map_err(|e| named_if_missing(&row.root_key_id, e))
        };
        self.project_keys.get(id, generation, || usable(row()?.state), load)
    }

    pub(crate) fn forget_project_keys(&self, project: &Project) {
        self.project_keys.forget(project.project_id);
    }

    /// What was not found with a project key of a device may be the root key above it.
    pub(crate) fn explain_missing(&self, at: &Placement<'_>, error: Error) -> Error {
        if error.kind() != ErrorKind::NotFound || matches!(at.key.material(), KeyMaterial::Bytes(_))
        {
            return error;
        }
        let (project, generation) = (at.project, at.key.generation());
        let row = self
            .metadata
            .reading(|q| metadata::keys::of_project(&self.keys, q, project, generation));
        match row {
            Ok(row) => self.explain_unwrap(&row.backend, &row.root_key_id, error),
            Err(e) => e,
        }
    }

    /// A wrapped key that does not open was altered, or the root key at hand is another one or none.
    fn explain_unwrap(&self, key_backend: &str, root: &RootKeyId, error: Error) -> Error {
        if !matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::NotFound) {
            return error;
        }
        let check = || -> Result<()> {
            let rows = self.metadata.reading(|q| metadata::root_keys::all(&self.keys, q))?;
            let row = rows.iter().find(|r| r.backend == key_backend && r.root_key_id == *root);
            let Some(row) = row else { return Ok(()) };
            let backend = self.key_backends.get(key_backend)?;
            crate::keys::verify_check_value(&*backend, root, self.id, &row.check_value)
        };
        check().err().unwrap_or(error)
    }
}

/// A fresh 256-bit key.
pub(crate) fn new_key() -> Result<SecretBytes> {
    SecretBytes::random(crate::keys::KEY_BYTES)
}
