//! Strongroom: an embeddable secret store for backup tools.
//!
//! It keeps the passphrases and keys that backups depend on. Metadata (names, states, encrypted
//! references) lives in one database; payloads live, encrypted, in a backend. There is no daemon.
//!
//! A [`Store`] is opened from a [`Config`]; a [`Session`] puts, gets and erases secrets. Both may be
//! used from any thread, and any number of processes may have one store open.
//!
//! ```
//! use strongroom::{Layout, PutOptions, Recipe, Store};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path();
//! let session = Store::create(&Layout::in_folder(folder))?.session();
//! let path = "laptop/borg".parse()?;
//! session.generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
//! assert_eq!(session.get(&path)?.len(), 43);
//! # Ok::<(), strongroom::Error>(())
//! ```
//!
//! Formats are fixed in `docs/format.md`, what is and is not protected in `docs/threat-model.md`,
//! the errors in `docs/errors.md`.
//!
//! # Features
//!
//! On by default:
//!
//! - `sqlite`: metadata and shelf in SQLite files.
//! - `bundled-sqlite`: SQLite compiled in. Without it, the system's is linked: 3.45 or newer.
//! - `software`: root keys in a keyring file.
//!
//! Off by default:
//!
//! - `postgres`: metadata and shelf in PostgreSQL.
//! - `pkcs11`: root keys, and payloads where wanted, in a PKCS#11 token.
//! - `kmip`: root keys, and payloads where wanted, in a KMIP server.
//!
//! A config may name what a build is without; opening such a store is
//! [`Unsupported`](ErrorKind::Unsupported).

mod config;
#[cfg(fuzzing)]
pub mod fuzzing;
mod info;
mod keys;
mod kmip_report;
mod layout;
mod metadata;
#[cfg(not(all(
    feature = "sqlite",
    feature = "postgres",
    feature = "software",
    feature = "pkcs11",
    feature = "kmip"
)))]
mod not_built;
mod observe;
mod options;
mod path;
mod session;
mod store;
mod time;
mod token_report;
mod words;

pub use config::{
    BackendConfig, Config, KeyChoice, KeyConfig, KeyLocation, KeyringPermissions, KmipConfig,
    PinConfig, PlaintextType, ProjectConfig, RootKeyUse, SymmetricKeys, TokenConfig,
    holds_password, is_postgres,
};
pub use info::{Fetched, Page, ProjectInfo, PutReceipt, SecretInfo, VersionInfo};
pub use kmip_report::{KmipReport, kmip_report};
pub use layout::Layout;
pub use options::{
    Change, Dates, Expect, GetOptions, LabelChanges, ListOptions, PutOptions, Recipe,
};
pub use path::{DEFAULT_PROJECT, PROJECT_NAME_LIMIT, SECRET_NAME_LIMIT, SecretPath};
pub use session::{LABEL_LIMIT, LABELS_LIMIT, PAYLOAD_LIMIT, Session};
pub use store::{
    BackupInfo, BackupReport, DoctorOptions, DoctorReport, Finding, KeyCheck, Progress,
    RestoreKeys, RestoreReport, RootKeyInfo, RotateOptions, RotateReport, Store, backup_info,
};
pub use strongroom_backend::{
    Error, ErrorKind, Health, MemoryStatus, ProjectId, Result, RootKeyId, SecretBytes, SecretId,
    Severity, StoreId, memory_status,
};
pub use time::Timestamp;
pub use token_report::{TokenChoice, TokenMechanism, TokenReport, token_report};
pub use words::{KeyState, ProjectState, SecretType, State};

/// The README's Rust examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
