//! Where `init` puts a store.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::{BackendConfig, KeyChoice, KeyConfig, KeyringPermissions};
use crate::config::{MACHINE, is_postgres, shown, user_config, user_data};
use crate::{Config, Error, ErrorKind, Result};

/// The name of the backend that `init` makes.
pub(crate) const FIRST_BACKEND: &str = "main";

/// The name of the key backend of a new store whose root keys are not in a keyring.
fn first_key_backend(key: &KeyConfig) -> &'static str {
    match key {
        KeyConfig::Kmip { .. } => "kmip",
        _ => "hsm",
    }
}

/// The files of a new store with one backend.
#[derive(Clone, PartialEq, Eq)]
pub struct Layout {
    /// The config, which names the others.
    pub config: PathBuf,
    /// The keyring. Without it, no secret of the store can ever be read.
    pub keyring: PathBuf,
    /// Where the root keys are instead of in the keyring: in a token, which the config calls `hsm`, or in a
    /// KMIP server, which it calls `kmip`.
    pub key: Option<KeyConfig>,
    /// Whether the payloads are objects of the token or server that [`key`](Self::key) describes. There is
    /// no shelf then.
    pub objects: bool,
    /// The metadata database: a file, or a connection string of PostgreSQL.
    pub metadata: PathBuf,
    /// The shelf: a file, or a connection string of PostgreSQL.
    pub shelf: PathBuf,
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A connection string may hold a password.
        let place = |path: &Path| shown(&path.to_string_lossy()).to_owned();
        f.debug_struct("Layout")
            .field("config", &self.config)
            .field("keyring", &self.keyring)
            .field("key", &self.key)
            .field("objects", &self.objects)
            .field("metadata", &place(&self.metadata))
            .field("shelf", &place(&self.shelf))
            .finish()
    }
}

impl Layout {
    /// Everything in one folder.
    pub fn in_folder(folder: &Path) -> Layout {
        Layout::split(folder, folder)
    }

    /// The user's place, where the store is found without being named. For root that is
    /// `/etc/strongroom` and `/var/lib/strongroom`, for others the XDG base folders.
    pub fn for_user() -> Result<Layout> {
        if rustix::process::geteuid().is_root() {
            let config = Path::new(MACHINE).parent().unwrap_or(Path::new("/etc/strongroom"));
            return Ok(Layout::split(config, Path::new("/var/lib/strongroom")));
        }
        match (user_config(), user_data()) {
            (Some(config), Some(data)) => {
                Ok(Layout::split(config.parent().unwrap_or(&data), &data))
            }
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                "this user has no home folder",
                "name a folder: `strongroom init DIR`",
            )),
        }
    }

    /// Whether the store is found there without being named.
    pub fn is_default_place(&self) -> bool {
        self.config == Path::new(MACHINE) || Some(&self.config) == user_config().as_ref()
    }

    /// The statements for psql with which an administrator makes the roles and schemas of this layout,
    /// so that neither role reads what the other keeps. There is no password in them.
    ///
    /// `InvalidArgument` when nothing of it is in PostgreSQL, or one role would read both; `Unsupported` in
    /// a build without the feature `postgres`.
    pub fn roles_sql(&self) -> Result<String> {
        #[cfg(feature = "postgres")]
        let sql = crate::store::roles_sql(self);
        #[cfg(not(feature = "postgres"))]
        let sql = Err(crate::not_built::not_built("PostgreSQL", "postgres"));
        sql
    }

    fn split(config: &Path, data: &Path) -> Layout {
        Layout {
            config: config.join("strongroom.toml"),
            keyring: config.join("keyring.json"),
            key: None,
            objects: false,
            metadata: data.join("metadata.db"),
            shelf: data.join("payloads.db"),
        }
    }

    /// The config for this layout, with absolute paths.
    pub(crate) fn to_config(&self) -> Result<Config> {
        let text = |path: &Path| {
            if let Some(place) = path.to_str().filter(|place| is_postgres(place)) {
                return Ok(place.to_owned());
            }
            let path = std::path::absolute(path).ok().and_then(|p| p.to_str().map(str::to_owned));
            path.ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidArgument,
                    "the path of the store is not valid UTF-8",
                    "choose another folder",
                )
            })
        };
        let software = || -> Result<KeyConfig> {
            let keyring_permissions = KeyringPermissions::default();
            Ok(KeyConfig::Software { keyring: text(&self.keyring)?, keyring_permissions })
        };
        let (keys, key) = match &self.key {
            None => (BTreeMap::new(), KeyChoice::Own(software()?)),
            Some(key) => {
                let name = first_key_backend(key).to_owned();
                (BTreeMap::from([(name.clone(), key.clone())]), KeyChoice::Named(name))
            }
        };
        let backend = match (&self.key, self.objects) {
            (_, false) => BackendConfig::Enveloped { key, shelf: text(&self.shelf)? },
            (Some(KeyConfig::Pkcs11 { token, .. }), true) => {
                let (token, symmetric_keys) = (token.clone(), Default::default());
                BackendConfig::Pkcs11Objects { token, key: Some(key), symmetric_keys }
            }
            (Some(KeyConfig::Kmip { server, .. }), true) => BackendConfig::KmipObjects {
                server: server.clone(),
                key: Some(key),
                plaintext_objects: false,
                plaintext_type: Default::default(),
            },
            (_, true) => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "payloads cannot be objects: neither a token nor a server is named",
                    "name one, or keep payloads on a shelf",
                ));
            }
        };
        Ok(Config {
            metadata: text(&self.metadata)?,
            default_backend: FIRST_BACKEND.to_owned(),
            auto_create_projects: true,
            keys,
            backends: BTreeMap::from([(FIRST_BACKEND.to_owned(), backend)]),
            projects: BTreeMap::new(),
        })
    }
}
