//! NSS softokn (Debian `libnss3`, `libnss3-tools`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::TestToken;
use super::setup::{module, private_file, private_folder, run, settings};
use crate::TokenSettings;

/// The key database of NSS, as Firefox has one. Its module is told where it is when it is
/// initialised, not by an environment variable.
pub struct Nss {
    folder: TempDir,
    module: PathBuf,
}

impl Nss {
    /// The user's PIN.
    pub const PIN: &'static str = "correct horse";
    /// What NSS calls the token with the keys.
    pub const LABEL: &'static str = "NSS Certificate DB";

    /// Makes a database with one token.
    pub fn start() -> Nss {
        let module = module("libsoftokn3.so", "libnss3");
        let folder = private_folder("nss");
        let pin = private_file(&folder.path().join("pin"), Self::PIN);
        let mut command = Command::new("certutil");
        command.args(["-N", "-d", &format!("sql:{}", folder.path().display()), "-f"]).arg(pin);
        let nss = Nss { folder, module };
        nss.apply(&mut command);
        run(&mut command, "libnss3-tools");
        nss
    }
}

impl TestToken for Nss {
    fn name(&self) -> String {
        "NSS softokn".into()
    }

    fn settings(&self) -> TokenSettings {
        let folder = self.folder.path();
        let database = format!(
            "configdir='sql:{}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=",
            folder.display()
        );
        let settings = settings(&self.module, Self::LABEL, &folder.join("pin"));
        TokenSettings { initialization: Some(database), ..settings }
    }

    fn pin(&self) -> &str {
        Self::PIN
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        // Each use of a key derives another one from the PIN, ten thousand times over. A test has no
        // PIN worth it.
        ["NSS_MIN_MP_PBE_ITERATION_COUNT", "NSS_MAX_MP_PBE_ITERATION_COUNT"]
            .map(|name| (name, "1".into()))
            .to_vec()
    }
}
