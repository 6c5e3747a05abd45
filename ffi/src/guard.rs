//! Nothing crosses the border as a panic: every exported function runs inside [`guarded!`].

use std::cell::Cell;
use std::ffi::c_int;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use strongroom::{Error, ErrorKind, Result};

use crate::error::strongroom_error;
use crate::status::{STRONGROOM_INTERNAL, STRONGROOM_OK, strongroom_status};

/// Runs the body of an exported function.
///
/// `guarded!(error, { … Ok(()) })` gives the status and hands the error out;
/// `guarded!({ … })` gives the value, or its default when the body panics.
macro_rules! guarded {
    ($error:expr, $body:block) => {
        // SAFETY: NULL is checked by what the body calls, and what is not NULL is what the header asks
        // the caller for.
        #[allow(unused_unsafe)]
        crate::guard::fallible($error, || unsafe { $body })
    };
    ($body:block) => {
        // SAFETY: as above.
        #[allow(unused_unsafe)]
        crate::guard::infallible(|| unsafe { $body })
    };
}
pub(crate) use guarded;

/// What a body may return for success.
pub(crate) trait Success {
    fn status(self) -> strongroom_status;
}

impl Success for () {
    fn status(self) -> strongroom_status {
        STRONGROOM_OK
    }
}

/// Iterators have two of them.
impl Success for strongroom_status {
    fn status(self) -> strongroom_status {
        self
    }
}

thread_local! {
    static PANICKED_AT: Cell<Option<String>> = const { Cell::new(None) };
}

/// The library's own copy of the standard library prints panics unless told not to. The message may
/// quote data, so only the place is kept.
fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
            let _ = PANICKED_AT.try_with(|cell| cell.set(place));
        }));
    });
}

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

/// A thread that the host cancels ends after the call. In the middle of it, it would be unwound through
/// Rust, which ends the process.
struct Uncancelled(c_int);

impl Uncancelled {
    fn new() -> Uncancelled {
        /// `PTHREAD_CANCEL_DISABLE` of Linux.
        const DISABLE: c_int = 1;
        let mut before = 0;
        // SAFETY: changes this thread alone, and writes the state that it had.
        unsafe { pthread_setcancelstate(DISABLE, &mut before) };
        Uncancelled(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        let mut ours = 0;
        // SAFETY: gives this thread the state back that it had.
        unsafe { pthread_setcancelstate(self.0, &mut ours) };
    }
}

fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    keep_panics_quiet();
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping it could panic again.
            std::mem::forget(payload);
            None
        }
    }
}

/// See [`guarded!`]. `out` is overwritten and never read: with NULL on success.
pub(crate) fn fallible<T: Success>(
    out: *mut *mut strongroom_error,
    body: impl FnOnce() -> Result<T>,
) -> strongroom_status {
    let _uncancelled = Uncancelled::new();
    let handed_out = caught(|| match body() {
        Ok(success) => (success.status(), std::ptr::null_mut()),
        Err(error) => (error.kind().number().into(), strongroom_error::give(error)),
    });
    let (status, error) = handed_out.unwrap_or_else(|| {
        (STRONGROOM_INTERNAL, caught(|| strongroom_error::give(panicked())).unwrap_or_default())
    });
    if !out.is_null() {
        // SAFETY: `out` is not NULL, and the caller gives a place for a pointer.
        unsafe { out.write(error) };
    } else if !error.is_null() {
        // SAFETY: made above, and nobody else has it.
        drop(unsafe { Box::from_raw(error) });
    }
    status
}

/// See [`guarded!`].
pub(crate) fn infallible<T: Default>(body: impl FnOnce() -> T) -> T {
    let _uncancelled = Uncancelled::new();
    caught(body).unwrap_or_default()
}

fn panicked() -> Error {
    let place = PANICKED_AT.with(Cell::take).unwrap_or_default();
    Error::new(
        ErrorKind::Internal,
        format!("a fault in Strongroom itself{place}"),
        "nothing is lost; report this with the place that it names",
    )
}
