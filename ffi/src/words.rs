//! Closed sets of words, which cross the border as numbers.

use std::ffi::{CStr, c_char};
use std::ptr;

use strongroom::{Result, SecretType, State};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, invalid, text};
use crate::status::strongroom_status;

/// A passphrase: text for people and programs to type.
pub const STRONGROOM_TYPE_PASSPHRASE: u32 = 1;

/// A symmetric key.
pub const STRONGROOM_TYPE_SYMMETRIC_KEY: u32 = 2;

/// A private key.
pub const STRONGROOM_TYPE_PRIVATE_KEY: u32 = 3;

/// A public key.
pub const STRONGROOM_TYPE_PUBLIC_KEY: u32 = 4;

/// A certificate.
pub const STRONGROOM_TYPE_CERTIFICATE: u32 = 5;

/// Any other bytes.
pub const STRONGROOM_TYPE_OPAQUE: u32 = 6;

/// Not yet to be used.
pub const STRONGROOM_STATE_PRE_ACTIVE: u32 = 1;

/// In use.
pub const STRONGROOM_STATE_ACTIVE: u32 = 2;

/// No longer to be used for anything new; old backups still open.
pub const STRONGROOM_STATE_DEACTIVATED: u32 = 3;

/// Known, or feared, to be known to others.
pub const STRONGROOM_STATE_COMPROMISED: u32 = 4;

/// The payload is gone.
pub const STRONGROOM_STATE_DESTROYED: u32 = 5;

/// The payload is gone, and was compromised.
pub const STRONGROOM_STATE_DESTROYED_COMPROMISED: u32 = 6;

/// In use.
pub const STRONGROOM_PROJECT_LIVE: u32 = 1;

/// Invisible already; its payloads are being destroyed.
pub const STRONGROOM_PROJECT_ERASING: u32 = 2;

/// Gone.
pub const STRONGROOM_PROJECT_ERASED: u32 = 3;

/// Protects new payloads or keys.
pub const STRONGROOM_KEY_ACTIVE: u32 = 1;

/// Opens what it protected, protects nothing new.
pub const STRONGROOM_KEY_DEACTIVATED: u32 = 2;

/// Gone.
pub const STRONGROOM_KEY_DESTROYED: u32 = 3;

/// Gives the word for a type, as the command and the documentation write it.
///
/// - inputs: one of STRONGROOM_TYPE_...
/// - outputs: the word; NULL for any other number.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_type_name(number: u32) -> *const c_char {
    guarded!({ type_word(number).map_or(ptr::null(), CStr::as_ptr) })
}

/// Reads the word for a type, as strongroom_type_name() gives it.
///
/// - inputs: `name`, the word.
/// - outputs: `number`, one of STRONGROOM_TYPE_...
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: INVALID_ARGUMENT, which lists the words.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_type_parse(
    name: *const c_char,
    number: *mut u32,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let number = Output::new("number", number)?;
        number.write(text("name", name)?.parse::<SecretType>()?.number().into());
        Ok(())
    })
}

/// Gives the word for a state, as the command and the documentation write it.
///
/// - inputs: one of STRONGROOM_STATE_...
/// - outputs: the word; NULL for any other number.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_state_name(number: u32) -> *const c_char {
    guarded!({ state_word(number).map_or(ptr::null(), CStr::as_ptr) })
}

/// Reads the word for a state, as strongroom_state_name() gives it.
///
/// - inputs: `name`, the word.
/// - outputs: `number`, one of STRONGROOM_STATE_...
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: INVALID_ARGUMENT, which lists the words.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_state_parse(
    name: *const c_char,
    number: *mut u32,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let number = Output::new("number", number)?;
        number.write(text("name", name)?.parse::<State>()?.number().into());
        Ok(())
    })
}

/// Gives the word for a project's state.
///
/// - inputs: one of STRONGROOM_PROJECT_...
/// - outputs: the word; NULL for any other number.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_project_state_name(number: u32) -> *const c_char {
    guarded!({ project_state_word(number).map_or(ptr::null(), CStr::as_ptr) })
}

/// Gives the word for a key's state.
///
/// - inputs: one of STRONGROOM_KEY_...
/// - outputs: the word; NULL for any other number.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_key_state_name(number: u32) -> *const c_char {
    guarded!({ key_state_word(number).map_or(ptr::null(), CStr::as_ptr) })
}

/// Tells whether KMIP allows a version to go from one state to another (KMIP 1.4, section 3.22).
///
/// - inputs: `from` and `to`, of STRONGROOM_STATE_...
/// - outputs: 1 when the step is legal, else 0.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_state_may_become(from: u32, to: u32) -> u32 {
    guarded!({
        let legal = state(from).and_then(|from| Ok(from.may_become(state(to)?)));
        u32::from(legal.unwrap_or(false))
    })
}

/// A state by its number.
pub(crate) fn state(number: u32) -> Result<State> {
    State::from_number(number.into()).ok_or_else(|| {
        invalid(format!("{number} is not a state"), "give one of STRONGROOM_STATE_...")
    })
}

/// A type by its number; none for 0.
pub(crate) fn secret_type(number: u32) -> Result<Option<SecretType>> {
    if number == 0 {
        return Ok(None);
    }
    SecretType::from_number(number.into()).map(Some).ok_or_else(|| {
        invalid(format!("{number} is not a type of secret"), "give one of STRONGROOM_TYPE_...")
    })
}

fn type_word(number: u32) -> Option<&'static CStr> {
    Some(match number {
        STRONGROOM_TYPE_PASSPHRASE => c"passphrase",
        STRONGROOM_TYPE_SYMMETRIC_KEY => c"symmetric-key",
        STRONGROOM_TYPE_PRIVATE_KEY => c"private-key",
        STRONGROOM_TYPE_PUBLIC_KEY => c"public-key",
        STRONGROOM_TYPE_CERTIFICATE => c"certificate",
        STRONGROOM_TYPE_OPAQUE => c"opaque",
        _ => return None,
    })
}

fn state_word(number: u32) -> Option<&'static CStr> {
    Some(match number {
        STRONGROOM_STATE_PRE_ACTIVE => c"pre-active",
        STRONGROOM_STATE_ACTIVE => c"active",
        STRONGROOM_STATE_DEACTIVATED => c"deactivated",
        STRONGROOM_STATE_COMPROMISED => c"compromised",
        STRONGROOM_STATE_DESTROYED => c"destroyed",
        STRONGROOM_STATE_DESTROYED_COMPROMISED => c"destroyed-compromised",
        _ => return None,
    })
}

fn project_state_word(number: u32) -> Option<&'static CStr> {
    Some(match number {
        STRONGROOM_PROJECT_LIVE => c"live",
        STRONGROOM_PROJECT_ERASING => c"erasing",
        STRONGROOM_PROJECT_ERASED => c"erased",
        _ => return None,
    })
}

fn key_state_word(number: u32) -> Option<&'static CStr> {
    Some(match number {
        STRONGROOM_KEY_ACTIVE => c"active",
        STRONGROOM_KEY_DEACTIVATED => c"deactivated",
        STRONGROOM_KEY_DESTROYED => c"destroyed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use strongroom::{KeyState, ProjectState};

    use super::*;

    #[test]
    fn numbers_and_words_are_the_librarys() {
        for (number, word) in SecretType::ALL.iter().map(|w| (w.number(), w.name())) {
            assert_eq!(type_word(number.into()).unwrap().to_str().unwrap(), word);
        }
        for (number, word) in State::ALL.iter().map(|w| (w.number(), w.name())) {
            assert_eq!(state_word(number.into()).unwrap().to_str().unwrap(), word);
        }
        let named = |word: fn(u32) -> Option<&'static CStr>| (0..99).filter_map(word).count();
        assert_eq!(named(type_word), SecretType::ALL.len());
        assert_eq!(named(state_word), State::ALL.len());
        for (number, word) in ProjectState::ALL.iter().map(|w| (w.number(), w.name())) {
            assert_eq!(project_state_word(number.into()).unwrap().to_str().unwrap(), word);
        }
        for (number, word) in KeyState::ALL.iter().map(|w| (w.number(), w.name())) {
            assert_eq!(key_state_word(number.into()).unwrap().to_str().unwrap(), word);
        }
        assert_eq!(named(project_state_word), ProjectState::ALL.len());
        assert_eq!(named(key_state_word), KeyState::ALL.len());
    }
}
