//! The handle of a store: opening, creating, forking, closing.

use std::ffi::c_char;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, Ordering};

use strongroom::{Config, Error, ErrorKind, KeyConfig, Layout, Result, Session, Store};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, borrow, fill_buffer, optional_text, text};
use crate::status::strongroom_status;

/// A store, open, as a principal sees it: the local owner, who may do everything.
///
/// Any number of threads may use one handle at once, and any number of processes one store. A handle
/// that is freed while a thread still uses it is undefined behaviour.
pub struct strongroom_store {
    source: Source,
    opened: AtomicPtr<Opened>,
}

/// What a store was opened by, and is opened by again in a child.
struct Source {
    config: Config,
    /// Where the config was read, if it was.
    file: Option<PathBuf>,
}

impl Source {
    fn of_file(file: &Path) -> Result<Source> {
        let config = Config::load(file)?;
        // The process may go to another folder.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
        Ok(Source { config, file: Some(file) })
    }

    fn open(&self) -> Result<Store> {
        match &self.file {
            Some(file) => Store::open_config_of(self.config.clone(), file),
            None => Store::open_config(self.config.clone()),
        }
    }
}

struct Opened {
    store: Store,
    session: Session,
    /// What an ancestor of this process had opened under the same handle.
    before: *mut Opened,
}

impl Opened {
    fn open(source: &Source, before: *mut Opened) -> Result<*mut Opened> {
        let store = source.open()?;
        Ok(Box::into_raw(Box::new(Opened { session: store.session(), store, before })))
    }
}

impl strongroom_store {
    fn open(source: Source) -> Result<strongroom_store> {
        let opened = AtomicPtr::new(Opened::open(&source, std::ptr::null_mut())?);
        Ok(strongroom_store { source, opened })
    }

    fn opened(&self) -> &Opened {
        // SAFETY: always a box of ours, which is given up only in `drop`.
        unsafe { &*self.opened.load(Ordering::Acquire) }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.opened().store
    }

    pub(crate) fn session(&self) -> &Session {
        &self.opened().session
    }

    /// What the parent opened stays until the handle goes: another thread of the child may use it.
    fn reopen(&self) -> Result<()> {
        let found = self.opened.load(Ordering::Acquire);
        // SAFETY: as in `opened`.
        if unsafe { &*found }.store.is_of_this_process() {
            return Ok(());
        }
        let ours = Opened::open(&self.source, found)?;
        let placed = self.opened.compare_exchange(found, ours, Ordering::AcqRel, Ordering::Acquire);
        if placed.is_err() {
            // SAFETY: another thread was faster; nobody else has seen `ours`.
            drop(unsafe { Box::from_raw(ours) });
        }
        Ok(())
    }
}

impl Drop for strongroom_store {
    fn drop(&mut self) {
        let mut next = *self.opened.get_mut();
        while !next.is_null() {
            // SAFETY: boxes of ours, and `self` was their last user. Those of an ancestor close nothing.
            let opened = unsafe { Box::from_raw(next) };
            next = opened.before;
        }
    }
}

/// Where the files of a new store go, and its root key. Begin with STRONGROOM_LAYOUT_INIT; give all four
/// paths, or three and `key`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_layout {
    /// The size of this struct: sizeof(strongroom_layout).
    pub struct_size: usize,
    /// The config, which names the others.
    pub config: *const c_char,
    /// The keyring. Without it, no secret of the store can ever be read.
    pub keyring: *const c_char,
    /// The metadata database.
    pub metadata: *const c_char,
    /// The shelf, which holds the encrypted payloads.
    pub shelf: *const c_char,
    /// Where the root key is made instead of in a keyring: TOML text as below [keys.NAME] in a config,
    /// with paths relative to the config's folder. For a token, `kind = "pkcs11"`, `module`, `token` and
    /// `pin`, which says where the PIN comes from. The config calls it `hsm`. A KMIP server is
    /// `kind = "kmip"`, and `kmip`, in a library that is built with it. NULL for a keyring.
    pub key: *const c_char,
}

// SAFETY: repr(C), one size and five pointers, none of which is invalid.
unsafe impl crate::structs::Growing for strongroom_layout {}

/// Opens the store that a config file describes. Never creates one.
///
/// Erases that were recorded and not finished are finished here. Nothing but TMPDIR is read from the
/// environment.
///
/// - inputs: `config_path`, the path of a strongroom.toml, UTF-8.
/// - outputs: `store`.
/// - ownership: the caller frees the store with strongroom_store_free().
/// - threads: any thread.
/// - errors: NOT_FOUND or CONFIG when a file is missing, unsafe or not the store's own; CORRUPT;
///   DENIED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_open(
    config_path: *const c_char,
    store: *mut *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let store = Output::new("store", store)?;
        let source = Source::of_file(Path::new(text("config_path", config_path)?))?;
        store.give(strongroom_store::open(source)?);
        Ok(())
    })
}

/// Opens the store that a config's text describes. Never creates one.
///
/// - inputs: `toml`, the text of a config; `base_folder`, to which its relative paths are relative. It
///   may itself be relative, to the folder in which the process is now.
/// - outputs: `store`.
/// - ownership: the caller frees the store with strongroom_store_free().
/// - threads: any thread.
/// - errors: as strongroom_store_open().
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_open_toml(
    toml: *const c_char,
    base_folder: *const c_char,
    store: *mut *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let store = Output::new("store", store)?;
        let base = Path::new(text("base_folder", base_folder)?);
        let config = Config::from_toml(text("toml", toml)?, base)?;
        store.give(strongroom_store::open(Source { config, file: None })?);
        Ok(())
    })
}

/// Opens the store that the command `strongroom` would: the config that STRONGROOM_CONFIG names, else
/// the user's, else the machine's. This is the only way to open that reads the environment.
///
/// - inputs: none.
/// - outputs: `store`.
/// - ownership: the caller frees the store with strongroom_store_free().
/// - threads: any thread, while no other changes the environment.
/// - errors: NOT_FOUND, which names each place that was looked at; as strongroom_store_open().
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_open_default(
    store: *mut *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let store = Output::new("store", store)?;
        store.give(strongroom_store::open(Source::of_file(&Config::find(None)?)?)?);
        Ok(())
    })
}

/// Finds the config that strongroom_store_open_default() would open. Reads the environment.
///
/// - inputs: `buffer`, `capacity` bytes of room; NULL asks for the size.
/// - outputs: the path with its zero byte in `buffer`; `len`, its length with the zero byte.
/// - ownership: nothing changes hands.
/// - threads: any thread, while no other changes the environment.
/// - errors: NOT_FOUND, which names each place that was looked at; CONFIG when the path is not UTF-8;
///   BUFFER_TOO_SMALL, with the needed size in `len`.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_config_find(
    buffer: *mut c_char,
    capacity: usize,
    len: *mut usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let len = Output::new("len", len)?;
        let path = Config::find(None)?;
        let path = path.to_str().ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("the path of the config is not UTF-8: {}", path.display()),
                "strongroom_store_open_default() opens it all the same; rename the folder",
            )
        })?;
        fill_buffer(buffer.cast(), capacity, len, format!("{path}\0").as_bytes())
    })
}

/// Makes a new store with everything in one folder, and opens it. The config is
/// `folder`/strongroom.toml. Nothing is ever replaced.
///
/// Keep a copy of the keyring elsewhere: without it, the store's backups are worth nothing.
///
/// - inputs: `folder`, which is made when it is not there.
/// - outputs: `store`.
/// - ownership: the caller frees the store with strongroom_store_free().
/// - threads: any thread.
/// - errors: ALREADY_EXISTS names the first file that is in the way; DENIED; STORAGE_FULL.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_create(
    folder: *const c_char,
    store: *mut *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let store = Output::new("store", store)?;
        store.give(create(&Layout::in_folder(Path::new(text("folder", folder)?)))?);
        Ok(())
    })
}

/// Makes a new store with each file, and its root key, where the caller wants it, and opens it.
///
/// - inputs: `layout`, or NULL for the user's place, where strongroom_store_open_default() finds it:
///   that reads the environment.
/// - outputs: `store`.
/// - ownership: the caller frees the store with strongroom_store_free().
/// - threads: any thread.
/// - errors: as strongroom_store_create(); CONFIG for a `key` that cannot be used, NOT_FOUND when its
///   token is not there, UNAUTHENTICATED when the PIN is wrong, UNAVAILABLE.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_create_with(
    layout: *const strongroom_layout,
    store: *mut *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let store = Output::new("store", store)?;
        let layout = match layout.is_null() {
            true => Layout::for_user()?,
            false => layout_of(crate::structs::read("layout", layout)?)?,
        };
        store.give(create(&layout)?);
        Ok(())
    })
}

/// # Safety
/// Each path, and the key's text, is NULL or a string.
unsafe fn layout_of(given: strongroom_layout) -> Result<Layout> {
    // SAFETY: as the caller promises.
    let path = |name, path| -> Result<PathBuf> { Ok(unsafe { text(name, path) }?.into()) };
    let config = path("layout.config", given.config)?;
    // SAFETY: as the caller promises.
    let key = unsafe { optional_text("layout.key", given.key) }?
        .map(|key| KeyConfig::from_toml(key, config.parent().unwrap_or(Path::new(""))))
        .transpose()?;
    let keyring = match key {
        None => path("layout.keyring", given.keyring)?,
        Some(_) => PathBuf::new(),
    };
    Ok(Layout {
        keyring,
        key,
        objects: false,
        metadata: path("layout.metadata", given.metadata)?,
        shelf: path("layout.shelf", given.shelf)?,
        config,
    })
}

fn create(layout: &Layout) -> Result<strongroom_store> {
    Store::create(layout)?.close();
    strongroom_store::open(Source::of_file(&layout.config)?)
}

/// Gives the store's id, which no other store has.
///
/// - inputs: `store`.
/// - outputs: `id`, STRONGROOM_ID_BYTES bytes.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_id(
    store: *const strongroom_store,
    id: *mut u8,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let id = Output::new("id", id.cast::<[u8; 16]>())?;
        id.write(*borrow("store", store)?.store().id().as_bytes());
        Ok(())
    })
}

/// Tells whether the store can only be read here, because its files or their medium do not allow more.
///
/// - inputs: `store`.
/// - outputs: `read_only`, 1 or 0.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_is_read_only(
    store: *const strongroom_store,
    read_only: *mut u32,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let read_only = Output::new("read_only", read_only)?;
        read_only.write(borrow("store", store)?.store().is_read_only().into());
        Ok(())
    })
}

/// Opens a store again in a child of the process that opened it, where its handle answers FORKED. In
/// the process that opened it, this does nothing.
///
/// What the parent had opened stays in the child's memory until it ends. The parent is unharmed.
///
/// - inputs: `store`.
/// - outputs: none.
/// - ownership: nothing changes hands; the handle stays the same.
/// - threads: any thread of the child, while others use the handle or do the same.
/// - errors: as strongroom_store_open(); then the handle still answers FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_reopen(
    store: *mut strongroom_store,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, { borrow("store", store)?.reopen() })
}

/// Closes a store and frees its handle. Iterators and secrets that came from it live on. In a forked
/// child it releases memory only.
///
/// - inputs: `store`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the store.
/// - threads: any thread, when no other uses the handle.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_store_free(store: *mut strongroom_store) {
    guarded!({ crate::pointers::free(store) })
}

/// The session of a handle that an argument points to.
///
/// # Safety
/// `store` is NULL, or a handle that is not freed for `'a`.
pub(crate) unsafe fn session<'a>(store: *const strongroom_store) -> Result<&'a Session> {
    // SAFETY: as the caller promises.
    unsafe { borrow("store", store) }.map(strongroom_store::session)
}

/// A path that may be missing.
///
/// # Safety
/// As [`optional_text`].
pub(crate) unsafe fn optional_path<'a>(
    name: &str,
    path: *const c_char,
) -> Result<Option<&'a Path>> {
    // SAFETY: as the caller promises.
    unsafe { optional_text(name, path) }.map(|path| path.map(Path::new))
}
