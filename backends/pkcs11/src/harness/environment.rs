//! Environment variables of this process, which modules read.
#![allow(unsafe_code, reason = "modules read the environment, which other threads may not change")]

use std::ffi::OsString;

/// Sets them. The callers of [`TestToken::enter`](super::TestToken::enter) promise what this needs.
pub(super) fn set(variables: &[(&'static str, OsString)]) {
    for (name, value) in variables {
        // SAFETY: no other thread touches the environment, which is the documented condition of
        // `enter`, the only caller.
        unsafe { std::env::set_var(name, value) };
    }
}
