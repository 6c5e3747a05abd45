//! The enveloped backend of the [Strongroom](https://docs.rs/strongroom) secret store: encrypts each
//! payload under its project's key and lays the envelope on a [shelf](strongroom_backend::Shelf).
//!
//! ```
//! use strongroom_backend::{
//!     Backend, PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretBytes, SecretId,
//!     StoreId, VersionId,
//! };
//! use strongroom_enveloped::{Enveloped, MemoryShelf};
//!
//! let backend = Enveloped::new(MemoryShelf::default());
//! let key = ProjectKey::new(1, SecretBytes::random(32)?);
//! let at = Placement {
//!     reference: Reference::at(0)?,
//!     store: StoreId::random()?,
//!     project: ProjectId::random()?,
//!     secret: SecretId::at(0)?,
//!     version: VersionId::at(0)?,
//!     payload_type: PayloadType::Passphrase,
//!     key: &key,
//! };
//! let locator = backend.store(&at, &SecretBytes::copy_of(b"correct horse")?)?;
//! assert!(backend.load(&at, &locator)?.equals(b"correct horse"));
//! # Ok::<(), strongroom_backend::Error>(())
//! ```

mod backend;
mod device_envelope;
mod envelope;
mod errors;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use backend::{Enveloped, PAYLOAD_LIMIT};
pub use memory::MemoryShelf;
#[cfg(feature = "postgres")]
pub use postgres::{DEFAULT_SCHEMA as POSTGRES_SCHEMA, PostgresShelf};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteShelf;
