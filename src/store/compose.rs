//! The one place that names concrete backends: from the config to what it describes.

use std::sync::Arc;

use strongroom_backend::{Backend, KeyBackend, RootKeyId};

use super::Slot;
use super::key_backends::of_backend;
use crate::config::{BackendConfig, KeyConfig};
use crate::metadata::Metadata;
use crate::{Config, Result};

/// The root key that a new key backend begins with.
#[cfg(feature = "software")]
const FIRST_ROOT_KEY: &str = "root-1";

/// Opens the metadata database of a config.
pub(super) fn open_metadata(config: &Config) -> Result<Box<dyn Metadata>> {
    metadata(config, false)
}

/// Makes the metadata database of a config.
pub(super) fn create_metadata(config: &Config) -> Result<Box<dyn Metadata>> {
    metadata(config, true)
}

/// Opens every backend of a config.
pub(super) fn open_backends(config: &Config) -> Result<Vec<Slot>> {
    slots(config, |backend| {
        let BackendConfig::Enveloped { shelf, .. } = backend;
        open_enveloped(shelf)
    })
}

/// Makes every backend of a config.
pub(super) fn create_backends(config: &Config) -> Result<Vec<Slot>> {
    slots(config, |backend| {
        let BackendConfig::Enveloped { shelf, .. } = backend;
        create_enveloped(shelf)
    })
}

fn slots(
    config: &Config,
    make: impl Fn(&BackendConfig) -> Result<Box<dyn Backend>>,
) -> Result<Vec<Slot>> {
    let slot = |(name, backend): (&String, &BackendConfig)| {
        Ok(Slot {
            name: name.clone(),
            backend: make(backend).map_err(|e| of_backend(name, e))?,
            key_backend: config.key_backend_of(name).to_owned(),
            checked: Default::default(),
        })
    };
    config.backends.iter().map(slot).collect()
}

/// A key backend, and its first root key for this store.
pub(super) type Created = (Arc<dyn KeyBackend>, RootKeyId);

#[cfg(feature = "sqlite")]
fn metadata(config: &Config, create: bool) -> Result<Box<dyn Metadata>> {
    use crate::metadata::SqliteMetadata;
    let path = std::path::Path::new(&config.metadata);
    let opened = if create { SqliteMetadata::create(path) } else { SqliteMetadata::open(path) };
    Ok(Box::new(opened.map_err(missing_file)?))
}

#[cfg(not(feature = "sqlite"))]
fn metadata(_: &Config, _: bool) -> Result<Box<dyn Metadata>> {
    Err(not_built("SQLite metadata", "sqlite"))
}

#[cfg(feature = "sqlite")]
fn open_enveloped(shelf: &str) -> Result<Box<dyn Backend>> {
    use strongroom_enveloped::{Enveloped, SqliteShelf};
    let shelf = SqliteShelf::open(std::path::Path::new(shelf)).map_err(missing_file)?;
    Ok(Box::new(Enveloped::new(shelf)))
}

#[cfg(feature = "sqlite")]
fn create_enveloped(shelf: &str) -> Result<Box<dyn Backend>> {
    use strongroom_enveloped::{Enveloped, SqliteShelf};
    Ok(Box::new(Enveloped::new(SqliteShelf::create(std::path::Path::new(shelf))?)))
}

#[cfg(not(feature = "sqlite"))]
fn open_enveloped(_: &str) -> Result<Box<dyn Backend>> {
    Err(not_built("a SQLite shelf", "sqlite"))
}

#[cfg(not(feature = "sqlite"))]
fn create_enveloped(_: &str) -> Result<Box<dyn Backend>> {
    Err(not_built("a SQLite shelf", "sqlite"))
}

/// Opens a key backend. Never makes a key.
pub(super) fn open_key_backend(key: &KeyConfig) -> Result<Arc<dyn KeyBackend>> {
    match key {
        #[cfg(feature = "software")]
        KeyConfig::Software { keyring, keyring_permissions } => {
            use strongroom_software::SoftwareKeys;
            let permissions = permissions_of(*keyring_permissions);
            Ok(Arc::new(SoftwareKeys::open(std::path::Path::new(keyring), permissions)?))
        }
        #[cfg(not(feature = "software"))]
        KeyConfig::Software { .. } => Err(not_built("a software key backend", "software")),
    }
}

/// Makes a key backend with its first root key.
pub(super) fn create_key_backend(key: &KeyConfig) -> Result<Created> {
    match key {
        #[cfg(feature = "software")]
        KeyConfig::Software { keyring, .. } => {
            use strongroom_software::SoftwareKeys;
            let first = RootKeyId::new(FIRST_ROOT_KEY)?;
            let keys = SoftwareKeys::create(std::path::Path::new(keyring), &first)?;
            Ok((Arc::new(keys), first))
        }
        #[cfg(not(feature = "software"))]
        KeyConfig::Software { .. } => Err(not_built("a software key backend", "software")),
    }
}

#[cfg(feature = "software")]
fn permissions_of(
    permissions: crate::config::KeyringPermissions,
) -> strongroom_software::KeyringPermissions {
    use crate::config::KeyringPermissions as Ours;
    use strongroom_software::KeyringPermissions;
    match permissions {
        Ours::Owner => KeyringPermissions::Owner,
        Ours::Group => KeyringPermissions::Group,
        Ours::Any => KeyringPermissions::Any,
    }
}

/// A file that the config names and that is not there is no secret that was not found.
#[cfg(feature = "sqlite")]
fn missing_file(error: crate::Error) -> crate::Error {
    if error.kind() != crate::ErrorKind::NotFound {
        return error;
    }
    crate::Error::new(
        crate::ErrorKind::Config,
        error.what(),
        "mount its disk or put it back, or restore a backup: `strongroom restore`",
    )
    .with_source(error)
}

#[cfg(not(all(feature = "sqlite", feature = "software")))]
fn not_built(what: &str, feature: &str) -> crate::Error {
    crate::Error::new(
        crate::ErrorKind::Unsupported,
        format!("this build of Strongroom has no {what}"),
        format!("build it with the feature `{feature}`"),
    )
}
