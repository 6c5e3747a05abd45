//! Status codes. The numbers are those of `ErrorKind`, and of the command's exit codes.

use std::ffi::{CStr, c_char};

use crate::guard::guarded;

/// How a call went: `STRONGROOM_OK`, `STRONGROOM_DONE` from an iterator, or the number of what went
/// wrong. More may be added; treat one that you do not know as a failure.
pub type strongroom_status = u32;

/// Done as asked.
pub const STRONGROOM_OK: strongroom_status = 0;

/// An argument is not acceptable; nothing was done.
pub const STRONGROOM_INVALID_ARGUMENT: strongroom_status = 2;

/// No such project, secret, version, key or store.
pub const STRONGROOM_NOT_FOUND: strongroom_status = 10;

/// It exists already and would have been overwritten.
pub const STRONGROOM_ALREADY_EXISTS: strongroom_status = 11;

/// The state of the thing does not allow this, or somebody else was faster.
pub const STRONGROOM_CONFLICT: strongroom_status = 12;

/// The payload, or another input, is longer than its limit.
pub const STRONGROOM_TOO_LARGE: strongroom_status = 13;

/// The caller's buffer is too small; the needed size is given.
pub const STRONGROOM_BUFFER_TOO_SMALL: strongroom_status = 14;

/// This build, backend or medium cannot do it.
pub const STRONGROOM_UNSUPPORTED: strongroom_status = 15;

/// A limit on number or size of things is reached.
pub const STRONGROOM_QUOTA: strongroom_status = 16;

/// The principal may not do this, or a file may not be accessed.
pub const STRONGROOM_DENIED: strongroom_status = 20;

/// The principal could not be identified.
pub const STRONGROOM_UNAUTHENTICATED: strongroom_status = 21;

/// The root key is not in memory.
pub const STRONGROOM_SEALED: strongroom_status = 30;

/// The version's expiry date has passed.
pub const STRONGROOM_EXPIRED: strongroom_status = 40;

/// The version is pre-active, deactivated or compromised.
pub const STRONGROOM_NOT_ACTIVE: strongroom_status = 41;

/// The version's payload was destroyed.
pub const STRONGROOM_DESTROYED: strongroom_status = 42;

/// Accepted, but not finished; it will be finished later.
pub const STRONGROOM_PENDING: strongroom_status = 43;

/// A part did not answer and the operation certainly had no effect.
pub const STRONGROOM_UNAVAILABLE: strongroom_status = 50;

/// Time ran out and the outcome is not known: read back.
pub const STRONGROOM_TIMEOUT: strongroom_status = 51;

/// The disk, database or token is full; nothing was changed.
pub const STRONGROOM_STORAGE_FULL: strongroom_status = 52;

/// Stored data was altered, damaged or is missing.
pub const STRONGROOM_CORRUPT: strongroom_status = 60;

/// The handle was opened by the parent of this process: strongroom_store_reopen().
pub const STRONGROOM_FORKED: strongroom_status = 70;

/// The config, or a file that it names, is not usable.
pub const STRONGROOM_CONFIG: strongroom_status = 80;

/// A fault in Strongroom itself.
pub const STRONGROOM_INTERNAL: strongroom_status = 99;

/// From an iterator: there is nothing more. Not an error.
pub const STRONGROOM_DONE: strongroom_status = 256;

/// Gives the name of a status, in English: "not found".
///
/// - inputs: any number.
/// - outputs: the name; "unknown" for a number that this version does not have. Never NULL.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_status_name(status: strongroom_status) -> *const c_char {
    guarded!({ name(status) }).as_ptr()
}

fn name(status: strongroom_status) -> &'static CStr {
    match status {
        STRONGROOM_OK => c"ok",
        STRONGROOM_INVALID_ARGUMENT => c"invalid argument",
        STRONGROOM_NOT_FOUND => c"not found",
        STRONGROOM_ALREADY_EXISTS => c"already exists",
        STRONGROOM_CONFLICT => c"conflict",
        STRONGROOM_TOO_LARGE => c"too large",
        STRONGROOM_BUFFER_TOO_SMALL => c"buffer too small",
        STRONGROOM_UNSUPPORTED => c"unsupported",
        STRONGROOM_QUOTA => c"quota",
        STRONGROOM_DENIED => c"denied",
        STRONGROOM_UNAUTHENTICATED => c"unauthenticated",
        STRONGROOM_SEALED => c"sealed",
        STRONGROOM_EXPIRED => c"expired",
        STRONGROOM_NOT_ACTIVE => c"not active",
        STRONGROOM_DESTROYED => c"destroyed",
        STRONGROOM_PENDING => c"pending",
        STRONGROOM_UNAVAILABLE => c"unavailable",
        STRONGROOM_TIMEOUT => c"timeout",
        STRONGROOM_STORAGE_FULL => c"storage full",
        STRONGROOM_CORRUPT => c"corrupt",
        STRONGROOM_FORKED => c"forked",
        STRONGROOM_CONFIG => c"config",
        STRONGROOM_INTERNAL => c"internal",
        STRONGROOM_DONE => c"done",
        _ => c"unknown",
    }
}

#[cfg(test)]
mod tests {
    use strongroom::ErrorKind;

    use super::*;

    #[test]
    fn every_kind_of_error_has_its_status_and_its_name() {
        for kind in ErrorKind::ALL {
            assert_eq!(name(kind.number().into()).to_str().unwrap(), kind.name());
        }
        let named = (0..=1_000).filter(|status| name(*status) != c"unknown").count();
        assert_eq!(named, ErrorKind::ALL.len() + 2, "those, OK and DONE");
    }
}
