//! kryoptic, which `scripts/kryoptic` builds.

use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::TestToken;
use super::setup::{init_token, private_file, private_folder, settings};
use crate::TokenSettings;

/// The variable that names the module.
const MODULE: &str = "STRONGROOM_KRYOPTIC";

/// A token of kryoptic, in a SQLite file.
pub struct Kryoptic {
    folder: TempDir,
    module: PathBuf,
}

impl Kryoptic {
    /// The user's PIN: kryoptic wants 8 characters.
    pub const PIN: &'static str = "12345678";
    const LABEL: &'static str = "test";

    /// Makes a token. The module is what `STRONGROOM_KRYOPTIC` names.
    pub fn start() -> Kryoptic {
        let module = std::env::var_os(MODULE).map(PathBuf::from).filter(|path| path.exists());
        let module = module.unwrap_or_else(|| {
            panic!(
                "kryoptic is missing: build it with scripts/kryoptic, and set {MODULE} to its path"
            )
        });
        let folder = private_folder("kryoptic");
        private_file(&folder.path().join("pin"), Self::PIN);
        private_file(
            &folder.path().join("kryoptic.conf"),
            &format!(
                "[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n",
                folder.path().join("token.sql").display()
            ),
        );
        let token = Kryoptic { folder, module };
        init_token(&token, Self::LABEL, &["--slot", "1"]);
        token
    }
}

impl TestToken for Kryoptic {
    fn name(&self) -> String {
        "kryoptic".into()
    }

    fn settings(&self) -> TokenSettings {
        settings(&self.module, Self::LABEL, &self.folder.path().join("pin"))
    }

    fn pin(&self) -> &str {
        Self::PIN
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![("KRYOPTIC_CONF", self.folder.path().join("kryoptic.conf").into())]
    }
}
