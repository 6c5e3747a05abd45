//! SoftHSM2 (Debian `softhsm2`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::TestToken;
use super::setup::{installed, private_file, private_folder, run, settings};
use crate::TokenSettings;

const PACKAGE: &str = "softhsm2";
const SO_PIN: &str = "12345678";

/// A SoftHSM2 with one token, labelled `test`, or several.
pub struct SoftHsm {
    folder: PathBuf,
    module: PathBuf,
    /// Removes the folder, where it is not the caller's.
    _own: Option<TempDir>,
}

impl SoftHsm {
    /// The label of the first token.
    pub const LABEL: &'static str = "test";
    /// The user's PIN of every token.
    pub const PIN: &'static str = "1234";

    /// Makes a SoftHSM2 with one token.
    pub fn start() -> SoftHsm {
        let own = private_folder("softhsm");
        let token = SoftHsm::start_in(own.path());
        SoftHsm { _own: Some(own), ..token }
    }

    /// The same in an empty folder, which stays. [`at`](Self::at) is for the processes that use it.
    pub fn start_in(folder: &Path) -> SoftHsm {
        let token = SoftHsm::at(folder);
        for name in ["tokens", "away"] {
            std::fs::create_dir(folder.join(name)).expect("a folder for tokens");
        }
        token.write_config();
        private_file(&folder.join("pin"), Self::PIN);
        token.add_token(Self::LABEL);
        token
    }

    /// The SoftHSM2 that [`start_in`](Self::start_in) made in this folder.
    pub fn at(folder: &Path) -> SoftHsm {
        let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"];
        let module = installed(&places, PACKAGE);
        SoftHsm { folder: folder.to_path_buf(), module, _own: None }
    }

    /// The same in a folder that the files were copied to: SoftHSM's config names its folder.
    pub fn copied_to(folder: &Path) -> SoftHsm {
        let token = SoftHsm::at(folder);
        token.write_config();
        token
    }

    fn write_config(&self) {
        let tokens = self.folder.join("tokens");
        let config = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        private_file(&self.folder.join("softhsm2.conf"), &config);
    }

    /// Makes one more token; [`settings_of`](Self::settings_of) reaches it.
    pub fn add_token(&self, label: &str) {
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--free", "--label", label]);
        command.args(["--pin", Self::PIN, "--so-pin", SO_PIN]);
        self.apply(&mut command);
        run(&mut command, PACKAGE);
    }

    /// How Strongroom reaches the token with this label.
    pub fn settings_of(&self, label: &str) -> TokenSettings {
        settings(&self.module, label, &self.folder.join("pin"))
    }

    /// Takes every token away: who looks now finds none. A process that already uses one keeps what
    /// SoftHSM holds in memory, and fails where it goes to the files.
    pub fn take_away(&self) {
        self.carry("tokens", "away");
    }

    /// Brings the tokens back as they were.
    pub fn give_back(&self) {
        self.carry("away", "tokens");
    }

    /// Takes away everything that SoftHSM needs to start: a module that cannot be initialised.
    pub fn break_module(&self) {
        let folder = &self.folder;
        std::fs::rename(folder.join("tokens"), folder.join("broken")).expect("tokens to break");
    }

    /// Undoes [`break_module`](Self::break_module).
    pub fn mend_module(&self) {
        let folder = &self.folder;
        std::fs::rename(folder.join("broken"), folder.join("tokens")).expect("tokens to mend");
    }

    fn carry(&self, from: &str, to: &str) {
        let folder = &self.folder;
        for entry in std::fs::read_dir(folder.join(from)).expect("the folder of tokens") {
            let entry = entry.expect("a token");
            std::fs::rename(entry.path(), folder.join(to).join(entry.file_name()))
                .expect("a token to move");
        }
    }
}

impl TestToken for SoftHsm {
    fn name(&self) -> String {
        "SoftHSM2".into()
    }

    fn settings(&self) -> TokenSettings {
        self.settings_of(Self::LABEL)
    }

    fn pin(&self) -> &str {
        Self::PIN
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![("SOFTHSM2_CONF", self.folder.join("softhsm2.conf").into())]
    }
}
