//! Root keys made, rotated and retired.

use std::ffi::{c_char, c_void};

use strongroom::{RootKeyId, RotateOptions, RotateReport};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::keys::{info_view, strongroom_root_key_info};
use crate::pointers::{Output, borrow, optional_text, text};
use crate::progress::{strongroom_progress, told_to};
use crate::status::strongroom_status;
use crate::store::strongroom_store;
use crate::structs::{Growing, read};
use crate::views::{Told, free_told};

/// Which root key is replaced, and where its successor is. Begin with STRONGROOM_ROTATE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_rotate_options {
    /// The size of this struct: sizeof(strongroom_rotate_options).
    pub struct_size: usize,
    /// The key backend whose active root key is replaced; NULL where only one is in use.
    pub key_backend: *const c_char,
    /// The key backend that gets the new root key, by its name, or its kind where only one is of that;
    /// NULL makes the new one beside the old one.
    pub to: *const c_char,
    /// Called now and then, or NULL.
    pub progress: strongroom_progress,
    /// Passed to `progress`.
    pub context: *mut c_void,
}

// SAFETY: repr(C) without padding; zero is no function, numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_rotate_options {}

/// What a rotation has done. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_rotate_report {
    /// The key backend of the root key that wraps now.
    pub key_backend: *const c_char,
    /// The root key that wraps now.
    pub id: *const c_char,
    /// How many keys were wrapped anew.
    pub rewrapped: u64,
    /// Keys that do not open, and so stay under their old root key, a line each. What they protect was
    /// lost before.
    pub damaged: *const *const c_char,
    /// How many lines.
    pub damaged_len: usize,
    /// Backends whose config names a key backend that is not used any more: write key = "NAME" there,
    /// with the name of the new one.
    pub stale_backends: *const *const c_char,
    /// How many of them.
    pub stale_backends_len: usize,
    /// 1 when this finished an earlier rotation that was interrupted, and made no new key.
    pub resumed: u32,
    /// 0.
    pub reserved: u32,
}

fn view(report: RotateReport) -> Box<Told<strongroom_rotate_report>> {
    Told::new(|texts| {
        let (damaged, damaged_len) =
            texts.add_lines(report.damaged.iter().map(|f| f.what.as_str()));
        let (stale_backends, stale_backends_len) =
            texts.add_lines(report.stale_backends.iter().map(String::as_str));
        strongroom_rotate_report {
            key_backend: texts.add(&report.key_backend),
            id: texts.add(&report.id),
            rewrapped: report.rewrapped,
            damaged,
            damaged_len,
            stale_backends,
            stale_backends_len,
            resumed: report.resumed.into(),
            reserved: 0,
        }
    })
}

/// Makes a new root key, and wraps the store key and every project key of the old one under it. Payloads
/// are not touched. Others may use the store meanwhile.
///
/// The old root key stays where it is, deactivated: backups that were made before need it. A rotation
/// that was interrupted is finished first; when it was of the kind that is asked for, that is all.
///
/// - inputs: `store`; `options`, or NULL for a new root key beside the only one in use.
/// - outputs: `report`, or NULL. Damage is in it, and is no error of this call.
/// - ownership: the caller frees the report with strongroom_rotate_report_free().
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT when it is not clear which key is meant; NOT_FOUND when there is no such
///   key, or its token is gone; UNSUPPORTED when keys that cannot leave their device would have to move,
///   or the store can only be read; CONFLICT; UNAUTHENTICATED; UNAVAILABLE and TIMEOUT, after which it is
///   finished by the next one; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_rotate_keys(
    store: *mut strongroom_store,
    options: *const strongroom_rotate_options,
    report: *mut *mut strongroom_rotate_report,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let given = read("options", options)?;
        let name = |field, text| -> strongroom::Result<Option<String>> {
            Ok(optional_text(field, text)?.map(str::to_owned))
        };
        let options = RotateOptions {
            key_backend: name("key_backend", given.key_backend)?,
            to: name("to", given.to)?,
        };
        let mut progress = told_to(given.progress, given.context);
        let done = borrow("store", store)?.store().rotate_keys(&options, &mut progress)?;
        if let Ok(report) = Output::new("report", report) {
            view(done).give(report);
        }
        Ok(())
    })
}

/// Frees a report.
///
/// - inputs: `report`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the report; its texts go with it.
/// - threads: any thread, when no other uses it.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_rotate_report_free(report: *mut strongroom_rotate_report) {
    guarded!({ free_told(report) })
}

/// Makes the first root key of this store in a key backend that the config names: what prepares a
/// rotation to it. A keyring is made where there is none; nothing is ever replaced.
///
/// - inputs: `store`; `key_backend`, its name, or its kind where only one is of that.
/// - outputs: `info`, or NULL when it is of no interest.
/// - ownership: the caller frees `info` with strongroom_root_key_info_free().
/// - threads: any thread.
/// - errors: ALREADY_EXISTS when the store has an active root key there; CONFLICT while a rotation away
///   from it is not finished; INVALID_ARGUMENT and CONFIG when there is no such key backend, or it cannot
///   be used; UNSUPPORTED when the store can only be read; NOT_FOUND; UNAUTHENTICATED; UNAVAILABLE;
///   TIMEOUT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_init_keys(
    store: *mut strongroom_store,
    key_backend: *const c_char,
    info: *mut *mut strongroom_root_key_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let made = borrow("store", store)?.store().init_keys(text("key_backend", key_backend)?)?;
        if let Ok(info) = Output::new("info", info) {
            info_view(made).give(info);
        }
        Ok(())
    })
}

/// Frees what strongroom_init_keys() gave.
///
/// - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
/// - outputs: none.
/// - ownership: takes it; its texts go with it.
/// - threads: any thread, when no other uses it.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_root_key_info_free(info: *mut strongroom_root_key_info) {
    guarded!({ free_told(info) })
}

/// Retires a root key for good: it is never used again, nor is its id. The key itself is left where it
/// is: backups from before its rotation still need it.
///
/// - inputs: `store`; `key_backend` and `id`, as strongroom_root_keys() lists them.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: CONFLICT while it is active or wraps any key; NOT_FOUND when the store knows no such key;
///   INVALID_ARGUMENT; UNSUPPORTED when the store can only be read; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_retire_key(
    store: *mut strongroom_store,
    key_backend: *const c_char,
    id: *const c_char,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let (key_backend, id) = (text("key_backend", key_backend)?, text("id", id)?);
        borrow("store", store)?.store().retire_key(key_backend, &RootKeyId::new(id)?)
    })
}
