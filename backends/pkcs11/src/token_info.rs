//! C_GetTokenInfo.
//!
//! The binding refuses all that a token tells when it cannot read the time on the token's clock, and
//! openCryptoki writes that time in a way of its own. Nobody here asks for the time.
#![allow(unsafe_code, reason = "the binding has no way to the function itself")]

use std::path::Path;

use cryptoki::context::{Function, Pkcs11};
use cryptoki::error::{Error as TokenError, Rv, RvError};
use cryptoki::slot::{self, Limit, Slot};
use cryptoki_sys::{
    CK_FLAGS, CK_TOKEN_INFO, CK_ULONG, CK_VERSION, CKF_LOGIN_REQUIRED,
    CKF_PROTECTED_AUTHENTICATION_PATH, CKF_TOKEN_INITIALIZED, CKF_USER_PIN_FINAL_TRY,
    CKF_USER_PIN_LOCKED,
};

/// What a token tells about itself. Texts are without their padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    label: String,
    manufacturer: String,
    model: String,
    serial: String,
    flags: CK_FLAGS,
    sessions: Option<u64>,
    hardware: String,
    firmware: String,
}

impl TokenInfo {
    /// Asks the token in a slot. The module is loaded and initialised.
    pub(crate) fn read(
        module: &Path,
        pkcs11: &Pkcs11,
        slot: Slot,
    ) -> Result<TokenInfo, TokenError> {
        match pkcs11.get_token_info(slot) {
            Ok(info) => Ok(TokenInfo::from(&info)),
            Err(TokenError::ParseInt(_) | TokenError::Utf8(_)) => unread(module, slot),
            Err(error) => Err(error),
        }
    }

    /// CKA label of the token.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Who made it.
    pub fn manufacturer_id(&self) -> &str {
        &self.manufacturer
    }

    /// What it is.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Its serial number, which is not always a number.
    pub fn serial_number(&self) -> &str {
        &self.serial
    }

    /// The most sessions that one program may have open; `None` when the token does not tell, or sets
    /// no limit.
    pub fn max_session_count(&self) -> Option<u64> {
        self.sessions
    }

    /// The version of the hardware, as in `2.6`.
    pub fn hardware_version(&self) -> &str {
        &self.hardware
    }

    /// The version of the firmware, as in `2.6`.
    pub fn firmware_version(&self) -> &str {
        &self.firmware
    }

    /// Whether it was initialised.
    pub fn token_initialized(&self) -> bool {
        self.has(CKF_TOKEN_INITIALIZED)
    }

    /// Whether keys can be used only after a login.
    pub fn login_required(&self) -> bool {
        self.has(CKF_LOGIN_REQUIRED)
    }

    /// Whether the PIN is entered at the token itself.
    pub fn protected_authentication_path(&self) -> bool {
        self.has(CKF_PROTECTED_AUTHENTICATION_PATH)
    }

    /// Whether one more wrong PIN of the user locks it.
    pub fn user_pin_final_try(&self) -> bool {
        self.has(CKF_USER_PIN_FINAL_TRY)
    }

    /// Whether the user's PIN is locked.
    pub fn user_pin_locked(&self) -> bool {
        self.has(CKF_USER_PIN_LOCKED)
    }

    fn has(&self, flag: CK_FLAGS) -> bool {
        self.flags & flag != 0
    }
}

/// The same past the binding. Not the first way: p11-kit gives whoever asks for its functions another
/// list, which has to be initialised by itself.
fn unread(module: &Path, slot: Slot) -> Result<TokenInfo, TokenError> {
    let missing = TokenError::Pkcs11(RvError::FunctionNotSupported, Function::GetTokenInfo);
    let answered = |rv| Rv::from(rv).into_result(Function::GetTokenInfo);
    // SAFETY: the module is loaded already, so that this only finds it again; nothing of it runs.
    let library = unsafe { cryptoki_sys::Pkcs11::new(module) }?;
    let Ok(get_function_list) = library.C_GetFunctionList else { return Err(missing) };
    let mut list = std::ptr::null_mut();
    // SAFETY: the function of the standard, with a place for its answer.
    answered(unsafe { get_function_list(&mut list) })?;
    // SAFETY: the module gave this list, or none; it lives as long as the module.
    let get_token_info = unsafe { list.as_ref() }.and_then(|list| list.C_GetTokenInfo);
    let Some(get_token_info) = get_token_info else { return Err(missing) };
    let mut info = CK_TOKEN_INFO::default();
    // SAFETY: as above.
    answered(unsafe { get_token_info(slot.into(), &mut info) })?;
    Ok(TokenInfo::from(&info))
}

impl From<&slot::TokenInfo> for TokenInfo {
    fn from(info: &slot::TokenInfo) -> TokenInfo {
        let flag = |set: bool, flag: CK_FLAGS| if set { flag } else { 0 };
        let flags = flag(info.token_initialized(), CKF_TOKEN_INITIALIZED)
            | flag(info.login_required(), CKF_LOGIN_REQUIRED)
            | flag(info.protected_authentication_path(), CKF_PROTECTED_AUTHENTICATION_PATH)
            | flag(info.user_pin_final_try(), CKF_USER_PIN_FINAL_TRY)
            | flag(info.user_pin_locked(), CKF_USER_PIN_LOCKED);
        TokenInfo {
            label: info.label().to_string(),
            manufacturer: info.manufacturer_id().to_string(),
            model: info.model().to_string(),
            serial: info.serial_number().to_string(),
            flags,
            sessions: match info.max_session_count() {
                Limit::Max(count) => Some(count),
                _ => None,
            },
            hardware: info.hardware_version().to_string(),
            firmware: info.firmware_version().to_string(),
        }
    }
}

impl From<&CK_TOKEN_INFO> for TokenInfo {
    fn from(info: &CK_TOKEN_INFO) -> TokenInfo {
        TokenInfo {
            label: text(&info.label),
            manufacturer: text(&info.manufacturerID),
            model: text(&info.model),
            serial: text(&info.serialNumber),
            flags: info.flags,
            // CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION all ones.
            #[allow(clippy::unnecessary_cast, reason = "shorter on some processors")]
            sessions: Some(info.ulMaxSessionCount)
                .filter(|count| !matches!(*count, 0 | CK_ULONG::MAX))
                .map(|count| count as u64),
            hardware: version(info.hardwareVersion),
            firmware: version(info.firmwareVersion),
        }
    }
}

/// Without the blanks that the standard pads with, and the zeros that some tokens do.
fn text(padded: &[u8]) -> String {
    String::from_utf8_lossy(padded).trim_end_matches([' ', '\0']).to_string()
}

fn version(version: CK_VERSION) -> String {
    format!("{}.{}", version.major, version.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_padding_is_no_part_of_a_text_and_no_clock_is_read() {
        let mut info = CK_TOKEN_INFO { flags: CK_FLAGS::MAX, ..CK_TOKEN_INFO::default() };
        info.label = *b"a token                         ";
        info.serialNumber[..3].copy_from_slice(b"123");
        info.utcTime = *b"10:12:30\0\0\0\0\0\0\0\0";
        let info = TokenInfo::from(&info);
        assert_eq!((info.label(), info.serial_number(), info.model()), ("a token", "123", ""));
        assert!(info.user_pin_locked());
        assert_eq!(info.max_session_count(), None);
    }
}
