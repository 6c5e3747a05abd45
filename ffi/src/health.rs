//! Health of a store, and of the memory that holds secrets.

use std::ffi::c_char;
use std::ptr;

use strongroom::{Health, Severity};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::iterate::Items;
use crate::pointers::{Output, borrow, borrow_mut, free};
use crate::status::strongroom_status;
use crate::store::strongroom_store;
use crate::views::{Texts, Told};

/// The part works.
pub const STRONGROOM_SEVERITY_OK: u32 = 0;

/// The part works, but somebody should act.
pub const STRONGROOM_SEVERITY_WARNING: u32 = 1;

/// The part does not work.
pub const STRONGROOM_SEVERITY_ERROR: u32 = 2;

/// Gives the word for a severity.
///
/// - inputs: one of STRONGROOM_SEVERITY_...
/// - outputs: the word; NULL for any other number.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_severity_name(number: u32) -> *const c_char {
    guarded!({
        match number {
            STRONGROOM_SEVERITY_OK => c"ok".as_ptr(),
            STRONGROOM_SEVERITY_WARNING => c"warning".as_ptr(),
            STRONGROOM_SEVERITY_ERROR => c"error".as_ptr(),
            _ => ptr::null(),
        }
    })
}

/// One finding about one part. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_health_finding {
    /// The part, in words that stay the same: "metadata", "clock", "keyring main".
    pub part: *const c_char,
    /// What was found, and what to do about it.
    pub message: *const c_char,
    /// How bad it is: one of STRONGROOM_SEVERITY_...
    pub severity: u32,
    /// 0.
    pub reserved: u32,
}

/// A list of findings, for strongroom_health_list_next().
pub struct strongroom_health_list(Items<Health, strongroom_health_finding>);

pub(crate) fn view(texts: &mut Texts, health: Health) -> strongroom_health_finding {
    strongroom_health_finding {
        part: texts.add_line(&health.part),
        message: texts.add_line(&health.message),
        severity: match health.severity {
            Severity::Ok => STRONGROOM_SEVERITY_OK,
            Severity::Warning => STRONGROOM_SEVERITY_WARNING,
            Severity::Error => STRONGROOM_SEVERITY_ERROR,
        },
        reserved: 0,
    }
}

fn alone(health: Health) -> Box<Told<strongroom_health_finding>> {
    Told::new(|texts| view(texts, health))
}

/// Tests every part for real: metadata, root keys, key backends, backends, clock. Warns until a backup
/// exists, and 30 days before a version expires.
///
/// What does not work is a finding, not an error of this call.
///
/// - inputs: `store`.
/// - outputs: `list`, for strongroom_health_list_next().
/// - ownership: the caller frees the list with strongroom_health_list_free().
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_health(
    store: *const strongroom_store,
    list: *mut *mut strongroom_health_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let findings = borrow("store", store)?.store().health();
        list.give(strongroom_health_list(Items::all(findings, alone)));
        Ok(())
    })
}

/// Gives the next finding of a list.
///
/// - inputs: `list`.
/// - outputs: `finding`; as it was when there is nothing more.
/// - ownership: the list owns what `finding` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_health_list_next(
    list: *mut strongroom_health_list,
    finding: *mut *const strongroom_health_finding,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let finding = Output::new("finding", finding)?;
        borrow_mut("list", list)?.0.next(finding)
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
pub unsafe extern "C" fn strongroom_health_list_free(list: *mut strongroom_health_list) {
    guarded!({ free(list) })
}

/// Tells how much secret memory of this process cannot be swapped out, and how much could, because the
/// limit (`ulimit -l`) is reached.
///
/// - inputs: none.
/// - outputs: `locked` and `unlocked`, in bytes.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_memory_status(
    locked: *mut usize,
    unlocked: *mut usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let (locked, unlocked) =
            (Output::new("locked", locked)?, Output::new("unlocked", unlocked)?);
        let status = strongroom::memory_status();
        locked.write(status.locked);
        unlocked.write(status.unlocked);
        Ok(())
    })
}
