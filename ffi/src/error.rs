//! Errors, as C sees them.

use std::ffi::{CString, c_char};
use std::ptr;

use strongroom::Error;

use crate::guard::guarded;
use crate::pointers::{borrow, c_line, free};
use crate::status::strongroom_status;

/// What went wrong: a status, a sentence that says what to do next, and where it happened.
///
/// Never holds secret bytes, a PIN or a password. Belongs to the caller, who frees it with
/// strongroom_error_free(); it outlives the store.
pub struct strongroom_error {
    status: strongroom_status,
    message: CString,
    what: CString,
    next: CString,
    backend: Option<CString>,
    native: Option<CString>,
}

impl strongroom_error {
    /// Makes an error that the caller owns.
    pub(crate) fn give(error: Error) -> *mut strongroom_error {
        Box::into_raw(Box::new(strongroom_error {
            status: error.kind().number().into(),
            message: c_line(&error.to_string()),
            what: c_line(error.what()),
            next: c_line(error.next()),
            backend: error.backend().map(c_line),
            native: error.native().map(c_line),
        }))
    }
}

/// A text of an error, or what stands for it when there is no error.
///
/// # Safety
/// `error` is NULL or an error that is not freed.
unsafe fn text_of(
    error: *const strongroom_error,
    pick: impl FnOnce(&strongroom_error) -> *const c_char,
    without: *const c_char,
) -> *const c_char {
    // SAFETY: as the caller promises.
    let found = unsafe { borrow("error", error) };
    found.map_or(without, pick)
}

/// Gives the status of an error: the one that the failed call returned.
///
/// - inputs: `error`, or NULL.
/// - outputs: the status; STRONGROOM_OK for NULL.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_status(
    error: *const strongroom_error,
) -> strongroom_status {
    guarded!({ borrow("error", error).map_or(0, |error| error.status) })
}

/// Gives the whole message: what happened, in which backend, and what to do next. One line of UTF-8.
///
/// - inputs: `error`, or NULL.
/// - outputs: the message; an empty text for NULL. Never NULL.
/// - ownership: the text belongs to the error and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_message(error: *const strongroom_error) -> *const c_char {
    guarded!({ text_of(error, |error| error.message.as_ptr(), c"".as_ptr()) })
}

/// Gives what happened, without the advice.
///
/// - inputs: `error`, or NULL.
/// - outputs: the text; an empty text for NULL. Never NULL.
/// - ownership: the text belongs to the error and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_what(error: *const strongroom_error) -> *const c_char {
    guarded!({ text_of(error, |error| error.what.as_ptr(), c"".as_ptr()) })
}

/// Gives what to do next.
///
/// - inputs: `error`, or NULL.
/// - outputs: the text; an empty text for NULL. Never NULL.
/// - ownership: the text belongs to the error and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_next(error: *const strongroom_error) -> *const c_char {
    guarded!({ text_of(error, |error| error.next.as_ptr(), c"".as_ptr()) })
}

/// Names the backend in which it happened.
///
/// - inputs: `error`, or NULL.
/// - outputs: the name; NULL when no backend is to blame.
/// - ownership: the text belongs to the error and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_backend(error: *const strongroom_error) -> *const c_char {
    let pick =
        |error: &strongroom_error| error.backend.as_ref().map_or(ptr::null(), |b| b.as_ptr());
    guarded!({ text_of(error, pick, ptr::null()) })
}

/// Gives the code of the layer below: CKR_..., a KMIP reason, an SQLSTATE, SQLITE_...
///
/// - inputs: `error`, or NULL.
/// - outputs: the code; NULL when there was none.
/// - ownership: the text belongs to the error and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_native(error: *const strongroom_error) -> *const c_char {
    let pick = |error: &strongroom_error| error.native.as_ref().map_or(ptr::null(), |n| n.as_ptr());
    guarded!({ text_of(error, pick, ptr::null()) })
}

/// Frees an error.
///
/// - inputs: `error`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the error; its texts go with it.
/// - threads: any thread, when no other uses the error.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_error_free(error: *mut strongroom_error) {
    guarded!({ free(error) })
}
