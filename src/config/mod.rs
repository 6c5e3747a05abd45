//! The config: where metadata lives, which backends there are, which project has which.

mod keys;
mod kmip;
mod locate;
mod permissions;
mod place;
mod shown;
mod token;
mod unknown_keys;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use strongroom_backend::{file_error, folder_of};

pub use keys::{KeyChoice, KeyConfig, KeyringPermissions};
pub use kmip::{KmipConfig, PlaintextType, RootKeyUse};
pub(crate) use locate::{MACHINE, user_config, user_data};
pub(crate) use permissions::{check_not_writable_by_others, check_private, check_trusted};
pub use place::{holds_password, is_postgres};
pub(crate) use shown::shown;
pub use token::{KeyLocation, PinConfig, SymmetricKeys, TokenConfig};

use crate::path::check_project_name;
use crate::{Error, ErrorKind, Result};

/// Describes one store. Paths are absolute once it was read.
///
/// ```
/// use std::path::Path;
/// use strongroom::Config;
///
/// let text = r#"
///     metadata = "metadata.db"
///     default_backend = "main"
///
///     [backends.main]
///     kind  = "enveloped"
///     key   = { kind = "software", keyring = "keyring.json" }
///     shelf = "payloads.db"
/// "#;
/// let config = Config::from_toml(text, Path::new("/etc/strongroom"))?;
/// assert_eq!(config.metadata, "/etc/strongroom/metadata.db");
/// # Ok::<(), strongroom::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The metadata database: the path of a SQLite file, or a connection string of PostgreSQL.
    pub metadata: String,
    /// The backend of projects that [`projects`](Self::projects) does not name.
    pub default_backend: String,
    /// Whether a put into an unknown project makes it. On by default.
    #[serde(default = "yes")]
    pub auto_create_projects: bool,
    /// Key backends that backends may share, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, KeyConfig>,
    /// Every backend, by its name.
    pub backends: BTreeMap<String, BackendConfig>,
    /// Projects with a backend of their own choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub projects: BTreeMap<String, ProjectConfig>,
}

/// One backend.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BackendConfig {
    /// Encrypts payloads under project keys and lays them on a shelf.
    Enveloped {
        /// What wraps the project keys.
        key: KeyChoice,
        /// The path of a SQLite file, or a connection string of PostgreSQL.
        shelf: String,
    },
    /// Payloads are objects of a PKCS#11 token.
    Pkcs11Objects {
        /// The token.
        #[serde(flatten)]
        token: Box<TokenConfig>,
        /// What wraps the project keys; by default a key backend on the same token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<KeyChoice>,
        /// What new payloads of symmetric keys are in the token. Those that are there stay as they are,
        /// and are found.
        #[serde(default, skip_serializing_if = "SymmetricKeys::is_default")]
        symmetric_keys: SymmetricKeys,
    },
    /// Payloads are objects of a KMIP server.
    KmipObjects {
        /// The server.
        #[serde(flatten)]
        server: Box<KmipConfig>,
        /// What wraps the project keys; by default a key backend on the same server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<KeyChoice>,
        /// Whether payloads are on the server as they are, for its operator to read. Without it they
        /// are encrypted before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        plaintext_objects: bool,
        /// What such payloads are on the server.
        #[serde(default, skip_serializing_if = "PlaintextType::is_default")]
        plaintext_type: PlaintextType,
    },
}

/// What a project was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectConfig {
    /// The name of its backend.
    pub backend: String,
}

impl Config {
    /// Reads a config file. It must not be writable by anybody but its owner and root; one that names a
    /// token, and so code to be run, or a server to log in to, must belong to this user or root. One
    /// with a password in it must not be readable by others.
    pub fn load(path: &Path) -> Result<Config> {
        if path.is_dir() {
            let file = path.join("strongroom.toml");
            let next = format!("name the file in it: {}", file.display());
            return Err(invalid(format!("{} is a folder", path.display()), next));
        }
        let bytes = std::fs::read(path).map_err(|e| file_error("read", path, e))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(
                ErrorKind::Config,
                format!("{} is not UTF-8 text", path.display()),
                "correct it, or restore it from a backup",
            )
        })?;
        check_not_writable_by_others(path)?;
        let absolute = std::path::absolute(path).map_err(|e| file_error("find", path, e))?;
        let config = Config::from_toml(&text, &folder_of(&absolute)).map_err(|e| {
            let what = format!("{}: {}", path.display(), e.what());
            Error::new(e.kind(), what, e.next()).with_source(e)
        })?;
        if config.reaches_outside() {
            check_trusted(path)?;
        }
        if config.databases().any(holds_password) {
            check_private(path)?;
        }
        Ok(config)
    }

    /// Reads a config from text; relative paths are relative to `base`.
    pub fn from_toml(text: &str, base: &Path) -> Result<Config> {
        let unreadable = |e: toml::de::Error| unreadable(text, &e);
        let table: toml::Table = text.parse().map_err(unreadable)?;
        unknown_keys::refuse(&table)?;
        let mut config: Config = table.try_into().map_err(unreadable)?;
        config.check()?;
        config.make_absolute(&absolute_folder(base)?);
        Ok(config)
    }

    /// The config as TOML.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|e| {
            Error::new(ErrorKind::Internal, "the config cannot be written", "report this")
                .with_source(e)
        })
    }

    /// The path of the config to use: `explicit`, else `STRONGROOM_CONFIG`, else the user's, else
    /// the machine's. `NotFound` names each place that was looked at.
    pub fn find(explicit: Option<&Path>) -> Result<PathBuf> {
        locate::find(explicit)
    }

    /// Where metadata and shelves are: paths of files, and connection strings of PostgreSQL.
    pub fn databases(&self) -> impl Iterator<Item = &str> {
        let shelves = self.backends.values().filter_map(|backend| match backend {
            BackendConfig::Enveloped { shelf, .. } => Some(shelf.as_str()),
            _ => None,
        });
        shelves.chain([self.metadata.as_str()])
    }

    /// The backend of a project that is to be created.
    pub(crate) fn backend_of(&self, project: &str) -> &str {
        self.projects.get(project).map_or(&self.default_backend, |p| &p.backend)
    }

    fn check(&self) -> Result<()> {
        let tables = self.backends.keys().map(|name| ("backends", name));
        for (table, name) in tables.chain(self.keys.keys().map(|name| ("keys", name))) {
            check_project_name(name).map_err(|e| {
                invalid(format!("[{table}.{name}]: {}", e.what()), e.next().to_owned())
            })?;
        }
        self.check_key_backends()?;
        let named = self.projects.values().map(|p| &p.backend).chain([&self.default_backend]);
        for name in named {
            if !self.backends.contains_key(name) {
                return Err(invalid(
                    format!("there is no [backends.{name}]"),
                    "add that table, or name one that is there".to_owned(),
                ));
            }
        }
        for name in self.projects.keys() {
            check_project_name(name)?;
        }
        if self.metadata.contains("://") && !is_postgres(&self.metadata) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "metadata is kept in a SQLite file or in PostgreSQL only",
                "give a path or `postgres://…` as `metadata`",
            ));
        }
        Ok(())
    }

    fn make_absolute(&mut self, base: &Path) {
        self.each_path(&mut |path| absolute(path, base));
    }
}

/// A folder as it is named now: the process may go to another one while a store is open.
fn absolute_folder(folder: &Path) -> Result<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::path::absolute(folder).map_err(|e| file_error("find", folder, e))
}

fn absolute(path: &mut String, base: &Path) {
    if is_postgres(path) {
        return;
    }
    if let Some(joined) = base.join(&*path).to_str() {
        *path = joined.to_owned();
    }
}

fn yes() -> bool {
    true
}

/// Says what is wrong and where, and never quotes the text: it may be a keyring by mistake.
fn unreadable(text: &str, error: &toml::de::Error) -> Error {
    if text.trim_start().starts_with('{') {
        return invalid(
            "this is JSON, perhaps a keyring, and not a config".to_owned(),
            "name the strongroom.toml of the store".to_owned(),
        );
    }
    let line = error.span().and_then(|span| text.get(..span.start)).map(|s| s.lines().count());
    let place = line.map_or(String::new(), |line| format!("line {}: ", line.max(1)));
    invalid(format!("{place}{}", error.message()), "correct the config".to_owned())
}

fn invalid(what: String, next: String) -> Error {
    Error::new(ErrorKind::Config, what, next)
}

#[cfg(test)]
mod tests;
