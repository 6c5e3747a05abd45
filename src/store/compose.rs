//! The one place that names concrete backends: from the config to what it describes.

use strongroom_backend::{Backend, KeyBackend};

use super::Slot;
use crate::config::{BackendConfig, KeyConfig};
use crate::metadata::Metadata;
use crate::{Config, Result};

/// The root key that a new key backend begins with.
pub(super) const FIRST_ROOT_KEY: &str = "root-1";

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
        let BackendConfig::Enveloped { key, shelf } = backend;
        Ok((open_enveloped(shelf)?, open_keys(key)?))
    })
}

/// Makes every backend of a config, each with its first root key.
pub(super) fn create_backends(config: &Config) -> Result<Vec<Slot>> {
    slots(config, |backend| {
        let BackendConfig::Enveloped { key, shelf } = backend;
        let keys = create_keys(key)?;
        Ok((create_enveloped(shelf)?, keys))
    })
}

type Parts = (Box<dyn Backend>, Box<dyn KeyBackend>);

fn slots(config: &Config, make: impl Fn(&BackendConfig) -> Result<Parts>) -> Result<Vec<Slot>> {
    let slot = |(name, backend): (&String, &BackendConfig)| {
        let (backend, keys) = make(backend).map_err(|e| match e.backend() {
            None => e.with_backend(name.as_str()),
            Some(_) => e,
        })?;
        Ok(Slot { name: name.clone(), backend, keys, checked: Default::default() })
    };
    config.backends.iter().map(slot).collect()
}

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

#[cfg(feature = "software")]
fn open_keys(key: &KeyConfig) -> Result<Box<dyn KeyBackend>> {
    use crate::config::KeyringPermissions as Ours;
    use strongroom_software::{KeyringPermissions, SoftwareKeys};
    let KeyConfig::Software { keyring, keyring_permissions } = key;
    let permissions = match keyring_permissions {
        Ours::Owner => KeyringPermissions::Owner,
        Ours::Group => KeyringPermissions::Group,
        Ours::Any => KeyringPermissions::Any,
    };
    Ok(Box::new(SoftwareKeys::open(std::path::Path::new(keyring), permissions)?))
}

#[cfg(feature = "software")]
fn create_keys(key: &KeyConfig) -> Result<Box<dyn KeyBackend>> {
    let KeyConfig::Software { keyring, .. } = key;
    let first = strongroom_backend::RootKeyId::new(FIRST_ROOT_KEY)?;
    Ok(Box::new(strongroom_software::SoftwareKeys::create(std::path::Path::new(keyring), &first)?))
}

#[cfg(not(feature = "software"))]
fn open_keys(_: &KeyConfig) -> Result<Box<dyn KeyBackend>> {
    Err(not_built("a software key backend", "software"))
}

#[cfg(not(feature = "software"))]
fn create_keys(_: &KeyConfig) -> Result<Box<dyn KeyBackend>> {
    Err(not_built("a software key backend", "software"))
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
