//! Real tokens in private folders, for tests (feature `test-harness`).
//!
//! Each `start` makes a token of its own, initialised and with a user's PIN, and panics with the
//! name of the Debian package when something it needs is missing. Whatever was started is stopped
//! and removed on drop.
//!
//! Modules find their configuration through environment variables. A test that starts a program
//! passes them with [`TestToken::apply`]. One that loads the module itself calls
//! [`TestToken::enter`], once, as its first step: a module reads them when it is initialised, and
//! that happens once in a process. [`in_own_process`] gives such a test a process of its own.
//!
//! ```no_run
//! use strongroom_pkcs11::harness::{SoftHsm, Spy, TestToken};
//!
//! let token = Spy::on(SoftHsm::start());
//! token.enter();
//! let settings = token.settings();
//! // Hand `settings` to what is tested, then look at the calls it made:
//! assert_eq!(token.calls("C_FindObjects"), 0);
//! assert!(!token.saw(b"a key that must not leave the token"));
//! ```

// Tests want to stop at what is wrong with their surroundings, at once and in full.
#![allow(clippy::print_stderr)]

mod alone;
mod environment;
mod kryoptic;
mod nss;
mod opencryptoki;
mod p11_kit;
mod setup;
mod softhsm;
mod spy;
mod spy_log;
mod tpm;

use std::ffi::OsString;
use std::process::Command;

use crate::TokenSettings;

pub use alone::{in_own_namespaces, in_own_process};
pub use kryoptic::Kryoptic;
pub use nss::Nss;
pub use opencryptoki::OpenCryptoki;
pub use p11_kit::{P11KitProxy, P11KitRemote};
pub use softhsm::SoftHsm;
pub use spy::Spy;
pub use tpm::Tpm;

/// A token that runs, and what is needed to reach it.
pub trait TestToken: Send {
    /// What it is called in reports: the product, with its version where that is known.
    fn name(&self) -> String;

    /// How Strongroom reaches it: the module, the token, a file with the PIN.
    fn settings(&self) -> TokenSettings;

    /// The user's PIN.
    fn pin(&self) -> &str;

    /// The environment variables that its module reads.
    fn environment(&self) -> Vec<(&'static str, OsString)>;

    /// Lets a program reach the token.
    fn apply(&self, command: &mut Command) {
        command.envs(self.environment());
    }

    /// Lets this process reach the token.
    ///
    /// Call it before any module is loaded and while no other thread of the process reads or writes
    /// environment variables, C libraries included: first thing in a test that has a process of its
    /// own.
    fn enter(&self) {
        environment::set(&self.environment());
    }
}
