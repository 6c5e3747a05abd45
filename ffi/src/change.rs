//! Changing what is there: states, dates, labels; destroying and erasing.

use std::collections::BTreeSet;
use std::ffi::c_char;

use strongroom::{Change, Dates, LABELS_LIMIT, LabelChanges, Result, Timestamp};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{array, flag, invalid, text};
use crate::put::labels;
use crate::status::strongroom_status;
use crate::store::{session, strongroom_store};
use crate::structs::{Growing, read_required};
use crate::views::strongroom_label;
use crate::words::state;

/// Changes of a version's dates. Begin with STRONGROOM_DATES_INIT; zero changes nothing. Times are
/// microseconds since the start of 1970, UTC.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_dates {
    /// The size of this struct: sizeof(strongroom_dates).
    pub struct_size: usize,
    /// When it becomes active, only while it is pre-active; 0 keeps it.
    pub activates_at: i64,
    /// When it expires, only while it is pre-active or active; 0 keeps it.
    pub expires_at: i64,
    /// 1 takes the activation date away.
    pub clear_activates_at: u32,
    /// 1 takes the expiry date away.
    pub clear_expires_at: u32,
}

// SAFETY: repr(C) without padding; numbers have no invalid value.
unsafe impl Growing for strongroom_dates {}

/// Changes of a secret's labels. Begin with STRONGROOM_LABEL_CHANGES_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_label_changes {
    /// The size of this struct: sizeof(strongroom_label_changes).
    pub struct_size: usize,
    /// Labels to set.
    pub set: *const strongroom_label,
    /// How many to set.
    pub set_len: usize,
    /// Names of labels to remove; one that is not there is no error.
    pub remove: *const *const c_char,
    /// How many to remove.
    pub remove_len: usize,
}

// SAFETY: repr(C) without padding; numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_label_changes {}

fn change(name: &str, time: i64, clear: u32) -> Result<Change<Timestamp>> {
    match (time, flag(name, clear)?) {
        (0, false) => Ok(Change::Keep),
        (0, true) => Ok(Change::Clear),
        (time, false) => Ok(Change::Set(Timestamp::from_micros(time))),
        _ => Err(invalid(format!("{name} is 1, and there is a date"), "give one of the two")),
    }
}

/// Takes a version to another state, if KMIP allows the step. To STRONGROOM_STATE_DESTROYED it is
/// strongroom_destroy().
///
/// - inputs: `store`; `path`, PROJECT/NAME; `version`, its number; `to`, one of STRONGROOM_STATE_...
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; CONFLICT when the step is not legal; INVALID_ARGUMENT; PENDING as
///   strongroom_destroy(), or when the version has the state and a backend that shows states, a KMIP
///   server, was not told: the same call tells it again; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_set_state(
    store: *mut strongroom_store,
    path: *const c_char,
    version: u32,
    to: u32,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        let to = state(to)?;
        session(store)?.set_state(&path, version, to)
    })
}

/// Changes when a version becomes active or expires.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `version`, its number; `dates`, the changes.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; CONFLICT when that has happened already; INVALID_ARGUMENT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_set_dates(
    store: *mut strongroom_store,
    path: *const c_char,
    version: u32,
    dates: *const strongroom_dates,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        let given = read_required("dates", dates)?;
        let dates = Dates {
            activates_at: change(
                "clear_activates_at",
                given.activates_at,
                given.clear_activates_at,
            )?,
            expires_at: change("clear_expires_at", given.expires_at, given.clear_expires_at)?,
        };
        session(store)?.set_dates(&path, version, &dates)
    })
}

/// Sets and removes labels of a secret.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `changes`.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; INVALID_ARGUMENT for labels that are too long, or more to remove than a secret may
///   have; QUOTA for too many; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_set_labels(
    store: *mut strongroom_store,
    path: *const c_char,
    changes: *const strongroom_label_changes,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        let given = read_required("changes", changes)?;
        let changes = LabelChanges {
            set: labels(given.set, given.set_len)?,
            remove: names(given.remove, given.remove_len)?,
        };
        session(store)?.label(&path, &changes)
    })
}

/// # Safety
/// `first` is NULL, or `len` texts.
unsafe fn names(first: *const *const c_char, len: usize) -> Result<BTreeSet<String>> {
    if len > LABELS_LIMIT {
        return Err(invalid(
            format!("{len} labels are more than a secret may have"),
            "give at most STRONGROOM_LABELS_LIMIT",
        ));
    }
    // SAFETY: as the caller promises.
    let names = unsafe { array("remove", first, len) }?;
    // SAFETY: as above.
    names.iter().map(|name| unsafe { text("remove", *name) }.map(str::to_owned)).collect()
}

/// Destroys the payload of a version; what is known of it stays, and says so.
///
/// - inputs: `store`; `path`, PROJECT/NAME; `version`, its number.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; CONFLICT while the version is active: deactivate it first; PENDING when it can
///   no longer be read but its bytes are not gone yet; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_destroy(
    store: *mut strongroom_store,
    path: *const c_char,
    version: u32,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        session(store)?.destroy(&path, version)
    })
}

/// Erases a secret with all its versions, in any state; its name is free at once.
///
/// After STRONGROOM_OK no operation gives a payload back, and no file that the store controls holds its
/// ciphertext.
///
/// - inputs: `store`; `path`, PROJECT/NAME.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; PENDING when it is invisible already and bytes remain, because a backup runs or
///   a reader holds a file: opening the store, or doctor, finishes it; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_erase(
    store: *mut strongroom_store,
    path: *const c_char,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let path = text("path", path)?.parse()?;
        session(store)?.erase(&path)
    })
}
