//! How far a long operation has come, told to a function of the caller's.

use std::ffi::{c_char, c_void};

use strongroom::Progress;

use crate::pointers::c_string;

/// Called now and then by a long operation, on the thread that called it: `what` is being done, as in
/// "reading versions"; `done` of `total`, which is 0 when it is not known.
///
/// It must return, not unwind, longjmp or throw, and not use or free what the operation works on.
pub type strongroom_progress =
    Option<unsafe extern "C" fn(context: *mut c_void, what: *const c_char, done: u64, total: u64)>;

/// The caller's function as the library wants it.
pub(crate) fn told_to(function: strongroom_progress, context: *mut c_void) -> impl FnMut(Progress) {
    move |progress| {
        if let Some(function) = function {
            let what = c_string(progress.what);
            // SAFETY: the caller gave the function and its context for this call.
            unsafe { function(context, what.as_ptr(), progress.done, progress.total.unwrap_or(0)) };
        }
    }
}
