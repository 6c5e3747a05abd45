//! Making a store. The config comes last: without it there is no store, only files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use strongroom_backend::{
    KeyId, Marker, ProjectId, StoreId, create_file, create_folder, file_error, folder_of,
    host_micros, step,
};

use super::compose::Created;
use super::key_backends::of_backend;
use super::tokens::Tokens;
use super::{Slot, compose, databases, new_key, trusted_key};
use crate::config::is_postgres;
use crate::keys::{StoreKeys, make_check_value, store_key_context};
use crate::metadata::clock::Clock;
use crate::metadata::keys::WrappedKey;
use crate::metadata::root_keys::RootKey;
use crate::metadata::store_row::StoreRow;
use crate::metadata::{Metadata, Record};
use crate::{Config, Error, ErrorKind, KeyState, Layout, Result, Timestamp};

/// Files that SQLite and the writers' queue put beside a database.
const BESIDE_DATABASES: [&str; 4] = ["-wal", "-shm", "-turn", "-erasing"];

/// Makes everything that a layout names.
pub(super) fn create(layout: &Layout) -> Result<()> {
    let mut files = vec![&layout.config, &layout.metadata, &layout.shelf];
    let store_key = trusted_key::path_for(&layout.config);
    files.push(if layout.key.is_none() { &layout.keyring } else { &store_key });
    files.retain(|place| !place.to_str().is_some_and(is_postgres));
    for file in &files {
        create_folder(&folder_of(file))?;
    }
    // Whoever makes a store in one of these folders at the same time waits, and then finds this one:
    // what is removed after a failure is this call's own.
    let _alone = lock_folders(&files)?;
    if let Some(there) = files.iter().find(|f| f.symlink_metadata().is_ok()) {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{} is there already", there.display()),
            "a store was made, or its making interrupted, here: use it, or choose another folder",
        ));
    }
    step("init.folders-made");
    make(layout).inspect_err(|_| remove(&files))
}

fn make(layout: &Layout) -> Result<()> {
    let config = layout.to_config()?;
    let marker = Marker { store: StoreId::random()?, epoch: host_micros() };
    let tokens = Tokens::default();
    // Nothing that is made on a server goes again when the next step fails.
    databases::check_has_room(&config.metadata)?;
    let slots = compose::create_backends(&config, &tokens)?;
    // Before a root key is made that would be left over.
    slots.iter().try_for_each(check_is_free)?;
    let keys = create_key_backends(&config, &tokens)?;
    step("init.backends-made");
    for slot in &slots {
        slot.backend.set_marker(None, marker)?;
    }
    let metadata = compose::create_metadata(&config)?;
    step("init.metadata-made");
    let default = config.key_backend_of(&config.default_backend);
    write_first_rows(&*metadata, &keys, default, marker, &layout.config)?;
    step("init.rows-written");
    drop((metadata, slots, keys));
    let text = relative_to(config, &folder_of(&layout.config)).to_toml()?;
    create_file(&layout.config, text.as_bytes(), 0o600)?;
    step("init.config-written");
    Ok(())
}

/// A file is new, a token or a server may be in use.
fn check_is_free(slot: &Slot) -> Result<()> {
    match slot.backend.marker()? {
        None => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("backend {} has the marker of a store, made or interrupted earlier", slot.name),
            "use that store, or another token or KMIP namespace for this one; where there is no such store \
             any more, remove its marker: docs/hsm.md and docs/kmip.md say how",
        )),
    }
}

fn create_key_backends(config: &Config, tokens: &Tokens) -> Result<BTreeMap<String, Created>> {
    let create = |(name, key): (String, crate::KeyConfig)| {
        let created = compose::create_first_key(&key, tokens).map_err(|e| of_backend(&name, e))?;
        Ok((name, created))
    };
    config.key_backends().into_iter().map(create).collect()
}

/// The store key is wrapped by the key backend of the default backend.
fn write_first_rows(
    metadata: &dyn Metadata,
    created: &BTreeMap<String, Created>,
    default: &str,
    marker: Marker,
    config: &Path,
) -> Result<()> {
    let now = Timestamp::from_micros(marker.epoch);
    let store_key = new_key()?;
    let keys = StoreKeys::derive(marker.store, &store_key)?;
    let mut root_keys = Vec::new();
    for (name, (backend, root)) in created {
        root_keys.push(RootKey {
            backend: name.clone(),
            root_key_id: root.clone(),
            state: KeyState::Active,
            check_value: make_check_value(&**backend, root, marker.store)?,
            created_at: now,
        });
    }
    let (backend, root) = created.get(default).ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the default key backend was not made", "report this")
    })?;
    let wrapped = backend.wrap(root, &store_key, &store_key_context(marker.store))?;
    let store_key = WrappedKey {
        key_id: KeyId::random()?,
        project_id: ProjectId::STORE,
        generation: 1,
        state: KeyState::Active,
        backend: default.to_owned(),
        root_key_id: root.clone(),
        wrapped,
        created_at: now,
    };
    if backend.anyone_can_wrap(&store_key.wrapped) {
        trusted_key::add_alone(config, &store_key)?;
    }
    let store = StoreRow {
        store_id: marker.store,
        epoch: marker.epoch,
        created_at: now,
        backed_up_at: None,
        file: metadata.mark()?,
    };
    metadata.writing(move |q| {
        store.insert(&keys, q)?;
        Clock { stamp: now }.insert(&keys, q)?;
        store_key.insert(&keys, q)?;
        root_keys.iter().try_for_each(|key| key.insert(&keys, q))
    })
}

/// Paths in the config's own folder are written relative to it, so that the folder can be moved.
pub(super) fn relative_to(mut config: Config, folder: &Path) -> Config {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut shorten = |path: &mut String| {
        if let Some(rest) = Path::new(&*path).strip_prefix(&folder).ok().and_then(Path::to_str) {
            *path = rest.to_owned();
        }
    };
    config.each_path(&mut shorten);
    config
}

/// Locks the folders of these files, always in the same order.
fn lock_folders(files: &[&PathBuf]) -> Result<Vec<File>> {
    let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder_of(file)).collect();
    let lock = |folder: &PathBuf| {
        let file = File::open(folder)?;
        file.lock()?;
        Ok(file)
    };
    folders.iter().map(|folder| lock(folder).map_err(|e| file_error("lock", folder, e))).collect()
}

/// Removes what a failed creation has made. It had found none of these files at its start.
fn remove(files: &[&PathBuf]) {
    for file in files {
        let _ = std::fs::remove_file(file);
        for suffix in BESIDE_DATABASES {
            let mut beside = file.as_os_str().to_owned();
            beside.push(suffix);
            let _ = std::fs::remove_file(beside);
        }
    }
}
