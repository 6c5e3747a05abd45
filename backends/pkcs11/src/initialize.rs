//! C_Initialize.
#![allow(
    unsafe_code,
    reason = "some modules want a string of their own beside the standard arguments"
)]

use std::ffi::CStr;
use std::ptr::NonNull;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};

/// Whether it was this call that initialised the module.
pub(crate) fn initialize(pkcs11: &Pkcs11, text: Option<&CStr>) -> Result<bool, TokenError> {
    let flags = CInitializeFlags::OS_LOCKING_OK;
    let arguments = match text.and_then(|text| NonNull::new(text.as_ptr().cast_mut())) {
        // SAFETY: a string that ends with NUL and outlives the call; what the module makes of it, its
        // user has asked for by name.
        Some(text) => unsafe { CInitializeArgs::new_with_reserved(flags, text.cast()) },
        None => CInitializeArgs::new(flags),
    };
    match pkcs11.initialize(arguments) {
        Ok(()) => Ok(true),
        Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(false),
        Err(error) => Err(error),
    }
}
