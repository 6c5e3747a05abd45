//! Root keys: which there are, and whether they are the store's own.

use std::ffi::c_char;

use strongroom::{KeyCheck, RootKeyInfo};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::health::strongroom_health_finding;
use crate::iterate::Items;
use crate::pointers::{Output, borrow, borrow_mut, free};
use crate::status::{STRONGROOM_OK, strongroom_status};
use crate::store::strongroom_store;
use crate::views::Told;

/// A root key that the store knows. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_root_key_info {
    /// The key backend that holds it, by its name in the config.
    pub backend: *const c_char,
    /// Its id.
    pub id: *const c_char,
    /// How many store and project keys it wraps.
    pub wraps: u64,
    /// When the store learned of it, in microseconds since the start of 1970, UTC.
    pub created_at: i64,
    /// Its state: one of STRONGROOM_KEY_...
    pub state: u32,
    /// 1 when the key backend has it now.
    pub at_hand: u32,
}

/// The outcome of testing a root key. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_key_check {
    /// The key backend that holds it, by its name in the config.
    pub backend: *const c_char,
    /// Its id.
    pub id: *const c_char,
    /// What is wrong and what to do about it; NULL when nothing is.
    pub message: *const c_char,
    /// STRONGROOM_OK when it is at hand and is the key that the store knows.
    pub status: strongroom_status,
    /// 0.
    pub reserved: u32,
    /// How the key backend keeps it, a pointer for each finding: for a token, whether it is sensitive
    /// and can never leave. A STRONGROOM_SEVERITY_ERROR among them means that it is not kept as it must
    /// be.
    pub findings: *const *const strongroom_health_finding,
    /// How many findings.
    pub findings_len: usize,
}

/// A list of root keys, for strongroom_root_key_list_next().
pub struct strongroom_root_key_list(Items<RootKeyInfo, strongroom_root_key_info>);

/// A list of outcomes, for strongroom_key_check_list_next().
pub struct strongroom_key_check_list(Items<KeyCheck, strongroom_key_check>);

pub(crate) fn info_view(info: RootKeyInfo) -> Box<Told<strongroom_root_key_info>> {
    Told::new(|texts| strongroom_root_key_info {
        backend: texts.add(&info.backend),
        id: texts.add(&info.id),
        wraps: info.wraps,
        created_at: info.created_at.micros(),
        state: info.state.number().into(),
        at_hand: info.at_hand.into(),
    })
}

fn check_view(check: KeyCheck) -> Box<Told<strongroom_key_check>> {
    Told::new(|texts| {
        let (findings, findings_len) = texts.add_findings(check.findings);
        strongroom_key_check {
            backend: texts.add(&check.backend),
            id: texts.add(&check.id.to_string()),
            message: match &check.result {
                Ok(_) => std::ptr::null(),
                Err(error) => texts.add_line(&error.to_string()),
            },
            status: check.result.as_ref().err().map_or(STRONGROOM_OK, |e| e.kind().number().into()),
            reserved: 0,
            findings,
            findings_len,
        }
    })
}

/// Lists every root key that the store knows.
///
/// - inputs: `store`.
/// - outputs: `list`, for strongroom_root_key_list_next().
/// - ownership: the caller frees the list with strongroom_root_key_list_free().
/// - threads: any thread.
/// - errors: CORRUPT; FORKED; INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_root_keys(
    store: *const strongroom_store,
    list: *mut *mut strongroom_root_key_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let found = borrow("store", store)?.store().root_keys()?;
        list.give(strongroom_root_key_list(Items::all(found, info_view)));
        Ok(())
    })
}

/// Gives the next root key of a list.
///
/// - inputs: `list`.
/// - outputs: `info`; as it was when there is nothing more.
/// - ownership: the list owns what `info` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_root_key_list_next(
    list: *mut strongroom_root_key_list,
    info: *mut *const strongroom_root_key_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Output::new("info", info)?;
        borrow_mut("list", list)?.0.next(info)
    })
}

/// Frees a list.
///
/// - inputs: `list`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the list; its last item goes with it.
/// - threads: any thread, when no other uses the list.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_root_key_list_free(list: *mut strongroom_root_key_list) {
    guarded!({ free(list) })
}

/// Tests for real that each root key is at hand and the one that the store knows, and how it is kept. A
/// key that is not is an item of the list, not an error of this call. A retired key is not looked for, and a
/// finding says so.
///
/// - inputs: `store`.
/// - outputs: `list`, for strongroom_key_check_list_next().
/// - ownership: the caller frees the list with strongroom_key_check_list_free().
/// - threads: any thread.
/// - errors: CORRUPT; FORKED; INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_check_keys(
    store: *const strongroom_store,
    list: *mut *mut strongroom_key_check_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let found = borrow("store", store)?.store().check_keys()?;
        list.give(strongroom_key_check_list(Items::all(found, check_view)));
        Ok(())
    })
}

/// Gives the next outcome of a list.
///
/// - inputs: `list`.
/// - outputs: `check`; as it was when there is nothing more.
/// - ownership: the list owns what `check` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_key_check_list_next(
    list: *mut strongroom_key_check_list,
    check: *mut *const strongroom_key_check,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let check = Output::new("check", check)?;
        borrow_mut("list", list)?.0.next(check)
    })
}

/// Frees a list.
///
/// - inputs: `list`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the list; its last item goes with it.
/// - threads: any thread, when no other uses the list.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_key_check_list_free(list: *mut strongroom_key_check_list) {
    guarded!({ free(list) })
}
