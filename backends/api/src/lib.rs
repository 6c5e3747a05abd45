//! What a backend of the [Strongroom](https://docs.rs/strongroom) secret store implements, and what
//! all of them share: errors, ids, secret memory, durable small files, and a conformance suite
//! (feature `conformance`) that a backend's tests call.
//!
//! A *backend* keeps payloads ([`Backend`]); a *key backend* wraps keys ([`KeyBackend`]). Both are
//! called from many threads at once and know nothing of names or access rules.

mod ahead;
mod backend;
#[cfg(feature = "conformance")]
pub mod conformance;
mod device;
mod durable;
mod error;
mod health;
mod ids;
mod key_backend;
mod kind;
mod memory;
mod process;
mod secret;
mod shelf;
mod states;
mod steps;
mod threads;

pub use ahead::{GetAhead, Getting, LoadAhead, Loading};
pub use backend::{
    Adopted, Backend, Capabilities, Destroyed, KeyMaterial, Locator, Marker, PayloadType,
    Placement, ProjectKey, check_payload_length,
};
pub use device::{DeviceCipher, DeviceKey, IV_BYTES, Sealed};
pub use durable::{
    create_file, create_folder, file_error, folder_of, keep_access, lock_folder, place_file,
    replace_file, sync_folder_of,
};
pub use error::{Error, Result};
pub use health::{Health, Severity};
pub use ids::{
    KeyId, ProjectId, Reference, SecretId, StoreId, VersionId, fill_random, host_micros,
    random_bytes,
};
pub use key_backend::{KeyBackend, KeyPurpose, RootKeyId, WrapContext};
pub use kind::ErrorKind;
pub use memory::{MemoryStatus, memory_status};
pub use process::Process;
pub use secret::SecretBytes;
pub use shelf::Shelf;
pub use states::{FollowStates, PayloadState, ShelfStates};
#[cfg(feature = "test-hooks")]
pub use steps::on_step;
pub use steps::step;
pub use threads::spawn_without_signals;
