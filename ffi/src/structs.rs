//! Structs that grow: each begins with the size that the caller's header gave it.

use std::mem::size_of;

use strongroom::Result;

use crate::pointers::{invalid, is_null};

/// The longest struct that is believed in.
const MOST: usize = 4096;

/// A struct that begins with `struct_size`, and in which zero everywhere means the defaults.
///
/// # Safety
/// `#[repr(C)]` without padding, the first field is `struct_size: usize`, every bit pattern is valid.
pub(crate) unsafe trait Growing: Copy {
    /// All defaults.
    fn zeroed() -> Self {
        // SAFETY: the trait promises that zero bytes are a value.
        unsafe { std::mem::zeroed() }
    }
}

/// Reads options of any age. NULL gives the defaults; bytes that only a newer header knows must be
/// zero.
///
/// # Safety
/// `pointer` is NULL, or a struct of the size that its first field says.
pub(crate) unsafe fn read<T: Growing>(name: &str, pointer: *const T) -> Result<T> {
    let mut value = T::zeroed();
    if pointer.is_null() {
        return Ok(value);
    }
    // SAFETY: not NULL, and as the caller promises.
    let given = unsafe { struct_size(name, pointer) }?;
    // SAFETY: `given` bytes are there, and are only looked at as bytes.
    let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), given) };
    let known = given.min(size_of::<T>());
    if bytes[known..].iter().any(|byte| *byte != 0) {
        return Err(invalid(
            format!("{name} has options that this version does not know"),
            "use a newer libstrongroom, or leave those options zero",
        ));
    }
    // SAFETY: at most the size of `value` is copied over it, and every bit pattern is valid.
    unsafe { (&raw mut value).cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), known) };
    Ok(value)
}

/// As [`read`], where there is nothing to do without the struct.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn read_required<T: Growing>(name: &str, pointer: *const T) -> Result<T> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: as the caller promises.
    unsafe { read(name, pointer) }
}

/// A caller's struct for a report, of any age.
pub(crate) struct Report<T> {
    place: *mut T,
    size: usize,
}

impl<T: Growing> Report<T> {
    /// The caller's struct, or nowhere for NULL.
    ///
    /// # Safety
    /// `pointer` is NULL, or a struct of the size that its first field says, until the call returns.
    pub(crate) unsafe fn new(name: &str, pointer: *mut T) -> Result<Report<T>> {
        if pointer.is_null() {
            return Ok(Report { place: pointer, size: 0 });
        }
        // SAFETY: as the caller promises.
        let size = unsafe { struct_size(name, pointer) }?;
        Ok(Report { place: pointer, size: size.min(size_of::<T>()) })
    }

    /// As [`new`](Self::new), where the report is all that the call is for.
    ///
    /// # Safety
    /// As [`new`](Self::new).
    pub(crate) unsafe fn required(name: &str, pointer: *mut T) -> Result<Report<T>> {
        if pointer.is_null() {
            return Err(is_null(name));
        }
        // SAFETY: as the caller promises.
        unsafe { Report::new(name, pointer) }
    }

    /// Writes as much of the report as the caller's struct has room for.
    pub(crate) fn write(self, value: T) {
        let skip = size_of::<usize>();
        if self.place.is_null() || self.size <= skip {
            return;
        }
        let value = (&raw const value).cast::<u8>();
        // SAFETY: both have `size` bytes; the caller's `struct_size` stays.
        unsafe {
            self.place
                .cast::<u8>()
                .add(skip)
                .copy_from_nonoverlapping(value.add(skip), self.size - skip);
        }
    }
}

/// # Safety
/// `pointer` is a struct that begins with its size.
unsafe fn struct_size<T>(name: &str, pointer: *const T) -> Result<usize> {
    // SAFETY: as the caller promises; alignment is not relied on.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    if (size_of::<usize>()..=MOST).contains(&size) {
        return Ok(size);
    }
    Err(invalid(
        format!("struct_size of {name} is {size}"),
        "begin with the _INIT macro of the struct",
    ))
}
