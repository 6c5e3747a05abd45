//! Payloads in the library's own memory.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::ptr;

use strongroom::{Fetched, SecretBytes};

use crate::guard::guarded;
use crate::pointers::{array, borrow, c_string, free};

/// A payload, in memory that is locked where the limit allows, left out of core dumps, zero in a forked
/// child, and wiped by strongroom_secret_free(). It outlives the store that it came from.
pub struct strongroom_secret {
    payload: SecretBytes,
    version: u32,
    secret_type: u32,
    content_type: Option<CString>,
}

impl From<Fetched> for strongroom_secret {
    fn from(fetched: Fetched) -> strongroom_secret {
        strongroom_secret {
            payload: fetched.payload,
            version: fetched.version,
            secret_type: fetched.secret_type.number().into(),
            content_type: fetched.content_type.as_deref().map(c_string),
        }
    }
}

/// Gives the bytes of a payload. They do not end with a zero byte, and may contain some.
///
/// - inputs: `secret`, or NULL.
/// - outputs: the first of strongroom_secret_len() bytes; NULL for NULL.
/// - ownership: the bytes belong to the secret and are wiped with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_data(secret: *const strongroom_secret) -> *const u8 {
    guarded!({ borrow("secret", secret).map_or(ptr::null(), |secret| secret.payload.as_ptr()) })
}

/// Gives the length of a payload in bytes: 1 to STRONGROOM_PAYLOAD_LIMIT.
///
/// - inputs: `secret`, or NULL.
/// - outputs: the length; 0 for NULL.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_len(secret: *const strongroom_secret) -> usize {
    guarded!({ borrow("secret", secret).map_or(0, |secret| secret.payload.len()) })
}

/// Gives the number of the version that the payload is.
///
/// - inputs: `secret`, or NULL.
/// - outputs: the number, from 1; 0 for NULL.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_version(secret: *const strongroom_secret) -> u32 {
    guarded!({ borrow("secret", secret).map_or(0, |secret| secret.version) })
}

/// Gives what the secret is: one of STRONGROOM_TYPE_...
///
/// - inputs: `secret`, or NULL.
/// - outputs: the type; 0 for NULL.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_type(secret: *const strongroom_secret) -> u32 {
    guarded!({ borrow("secret", secret).map_or(0, |secret| secret.secret_type) })
}

/// Gives the media type that the secret was given.
///
/// - inputs: `secret`, or NULL.
/// - outputs: the media type; NULL when there is none.
/// - ownership: the text belongs to the secret and goes with it.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_content_type(
    secret: *const strongroom_secret,
) -> *const c_char {
    guarded!({
        let content_type = borrow("secret", secret).ok().and_then(|s| s.content_type.as_ref());
        content_type.map_or(ptr::null(), |text| text.as_ptr())
    })
}

/// Tells whether a payload is equal to other bytes, in a time that depends on the lengths alone.
///
/// - inputs: `secret`; `data` and `len`, the other bytes. NULL equals nothing.
/// - outputs: 1 when they are equal, else 0.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_equals(
    secret: *const strongroom_secret,
    data: *const u8,
    len: usize,
) -> u32 {
    guarded!({
        let equal = borrow("secret", secret).and_then(|secret| {
            if len != secret.payload.len() {
                return Ok(false);
            }
            Ok(secret.payload.equals(array("data", data, len)?))
        });
        u32::from(equal.unwrap_or(false))
    })
}

/// Wipes a payload and frees it.
///
/// - inputs: `secret`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the secret; its bytes are gone.
/// - threads: any thread, when no other uses the secret.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_free(secret: *mut strongroom_secret) {
    guarded!({ free(secret) })
}

/// Overwrites a caller's own bytes with zeros, in a way that no compiler leaves out.
///
/// - inputs: `data` and `len`, the bytes. NULL does nothing.
/// - outputs: the bytes are zero.
/// - ownership: nothing changes hands.
/// - threads: any thread, when no other uses the bytes.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_wipe(data: *mut u8, len: usize) {
    guarded!({
        if !data.is_null() && len > 0 && len <= isize::MAX as usize {
            let bytes = std::slice::from_raw_parts_mut(data.cast::<MaybeUninit<u8>>(), len);
            zeroize::Zeroize::zeroize(bytes);
        }
    })
}
