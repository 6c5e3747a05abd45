//! The one place that turns a return value of a module into an error of ours.

use cryptoki::error::{Error as TokenError, RvError};
use strongroom_backend::{Error, ErrorKind};

use crate::failure::{Failure, refuses_data};

/// The error that a caller sees. After work that is not `repeatable`, a failure that may have come in
/// the middle of it leaves the outcome unknown.
pub(crate) fn explain(failure: Failure, repeatable: bool) -> Error {
    let error = match failure {
        Failure::Ours(error) => return error,
        Failure::Token(error) => error,
    };
    match error {
        TokenError::Pkcs11(code, function) => {
            let (kind, what, next) = meaning(code, repeatable);
            Error::new(kind, format!("C_{function:?}: {what}"), next).with_native(native(code))
        }
        TokenError::NotSupported | TokenError::NullFunctionPointer => Error::new(
            ErrorKind::Unsupported,
            "the PKCS#11 module lacks a function",
            "see `strongroom hsm info`, or use another key backend",
        ),
        other => Error::new(
            ErrorKind::Internal,
            format!("the PKCS#11 module gave what could not be understood: {other}"),
            "please report this, with the name and version of the module",
        ),
    }
}

/// Whether the failure says that the token cannot do this, now or later.
pub(crate) fn is_unsupported(failure: &Failure) -> bool {
    let kind = match failure {
        Failure::Ours(error) => error.kind(),
        Failure::Token(TokenError::Pkcs11(code, _)) => meaning(*code, true).0,
        Failure::Token(TokenError::NotSupported | TokenError::NullFunctionPointer) => {
            ErrorKind::Unsupported
        }
        Failure::Token(_) => return false,
    };
    kind == ErrorKind::Unsupported
}

/// `CKR_…`, as the specification writes it.
pub(crate) fn native(code: RvError) -> String {
    if let RvError::VendorDefined(number) | RvError::UnknownErrorCode(number) = code {
        return match number {
            0x42 => "CKR_AEAD_DECRYPT_FAILED".to_string(),
            _ => format!("CKR_{number:#010X}"),
        };
    }
    let mut name = String::from("CKR");
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

type Meaning = (ErrorKind, &'static str, &'static str);

fn meaning(code: RvError, repeatable: bool) -> Meaning {
    use RvError::*;
    match code {
        code if refuses_data(code) => (
            ErrorKind::Corrupt,
            "the token refuses the data: it was altered, or made with another key",
            "restore it from a backup",
        ),
        PinIncorrect
        | PinInvalid
        | PinLenRange
        | PinLocked
        | PinExpired
        | UserPinNotInitialized
        | UserNotLoggedIn
        | UserTypeInvalid
        | UserAnotherAlreadyLoggedIn
        | UserTooManyTypes => user(code),
        TokenNotPresent | TokenNotRecognized | SlotIdInvalid => (
            ErrorKind::Unavailable,
            "the token is not there",
            "bring it back; the next call finds it, and nothing needs a restart",
        ),
        SessionCount => (
            ErrorKind::Unavailable,
            "the token has no session left",
            "close programs that hold its sessions, or lower `sessions`",
        ),
        KeyHandleInvalid
        | ObjectHandleInvalid
        | WrappingKeyHandleInvalid
        | UnwrappingKeyHandleInvalid => (
            ErrorKind::NotFound,
            "the token does not have the object any more",
            "run `strongroom keys check`; restore the token from its backup if keys are missing",
        ),
        DeviceMemory => (
            ErrorKind::StorageFull,
            "the token is full",
            "remove objects that are not needed, or use a bigger token",
        ),
        TokenWriteProtected | SessionReadOnly => {
            (ErrorKind::Denied, "the token may not be written to", "take its write protection away")
        }
        AttributeSensitive
        | KeyUnextractable
        | KeyNotWrappable
        | KeyFunctionNotPermitted
        | ActionProhibited
        | FunctionRejected => (
            ErrorKind::Denied,
            "the token does not allow this with the object",
            "run `strongroom keys check`: it names attributes that are not as they must be",
        ),
        MechanismInvalid
        | MechanismParamInvalid
        | FunctionNotSupported
        | KeySizeRange
        | KeyTypeInconsistent
        | WrappingKeySizeRange
        | WrappingKeyTypeInconsistent
        | UnwrappingKeySizeRange
        | UnwrappingKeyTypeInconsistent
        | TemplateIncomplete
        | TemplateInconsistent
        | AttributeTypeInvalid
        | AttributeValueInvalid
        | AttributeReadOnly
        | CurveNotSupported
        | DataLenRange => (
            ErrorKind::Unsupported,
            "the token cannot do this",
            "see `strongroom hsm info` for what it can do",
        ),
        ArgumentsBad | DataInvalid | BufferTooSmall | DomainParamsInvalid => (
            ErrorKind::Unsupported,
            "the token does not take what it was given",
            "see `strongroom hsm info`; report this if the token should take it",
        ),
        HostMemory
        | CryptokiNotInitialized
        | SessionHandleInvalid
        | CantLock
        | NeedToCreateThreads
        | LibraryLoadFailed
        | FipsSelfTestFailed => (
            ErrorKind::Unavailable,
            "the PKCS#11 module cannot work",
            "see the module's own log and the memory that is left",
        ),
        _ if repeatable => (
            ErrorKind::Unavailable,
            "the token failed",
            "try again; look at the token and its log if it stays so",
        ),
        _ => (
            ErrorKind::Timeout,
            "the token failed in the middle of it; the outcome is not known",
            "read back before trying again; look at the token and its log",
        ),
    }
}

fn user(code: RvError) -> Meaning {
    let (what, next) = match code {
        RvError::PinLocked => (
            "the user's PIN is locked",
            "let the security officer set it anew, as the token's manual says",
        ),
        RvError::PinExpired => {
            ("the user's PIN has expired", "change it with the token's own tool")
        }
        RvError::UserPinNotInitialized => (
            "the token has no user PIN yet",
            "let the security officer set one, as the token's manual says",
        ),
        RvError::UserNotLoggedIn => (
            "the token wants a login",
            "give the PIN's source; look for a part of this program that logs out",
        ),
        RvError::UserAnotherAlreadyLoggedIn | RvError::UserTooManyTypes => (
            "another user of the token is logged in from this program",
            "let the security officer's session end first",
        ),
        _ => (
            "the token refuses the PIN",
            "correct the PIN; it is not tried again, because tokens lock, so restart this program \
             if the token's PIN was changed to it",
        ),
    };
    (ErrorKind::Unauthenticated, what, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cryptoki::context::Function;

    #[test]
    fn codes_have_the_names_of_the_specification() {
        assert_eq!(native(RvError::SessionHandleInvalid), "CKR_SESSION_HANDLE_INVALID");
        assert_eq!(native(RvError::DeviceRemoved), "CKR_DEVICE_REMOVED");
        assert_eq!(native(RvError::RandomNoRng), "CKR_RANDOM_NO_RNG");
        assert_eq!(native(RvError::UnknownErrorCode(0x42)), "CKR_AEAD_DECRYPT_FAILED");
        assert_eq!(native(RvError::VendorDefined(0x8000_0001)), "CKR_0x80000001");
    }

    #[test]
    fn a_failure_in_the_middle_is_unavailable_only_when_it_left_nothing_behind() {
        let failure =
            || Failure::Token(TokenError::Pkcs11(RvError::DeviceError, Function::CreateObject));
        assert_eq!(explain(failure(), true).kind(), ErrorKind::Unavailable);
        let error = explain(failure(), false);
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.native(), Some("CKR_DEVICE_ERROR"));
        assert!(error.what().starts_with("C_CreateObject: "), "{error}");
    }
}
