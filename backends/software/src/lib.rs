//! The software key backend of the [Strongroom](https://docs.rs/strongroom) secret store: root keys
//! in a keyring file.
//!
//! ```
//! use strongroom_backend::{KeyBackend, RootKeyId};
//! use strongroom_software::{KeyringPermissions, SoftwareKeys};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("keyring.json");
//! let first = RootKeyId::new("root-1")?;
//! SoftwareKeys::create(&path, &first)?;
//! let keys = SoftwareKeys::open(&path, KeyringPermissions::Owner)?;
//! assert_eq!(keys.root_keys()?, [first]);
//! # Ok::<(), strongroom_backend::Error>(())
//! ```

mod file;
mod interchange;
mod keyring;
mod keys;

pub use file::KeyringPermissions;
pub use keys::SoftwareKeys;
