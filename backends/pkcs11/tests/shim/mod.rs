//! A module before a real one, which lets chosen calls hang or fail: see `shim.c`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom_pkcs11::TokenSettings;
use strongroom_pkcs11::harness::TestToken;
use tempfile::TempDir;

/// A token whose calls can be made to hang or fail.
pub struct Shim<T> {
    token: T,
    folder: TempDir,
}

impl<T: TestToken> Shim<T> {
    /// Compiles the shim, and puts it before the module of a token.
    pub fn on(token: T) -> Shim<T> {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/shim.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]);
        compiler.arg(folder.path().join("shim.so")).arg(source).arg("-ldl");
        let output = compiler.output().expect("cc is missing: install the package gcc");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::create_dir(folder.path().join("control")).unwrap();
        Shim { token, folder }
    }

    /// The token itself.
    pub fn token(&self) -> &T {
        &self.token
    }

    /// From now on: what becomes of the calls of a function.
    pub fn order(&self, function: &str, what: &str) {
        // Whole from the first moment that a call can see it.
        let whole = self.folder.path().join("order");
        std::fs::write(&whole, what).unwrap();
        std::fs::rename(whole, self.control().join(function)).unwrap();
    }

    /// From now on: the real calls.
    pub fn forget(&self, function: &str) {
        std::fs::remove_file(self.control().join(function)).unwrap();
    }

    /// Whether an order for one call was not carried out yet.
    pub fn waits(&self, function: &str) -> bool {
        self.control().join(function).exists()
    }

    /// From now on: what every function answers to this session.
    pub fn order_session(&self, handle: u64, code: &str) {
        self.order(&format!("session-{handle}"), code);
    }

    /// How many threads hang in a function.
    pub fn inside(&self, function: &str) -> usize {
        let prefix = format!("{function}.inside.");
        let files = std::fs::read_dir(self.control()).unwrap();
        let name = |file: std::io::Result<std::fs::DirEntry>| file.unwrap().file_name();
        files.map(name).filter(|n| n.to_string_lossy().starts_with(&prefix)).count()
    }

    fn control(&self) -> PathBuf {
        self.folder.path().join("control")
    }
}

impl<T: TestToken> TestToken for Shim<T> {
    fn name(&self) -> String {
        format!("{} behind a shim", self.token.name())
    }

    fn settings(&self) -> TokenSettings {
        TokenSettings { module: self.folder.path().join("shim.so"), ..self.token.settings() }
    }

    fn pin(&self) -> &str {
        self.token.pin()
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = self.token.environment();
        variables.push(("SHIM_MODULE", self.token.settings().module.into()));
        variables.push(("SHIM_CONTROL", self.control().into()));
        variables
    }
}
