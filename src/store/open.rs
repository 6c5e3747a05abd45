//! Opening a store: from the root key to the store key to authenticated rows.

use std::path::Path;

use strongroom_backend::{KeyBackend, Process, StoreId, step};

use super::key_backends::KeyBackends;
use super::tokens::Tokens;
use super::{Inner, Slot, compose, trusted_key};
use crate::keys::{DeviceGrants, ProjectKeys, StoreKeys, store_key_context, verify_check_value};
use crate::metadata::keys::WrappedKey;
use crate::metadata::{Metadata, keys, root_keys, store_row};
use crate::session::Places;
use crate::{Config, Error, ErrorKind, Result};

/// Opens what a config names, and checks that it belongs together. Of the key backends, the one that
/// wraps the store key is opened; the others wait until somebody needs them.
pub(super) fn open(config: Config, file: Option<&Path>) -> Result<Inner> {
    let metadata = compose::open_metadata(&config)?;
    let tokens = Tokens::default();
    let slots = compose::open_backends(&config, &tokens)?;
    let key_backends = KeyBackends::new(&config, file, tokens);
    step("open.files-opened");
    let (store, store_key) =
        metadata.reading(|q| Ok((store_row::unchecked_id(q)?, keys::unchecked_store_key(q)?)))?;
    let store_keys = unwrap_store_key(&*metadata, &key_backends, store, &store_key)?;
    let row = metadata.reading(|q| {
        // The row that was used unchecked is checked now that it can be.
        keys::of_project(&store_keys, q, store_key.project_id, store_key.generation)?;
        store_row::load(&store_keys, q)
    })?;
    for slot in &slots {
        check_marker(slot, store)?;
    }
    let asks_ahead = slots.iter().any(|slot| slot.backend.ahead().is_some());
    Ok(Inner {
        config,
        id: store,
        epoch: row.epoch.into(),
        metadata,
        keys: store_keys,
        slots: slots.into_iter().map(|slot| (slot.name.clone(), slot)).collect(),
        key_backends,
        project_keys: ProjectKeys::new(),
        device_grants: DeviceGrants::default(),
        places: asks_ahead.then(Places::default),
        process: Process::current(),
    })
}

fn unwrap_store_key(
    metadata: &dyn Metadata,
    key_backends: &KeyBackends,
    store: StoreId,
    row: &WrappedKey,
) -> Result<StoreKeys> {
    let backend = key_backends.get(&row.backend)?;
    let root = &row.root_key_id;
    if backend.anyone_can_wrap(&row.wrapped) {
        trusted_key::check(key_backends.file(), row)?;
    }
    let unwrapped = backend.unwrap(root, &row.wrapped, &store_key_context(store));
    let explain = |e: Error| match e.kind() {
        ErrorKind::Corrupt | ErrorKind::NotFound => {
            wrong_root_key(metadata, &*backend, store, row).err().unwrap_or(e)
        }
        _ => e,
    };
    let store_key = unwrapped.map_err(explain)?;
    StoreKeys::derive(store, &store_key)
}

/// An error when the root key at hand is another one, or none: then the store key is not damaged.
fn wrong_root_key(
    metadata: &dyn Metadata,
    backend: &dyn KeyBackend,
    store: StoreId,
    row: &WrappedKey,
) -> Result<()> {
    let root = &row.root_key_id;
    match metadata.reading(|q| root_keys::unchecked_check_value(q, &row.backend, root))? {
        Some(check_value) => verify_check_value(backend, root, store, &check_value),
        None => Ok(()),
    }
}

fn check_marker(slot: &Slot, store: StoreId) -> Result<()> {
    match slot.backend.marker()? {
        Some(marker) if marker.store == store => Ok(()),
        Some(marker) => Err(Error::new(
            ErrorKind::Config,
            format!("its payloads belong to the store {}, not to {store}", marker.store),
            "correct the config: metadata and backends of one store belong together",
        )
        .with_backend(slot.name.as_str())),
        None => Err(Error::new(
            ErrorKind::Config,
            "its payloads carry no marker of a store",
            "its creation was interrupted, or it was damaged: restore a backup",
        )
        .with_backend(slot.name.as_str())),
    }
}
