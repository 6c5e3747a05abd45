//! A look at everything that crosses the boundary of a module: pkcs11-spy (Debian `opensc-pkcs11`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::setup::{module, private_folder};
use super::{TestToken, spy_log};
use crate::TokenSettings;

/// A token with pkcs11-spy before its module.
///
/// The log holds every argument of every call, the PIN included. Each process that loads the module
/// writes to the same one.
pub struct Spy<T> {
    token: T,
    module: PathBuf,
    folder: TempDir,
}

impl<T: TestToken> Spy<T> {
    /// Puts a spy before the module of a token.
    pub fn on(token: T) -> Spy<T> {
        let module = module("pkcs11-spy.so", "opensc-pkcs11");
        Spy { token, module, folder: private_folder("spy") }
    }

    /// The token itself.
    pub fn token(&self) -> &T {
        &self.token
    }

    /// How often this function was called, as in `C_OpenSession`.
    pub fn calls(&self, function: &str) -> usize {
        self.all_calls().get(function).copied().unwrap_or(0)
    }

    /// How often each function was called.
    pub fn all_calls(&self) -> BTreeMap<String, usize> {
        spy_log::calls(&self.log())
    }

    /// Whether these bytes crossed the boundary in any argument or result.
    pub fn saw(&self, bytes: &[u8]) -> bool {
        spy_log::holds(&self.log(), bytes)
    }

    /// Forgets what was seen so far. No call may be under way.
    pub fn forget(&self) {
        // The spy appends, so that an empty file is a fresh one.
        match std::fs::OpenOptions::new().write(true).truncate(true).open(self.path()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => panic!("the spy's log: {e}"),
            _ => {}
        }
    }

    /// The log as it was written.
    pub fn log(&self) -> String {
        match std::fs::read(self.path()) {
            Ok(log) => String::from_utf8_lossy(&log).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => panic!("the spy's log: {e}"),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("spy.log")
    }
}

impl<T: TestToken> TestToken for Spy<T> {
    fn name(&self) -> String {
        format!("{} behind pkcs11-spy", self.token.name())
    }

    fn settings(&self) -> TokenSettings {
        TokenSettings { module: self.module.clone(), ..self.token.settings() }
    }

    fn pin(&self) -> &str {
        self.token.pin()
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = self.token.environment();
        variables.push(("PKCS11SPY", self.token.settings().module.into()));
        variables.push(("PKCS11SPY_OUTPUT", self.path().into()));
        variables
    }
}
