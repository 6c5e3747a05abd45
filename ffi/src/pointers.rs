//! Everything that touches a caller's pointer: NULL is refused by the argument's name, text must be
//! UTF-8, and an output is written only on success.

use std::ffi::{CStr, CString, c_char};

use strongroom::{Error, ErrorKind, Result};

pub(crate) fn invalid(what: impl Into<String>, next: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, what, next)
}

pub(crate) fn is_null(name: &str) -> Error {
    invalid(format!("the argument {name} is NULL"), "give a value")
}

/// What an argument points to.
///
/// # Safety
/// `pointer` is NULL, or valid for `'a`.
pub(crate) unsafe fn borrow<'a, T>(name: &str, pointer: *const T) -> Result<&'a T> {
    // SAFETY: as the caller promises.
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(name))
}

/// As [`borrow`], to change it.
///
/// # Safety
/// `pointer` is NULL, or valid for `'a` and used by nobody else meanwhile.
pub(crate) unsafe fn borrow_mut<'a, T>(name: &str, pointer: *mut T) -> Result<&'a mut T> {
    // SAFETY: as the caller promises.
    unsafe { pointer.as_mut() }.ok_or_else(|| is_null(name))
}

/// Text that must be there.
///
/// # Safety
/// `pointer` is NULL, or a string that ends with a zero byte and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(name: &str, pointer: *const c_char) -> Result<&'a str> {
    // SAFETY: as the caller promises.
    unsafe { optional_text(name, pointer) }?.ok_or_else(|| is_null(name))
}

/// Text that may be missing.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(
    name: &str,
    pointer: *const c_char,
) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and as the caller promises.
    let text = unsafe { CStr::from_ptr(pointer) };
    let not_utf8 = |_| invalid(format!("the argument {name} is not UTF-8"), "give UTF-8 text");
    text.to_str().map(Some).map_err(not_utf8)
}

/// Bytes, at most `limit` of them. NULL is fine for none.
///
/// # Safety
/// `data` is NULL, or `len` bytes that stay as they are for `'a`.
pub(crate) unsafe fn bytes<'a>(
    name: &str,
    data: *const u8,
    len: usize,
    limit: usize,
) -> Result<&'a [u8]> {
    if len > limit {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the argument {name} of {len} bytes is longer than {limit}"),
            "give less",
        ));
    }
    // SAFETY: as the caller promises; `len` is within the limit.
    unsafe { array(name, data, len) }
}

/// `len` items. NULL is fine for none.
///
/// # Safety
/// `first` is NULL, or `len` items that stay as they are for `'a`.
pub(crate) unsafe fn array<'a, T>(name: &str, first: *const T, len: usize) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    if first.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: not NULL, and as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(first, len) })
}

/// A place for a result, proven not to be NULL before the work begins.
pub(crate) struct Output<T>(*mut T);

impl<T> Output<T> {
    /// The caller's place for a result.
    ///
    /// # Safety
    /// `pointer` is NULL, or a place for a `T` until the call returns.
    pub(crate) unsafe fn new(name: &str, pointer: *mut T) -> Result<Output<T>> {
        if pointer.is_null() {
            return Err(is_null(name));
        }
        Ok(Output(pointer))
    }

    /// Writes the result; what was there is not read.
    pub(crate) fn write(self, value: T) {
        // SAFETY: `new` was promised so.
        unsafe { self.0.write(value) };
    }
}

impl<T> Output<*mut T> {
    /// Hands a new object out, which the caller frees.
    pub(crate) fn give(self, object: T) {
        self.write(Box::into_raw(Box::new(object)));
    }
}

/// Takes an object back and drops it. NULL is fine.
///
/// # Safety
/// `pointer` is NULL, or was handed out by [`Output::give`] and is not used any more.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: as the caller promises.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// A yes or no that crossed the border as a number.
pub(crate) fn flag(name: &str, number: u32) -> Result<bool> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(invalid(format!("{name} is {number}"), "give 0 or 1")),
    }
}

/// Text for C. A zero byte, which our own texts never have, would end it early.
pub(crate) fn c_string(text: &str) -> CString {
    let until_zero = text.split('\0').next().unwrap_or_default();
    CString::new(until_zero).unwrap_or_default()
}

/// One line of text for C: a path may hold a line break, or commands for a terminal.
pub(crate) fn c_line(text: &str) -> CString {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    c_string(&line)
}

/// Copies `bytes` into a caller's buffer. `len` gets the length, also when the buffer is too short.
///
/// # Safety
/// `buffer` is NULL, or a place for `capacity` bytes until the call returns.
pub(crate) unsafe fn fill_buffer(
    buffer: *mut u8,
    capacity: usize,
    len: Output<usize>,
    bytes: &[u8],
) -> Result<()> {
    len.write(bytes.len());
    if buffer.is_null() {
        return Ok(());
    }
    if capacity < bytes.len() {
        return Err(Error::new(
            ErrorKind::BufferTooSmall,
            format!("the buffer of {capacity} bytes is too small for {}", bytes.len()),
            "call again with a buffer of the size that was given",
        ));
    }
    // SAFETY: the buffer has room, is the caller's, and so is no part of ours.
    unsafe { buffer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_control_characters() {
        let line = c_line("a\nb\x1b[31m\0\u{9b}é");
        assert_eq!(line.to_str().unwrap(), r"a\nb\u{1b}[31m\u{0}\u{9b}é");
    }
}
