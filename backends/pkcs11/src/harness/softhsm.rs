//! SoftHSM2 (Debian `softhsm2`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::TestToken;
use super::setup::{installed, private_file, private_folder, run, settings};
use crate::TokenSettings;

const PACKAGE: &str = "softhsm2";
const SO_PIN: &str = "12345678";

/// A SoftHSM2 with one token, labelled `test`, or several.
pub struct SoftHsm {
    folder: TempDir,
    module: PathBuf,
}

impl SoftHsm {
    /// The label of the first token.
    pub const LABEL: &'static str = "test";
    /// The user's PIN of every token.
    pub const PIN: &'static str = "1234";

    /// Makes a SoftHSM2 with one token.
    pub fn start() -> SoftHsm {
        let module = installed(
            &["/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"],
            PACKAGE,
        );
        let token = SoftHsm { folder: private_folder("softhsm"), module };
        for folder in ["tokens", "away"] {
            std::fs::create_dir(token.folder.path().join(folder)).expect("a folder for tokens");
        }
        let config = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.folder.path().join("tokens").display()
        );
        private_file(&token.folder.path().join("softhsm2.conf"), &config);
        private_file(&token.folder.path().join("pin"), Self::PIN);
        token.add_token(Self::LABEL);
        token
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
        settings(&self.module, label, &self.folder.path().join("pin"))
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
        let folder = self.folder.path();
        std::fs::rename(folder.join("tokens"), folder.join("broken")).expect("tokens to break");
    }

    /// Undoes [`break_module`](Self::break_module).
    pub fn mend_module(&self) {
        let folder = self.folder.path();
        std::fs::rename(folder.join("broken"), folder.join("tokens")).expect("tokens to mend");
    }

    fn carry(&self, from: &str, to: &str) {
        let folder = self.folder.path();
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
        vec![("SOFTHSM2_CONF", self.folder.path().join("softhsm2.conf").into())]
    }
}
