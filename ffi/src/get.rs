//! Getting payloads: as an object that wipes itself, or into the caller's own memory.

use std::ffi::c_char;

use strongroom::{Fetched, GetOptions, Result};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, fill_buffer, flag, text};
use crate::secret::strongroom_secret;
use crate::status::strongroom_status;
use crate::store::{session, strongroom_store};
use crate::structs::{Growing, read};

/// Which version a get returns. Begin with STRONGROOM_GET_OPTIONS_INIT; zero means the current one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_get_options {
    /// The size of this struct: sizeof(strongroom_get_options).
    pub struct_size: usize,
    /// The version with this number, even if it is deactivated, expired or compromised; 0: no number.
    pub version: u32,
    /// 1, without a number: the newest version that has a payload, even if it is deactivated, expired
    /// or compromised.
    pub allow_inactive: u32,
}

// SAFETY: repr(C) without padding; numbers have no invalid value.
unsafe impl Growing for strongroom_get_options {}

/// # Safety
/// The pointers are NULL, or as the header asks.
unsafe fn fetch(
    store: *const strongroom_store,
    path: *const c_char,
    options: *const strongroom_get_options,
) -> Result<Fetched> {
    // SAFETY: as the caller promises.
    unsafe {
        let path = text("path", path)?.parse()?;
        let given = read("options", options)?;
        let options = GetOptions {
            version: (given.version != 0).then_some(given.version),
            allow_inactive: flag("allow_inactive", given.allow_inactive)?,
        };
        session(store)?.get_with(&path, &options)
    }
}

/// Gets the payload of a secret's current version: the newest active one.
///
/// - inputs: `store`; `path`, PROJECT/NAME.
/// - outputs: `secret`.
/// - ownership: the caller frees the secret with strongroom_secret_free(), which wipes it.
/// - threads: any thread.
/// - errors: NOT_FOUND; EXPIRED, NOT_ACTIVE or DESTROYED when there is no current version, by the
///   newest one; CORRUPT when metadata or payload were altered; UNAVAILABLE; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_get(
    store: *const strongroom_store,
    path: *const c_char,
    secret: *mut *mut strongroom_secret,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let secret = Output::new("secret", secret)?;
        secret.give(fetch(store, path, std::ptr::null())?.into());
        Ok(())
    })
}

/// Gets the payload of the version that options choose.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `options`, or NULL for the current version.
/// - outputs: `secret`.
/// - ownership: the caller frees the secret with strongroom_secret_free(), which wipes it.
/// - threads: any thread.
/// - errors: as strongroom_get().
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_get_with(
    store: *const strongroom_store,
    path: *const c_char,
    options: *const strongroom_get_options,
    secret: *mut *mut strongroom_secret,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let secret = Output::new("secret", secret)?;
        secret.give(fetch(store, path, options)?.into());
        Ok(())
    })
}

/// Gets a payload into the caller's own memory.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `options`, or NULL for the current version; `buffer`,
///   `capacity` bytes of room. NULL asks for the size.
/// - outputs: the payload in `buffer`, nothing added; `len`, its length, also when the buffer is too
///   small.
/// - ownership: the bytes are the caller's to wipe: strongroom_wipe().
/// - threads: any thread.
/// - errors: BUFFER_TOO_SMALL, with the needed size in `len`; as strongroom_get().
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_get_into(
    store: *const strongroom_store,
    path: *const c_char,
    options: *const strongroom_get_options,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let len = Output::new("len", len)?;
        let fetched = fetch(store, path, options)?;
        fill_buffer(buffer, capacity, len, &fetched.payload)
    })
}
