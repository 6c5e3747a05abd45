//! Why work in a token failed, and what cures it.

use cryptoki::error::{Error as TokenError, RvError};
use strongroom_backend::{Error, ErrorKind};

/// What a piece of work in the token ends with when it does not succeed.
///
/// Errors of the token are kept as they are, so that the connection can tell a stale session from a
/// refusal: only what is really decided (a missing key, a damaged blob) becomes `Ours`.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The token, or the module, said so.
    Token(TokenError),
    /// Said by us, and handed to the caller as it is.
    Ours(Error),
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Failure {
        Failure::Token(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Ours(error)
    }
}

/// CKR_AEAD_DECRYPT_FAILED of PKCS#11 3.0, which the binding has no name for.
const AEAD_DECRYPT_FAILED: cryptoki_code::Code = 0x42;

mod cryptoki_code {
    /// CK_RV: an unsigned long.
    pub(super) type Code = std::ffi::c_ulong;
}

impl Failure {
    /// The token's return value, if it gave one.
    pub(crate) fn code(&self) -> Option<RvError> {
        match self {
            Failure::Token(TokenError::Pkcs11(code, _)) => Some(*code),
            _ => None,
        }
    }

    /// Whether this is also what a token looks like that was taken away: its module may answer that
    /// something went wrong, or that there are no such objects.
    pub(crate) fn makes_doubt_the_token(&self) -> bool {
        self.is_an_absence() || self.makes_doubt_the_session()
    }

    /// Whether something was looked for that is not there, or is not what it was: nothing was changed
    /// yet.
    pub(crate) fn is_an_absence(&self) -> bool {
        match self {
            Failure::Ours(error) => {
                matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt)
            }
            Failure::Token(_) => false,
        }
    }

    /// Whether nothing explains it but that the session is of no use any more, as after a restart of a
    /// device of which the module did not tell: the code says nothing, or what is known to be good does
    /// not open.
    fn makes_doubt_the_session(&self) -> bool {
        use RvError::*;
        match self {
            Failure::Ours(error) => error.kind() == ErrorKind::Unavailable,
            Failure::Token(_) => {
                let says_nothing = matches!(
                    self.code(),
                    Some(
                        GeneralError
                            | FunctionFailed
                            | OperationNotInitialized
                            | VendorDefined(_)
                            | UnknownErrorCode(_)
                    )
                );
                says_nothing && !self.refuses_data()
            }
        }
    }

    /// Whether the token refused the data itself: ciphertext, tag, signature or wrapped key.
    ///
    /// Not every token says so: SoftHSM answers CKR_GENERAL_ERROR to a wrong GCM tag.
    pub(crate) fn refuses_data(&self) -> bool {
        self.code().is_some_and(refuses_data)
    }
}

/// See [`Failure::refuses_data`].
pub(crate) fn refuses_data(code: RvError) -> bool {
    use RvError::*;
    matches!(
        code,
        EncryptedDataInvalid
            | EncryptedDataLenRange
            | SignatureInvalid
            | SignatureLenRange
            | WrappedKeyInvalid
            | WrappedKeyLenRange
            | UnknownErrorCode(AEAD_DECRYPT_FAILED)
    )
}

/// What makes the next try succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cure {
    /// Nothing that the connection could do.
    None,
    /// Looking the objects up again.
    FindAgain,
    /// Another session, to be safe: the token is there, and nothing explains the failure. It may have
    /// come in the middle of the work.
    Replace,
    /// Another session. The token knows the old one no more, or it is not to be trusted.
    Reconnect {
        /// Whether the old session still is the token's: only then is it ours to close. A number that
        /// the token gave away meanwhile may be a session of the host by now.
        close: bool,
        /// Whether the failed call certainly did nothing.
        no_effect: bool,
    },
}

impl Cure {
    pub(crate) fn of(failure: &Failure) -> Cure {
        use RvError::*;
        match failure.code() {
            Some(
                KeyHandleInvalid
                | ObjectHandleInvalid
                | WrappingKeyHandleInvalid
                | UnwrappingKeyHandleInvalid,
            ) => Cure::FindAgain,
            // The call found no session, no token, no login or no module: it did not begin.
            Some(SessionHandleInvalid | CryptokiNotInitialized) => {
                Cure::Reconnect { close: false, no_effect: true }
            }
            Some(TokenNotPresent | SlotIdInvalid | UserNotLoggedIn | OperationActive) => {
                Cure::Reconnect { close: true, no_effect: true }
            }
            // These may come in the middle of it.
            Some(SessionClosed | DeviceRemoved) => {
                Cure::Reconnect { close: false, no_effect: false }
            }
            Some(DeviceError) => Cure::Reconnect { close: true, no_effect: false },
            _ if failure.makes_doubt_the_session() => Cure::Replace,
            _ => Cure::None,
        }
    }

    /// Whether work may be done again after this cure.
    pub(crate) fn allows_again(self, repeatable: bool) -> bool {
        match self {
            Cure::None => false,
            Cure::FindAgain => true,
            Cure::Replace => repeatable,
            Cure::Reconnect { no_effect, .. } => no_effect || repeatable,
        }
    }
}
