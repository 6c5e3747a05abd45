//! Tampering told from a device that does not work.

use cryptoki::error::RvError;
use strongroom_backend::{Error, ErrorKind};

use crate::errors::native;
use crate::failure::Failure;

/// Opens something that may have been altered.
///
/// Tokens answer altered data with codes that they also use when they are broken. So when `open` is
/// refused, `canary` has the same key on the same session open something that is known to be good.
/// If that works, and `open` is refused again, then the data is at fault: `Corrupt`. Otherwise the
/// answer is what the token said to the canary.
pub(crate) fn opened<T>(
    open: impl Fn() -> Result<T, Failure>,
    canary: impl FnOnce() -> Result<(), Failure>,
) -> Result<T, Failure> {
    match open() {
        Ok(opened) => return Ok(opened),
        Err(refusal) if may_mean_tampering(&refusal) => {}
        Err(failure) => return Err(failure),
    }
    canary().map_err(not_of_the_caller)?;
    // Once more: a token that failed for a moment is no reason to call the data damaged.
    open().map_err(|again| if may_mean_tampering(&again) { tampered(&again) } else { again })
}

/// Whether what a canary opened is what it had encrypted.
pub(crate) fn same(opened: bool) -> Result<(), Failure> {
    if opened { Ok(()) } else { Err(Failure::Ours(does_not_work())) }
}

/// The failure of a token at what it has just made itself: whatever it says of the data, the token is at
/// fault.
pub(crate) fn not_of_the_data(failure: Failure) -> Failure {
    let corrupt = matches!(&failure, Failure::Ours(e) if e.kind() == ErrorKind::Corrupt);
    if corrupt || failure.refuses_data() { broken(&failure) } else { failure }
}

/// The failure of a token at a canary: it was given nothing but what it takes on other days.
fn not_of_the_caller(failure: Failure) -> Failure {
    use RvError::*;
    match failure.code() {
        Some(ArgumentsBad | DataInvalid | DataLenRange | BufferTooSmall) => broken(&failure),
        _ => not_of_the_data(failure),
    }
}

fn broken(failure: &Failure) -> Failure {
    let error = does_not_work();
    Failure::Ours(match failure.code() {
        Some(code) => error.with_native(native(code)),
        None => error,
    })
}

fn does_not_work() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the token does not decrypt what it has just encrypted",
        "check the token with the tools of its maker",
    )
}

fn tampered(refusal: &Failure) -> Failure {
    let error = Error::new(
        ErrorKind::Corrupt,
        "the token refuses to decrypt: the data was altered, or belongs to another key",
        "run `strongroom doctor`, and restore from a backup what it names",
    );
    Failure::Ours(match refusal.code() {
        Some(code) => error.with_native(native(code)),
        None => error,
    })
}

/// Whether a token may say this of a tag that does not match. What says that it cannot do the mechanism
/// is no word about the data. SoftHSM says GENERAL_ERROR, NSS and
/// kryoptic ENCRYPTED_DATA_INVALID.
fn may_mean_tampering(failure: &Failure) -> bool {
    let Some(code) = failure.code() else { return false };
    matches!(
        code,
        RvError::GeneralError
            | RvError::FunctionFailed
            | RvError::DeviceError
            | RvError::ArgumentsBad
            | RvError::DataInvalid
            | RvError::DataLenRange
            | RvError::EncryptedDataInvalid
            | RvError::EncryptedDataLenRange
            | RvError::SignatureInvalid
            | RvError::WrappedKeyInvalid
            | RvError::WrappedKeyLenRange
            | RvError::BufferTooSmall
            | RvError::VendorDefined(_)
            | RvError::UnknownErrorCode(_)
    )
}
