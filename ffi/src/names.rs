//! Names and ids, as people write them.

use std::ffi::c_char;

use strongroom::{SecretPath, StoreId};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, borrow, fill_buffer, text};
use crate::status::strongroom_status;

/// Checks the path of a secret, as every function that takes one does: PROJECT/NAME, or a NAME alone,
/// which is in the project "default".
///
/// - inputs: `path`.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: INVALID_ARGUMENT says what is wrong with it.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_path_check(
    path: *const c_char,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, { text("path", path)?.parse::<SecretPath>().map(|_| ()) })
}

/// Writes an id as a UUID: 01234567-89ab-cdef-0123-456789abcdef.
///
/// - inputs: `id`, STRONGROOM_ID_BYTES bytes; `buffer`, `capacity` bytes of room:
///   STRONGROOM_ID_TEXT_BYTES are enough. NULL asks for the size.
/// - outputs: the text with its zero byte in `buffer`; `len`, its length with the zero byte.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: BUFFER_TOO_SMALL, with the needed size in `len`.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_id_format(
    id: *const u8,
    buffer: *mut c_char,
    capacity: usize,
    len: *mut usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let len = Output::new("len", len)?;
        let id = StoreId::from_bytes(*borrow("id", id.cast::<[u8; 16]>())?);
        fill_buffer(buffer.cast(), capacity, len, format!("{id}\0").as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::STRONGROOM_ID_TEXT_BYTES;

    #[test]
    fn an_id_fills_its_room() {
        let (mut room, mut len) = ([0x7f as c_char; STRONGROOM_ID_TEXT_BYTES], 0);
        let id: Vec<u8> = (0xf0..=0xff).collect();
        // SAFETY: the pointers are to the variables above.
        let status = unsafe {
            let (room, capacity) = (room.as_mut_ptr(), room.len());
            strongroom_id_format(id.as_ptr(), room, capacity, &mut len, std::ptr::null_mut())
        };
        assert_eq!((status, len), (0, room.len()));
        let text: Vec<u8> = room.iter().map(|c| *c as u8).collect();
        assert_eq!(text, b"f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff\0");
    }
}
