//! Times: microseconds since the start of 1970, UTC. Where a time may be missing, 0 says so.

use std::ffi::c_char;

use strongroom::Timestamp;

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, fill_buffer, text};
use crate::status::strongroom_status;

/// Reads a time as RFC 3339 writes it: 2026-11-22T10:30:00Z.
///
/// - inputs: `time`, the text.
/// - outputs: `micros`, microseconds since the start of 1970, UTC.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_timestamp_parse(
    time: *const c_char,
    micros: *mut i64,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let micros = Output::new("micros", micros)?;
        micros.write(text("time", time)?.parse::<Timestamp>()?.micros());
        Ok(())
    })
}

/// Writes a time as RFC 3339 does, in UTC.
///
/// - inputs: `micros`; `buffer`, `capacity` bytes of room: STRONGROOM_TIMESTAMP_BYTES are always
///   enough. NULL asks for the size.
/// - outputs: the text with its zero byte in `buffer`; `len`, its length with the zero byte.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: BUFFER_TOO_SMALL, with the needed size in `len`.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_timestamp_format(
    micros: i64,
    buffer: *mut c_char,
    capacity: usize,
    len: *mut usize,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let len = Output::new("len", len)?;
        let text = format!("{}\0", Timestamp::from_micros(micros));
        fill_buffer(buffer.cast(), capacity, len, text.as_bytes())
    })
}

/// A time that may be missing, for C.
pub(crate) fn micros(time: Option<Timestamp>) -> i64 {
    time.map_or(0, Timestamp::micros)
}

/// A time that may be missing, from C.
pub(crate) fn timestamp(micros: i64) -> Option<Timestamp> {
    (micros != 0).then(|| Timestamp::from_micros(micros))
}
