//! The key hierarchy in memory: what the store key gives, and unwrapped project keys.

mod device_grants;
mod project_keys;
mod store_keys;
mod wrapped;

pub(crate) use device_grants::DeviceGrants;
pub(crate) use project_keys::ProjectKeys;
pub(crate) use store_keys::StoreKeys;
pub(crate) use wrapped::{new_project_key, open_project_key};

use strongroom_backend::{
    KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, StoreId, WrapContext,
};

use crate::{Error, ErrorKind, Result};

/// The length of every key of ours, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

const PUT_BACK: &str = "put the store's own keyring or token back in its place, or the servers and namespace of its \
     key manager into the config";

/// The value by which a root key is recognised: known bytes, wrapped.
pub(crate) fn make_check_value(
    backend: &dyn KeyBackend,
    root: &RootKeyId,
    store: StoreId,
) -> Result<Vec<u8>> {
    backend.wrap(root, &SecretBytes::zeroed(KEY_BYTES)?, &check_context(store))
}

/// Whether `root` is the key with which this store was made, or one that was added since.
pub(crate) fn verify_check_value(
    backend: &dyn KeyBackend,
    root: &RootKeyId,
    store: StoreId,
    check_value: &[u8],
) -> Result<()> {
    match backend.unwrap(root, check_value, &check_context(store)) {
        Ok(value) if value.equals(&[0; KEY_BYTES]) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Err(Error::new(
            ErrorKind::Config,
            format!("the root key {root} is not at hand: {}", e.what()),
            PUT_BACK,
        )),
        Err(e) if e.kind() != ErrorKind::Corrupt => Err(e),
        _ => Err(Error::new(
            ErrorKind::Config,
            format!("the root key {root} at hand is not the one that this store was made with"),
            PUT_BACK,
        )),
    }
}

/// A root key that is not there is no secret that was not found.
pub(crate) fn named_if_missing(root: &RootKeyId, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let what = format!("root key {root}: {}", error.what());
    Error::new(ErrorKind::Config, what, error.next().to_owned()).with_source(error)
}

fn check_context(store: StoreId) -> WrapContext {
    WrapContext { store, project: ProjectId::STORE, generation: 1, purpose: KeyPurpose::CheckValue }
}

/// What the store key is wrapped with.
pub(crate) fn store_key_context(store: StoreId) -> WrapContext {
    WrapContext { purpose: KeyPurpose::StoreKey, ..check_context(store) }
}

/// What a project key is wrapped with.
pub(crate) fn project_key_context(
    store: StoreId,
    project: ProjectId,
    generation: u32,
) -> WrapContext {
    WrapContext { store, project, generation, purpose: KeyPurpose::ProjectKey }
}
