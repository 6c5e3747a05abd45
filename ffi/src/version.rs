//! Versions and limits: each limit is a macro and a function, so that a host sees what it was built
//! against and what it runs with.

use std::ffi::c_char;

use crate::guard::guarded;

/// The ABI of this header: major << 16 | minor. The shared library's soname ends in the major number.
pub const STRONGROOM_ABI_VERSION: u32 = 1;

/// The longest payload, in bytes.
pub const STRONGROOM_PAYLOAD_LIMIT: usize = 1048576;

/// The longest name of a project, in bytes.
pub const STRONGROOM_PROJECT_NAME_LIMIT: usize = 64;

/// The longest name of a secret in its project, in bytes.
pub const STRONGROOM_SECRET_NAME_LIMIT: usize = 255;

/// The longest name or value of a label, in bytes.
pub const STRONGROOM_LABEL_LIMIT: usize = 1024;

/// The most labels of a secret.
pub const STRONGROOM_LABELS_LIMIT: usize = 64;

/// The length of an id, in bytes.
pub const STRONGROOM_ID_BYTES: usize = 16;

/// The room for an id as text, with its zero byte.
pub const STRONGROOM_ID_TEXT_BYTES: usize = 37;

/// The shortest passphrase that is generated, and the default: 43 letters and digits hold 256 bits.
pub const STRONGROOM_PASSPHRASE_LENGTH: usize = 43;

/// The room for a time as text, with its zero byte.
pub const STRONGROOM_TIMESTAMP_BYTES: usize = 40;

/// Gives the ABI version of the library that runs: compare it with STRONGROOM_ABI_VERSION. The major
/// numbers must be equal, the library's minor number not smaller.
///
/// - inputs: none.
/// - outputs: major << 16 | minor.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_abi_version() -> u32 {
    guarded!({ STRONGROOM_ABI_VERSION })
}

/// Gives the version of the library that runs: "0.1.0".
///
/// - inputs: none.
/// - outputs: the version. Never NULL.
/// - ownership: the text is static; do not free it.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_version() -> *const c_char {
    guarded!({ concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast() })
}

/// Gives the longest payload in bytes: STRONGROOM_PAYLOAD_LIMIT, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_payload_limit() -> usize {
    guarded!({ STRONGROOM_PAYLOAD_LIMIT })
}

/// Gives the longest name of a project in bytes: STRONGROOM_PROJECT_NAME_LIMIT, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_project_name_limit() -> usize {
    guarded!({ STRONGROOM_PROJECT_NAME_LIMIT })
}

/// Gives the longest name of a secret in bytes: STRONGROOM_SECRET_NAME_LIMIT, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_secret_name_limit() -> usize {
    guarded!({ STRONGROOM_SECRET_NAME_LIMIT })
}

/// Gives the longest name or value of a label in bytes: STRONGROOM_LABEL_LIMIT, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_label_limit() -> usize {
    guarded!({ STRONGROOM_LABEL_LIMIT })
}

/// Gives the most labels of a secret: STRONGROOM_LABELS_LIMIT, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_labels_limit() -> usize {
    guarded!({ STRONGROOM_LABELS_LIMIT })
}

/// Gives the length of an id in bytes: STRONGROOM_ID_BYTES, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_id_bytes() -> usize {
    guarded!({ STRONGROOM_ID_BYTES })
}

/// Gives the room for an id as text: STRONGROOM_ID_TEXT_BYTES, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_id_text_bytes() -> usize {
    guarded!({ STRONGROOM_ID_TEXT_BYTES })
}

/// Gives the shortest generated passphrase: STRONGROOM_PASSPHRASE_LENGTH, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_passphrase_length() -> usize {
    guarded!({ STRONGROOM_PASSPHRASE_LENGTH })
}

/// Gives the room for a time as text: STRONGROOM_TIMESTAMP_BYTES, as the library that runs has it.
///
/// - inputs: none.
/// - outputs: the number.
/// - ownership: nothing changes hands.
/// - threads: any thread, at any time.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub extern "C" fn strongroom_timestamp_bytes() -> usize {
    guarded!({ STRONGROOM_TIMESTAMP_BYTES })
}

// The header needs literal numbers; here they are held against the library's.
const _: () = {
    assert!(STRONGROOM_PAYLOAD_LIMIT == strongroom::PAYLOAD_LIMIT);
    assert!(STRONGROOM_PROJECT_NAME_LIMIT == strongroom::PROJECT_NAME_LIMIT);
    assert!(STRONGROOM_SECRET_NAME_LIMIT == strongroom::SECRET_NAME_LIMIT);
    assert!(STRONGROOM_LABEL_LIMIT == strongroom::LABEL_LIMIT);
    assert!(STRONGROOM_LABELS_LIMIT == strongroom::LABELS_LIMIT);
    assert!(STRONGROOM_PASSPHRASE_LENGTH == strongroom::Recipe::PASSPHRASE_LENGTH);
    assert!(STRONGROOM_ID_BYTES == size_of::<strongroom::StoreId>());
};
