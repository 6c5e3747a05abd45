//! A TPM 2.0 in software with tokens in it (Debian `swtpm`, `libtpm2-pkcs11-1`,
//! `libtss2-tcti-swtpm0`, `opensc`).

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::TestToken;
use super::setup::{
    Stopped, init_token, installed, module, private_file, private_folder, settings,
};
use crate::TokenSettings;

/// A token of tpm2-pkcs11 on a swtpm.
pub struct Tpm {
    // Stopped before its folder goes.
    _swtpm: Stopped,
    folder: TempDir,
    module: PathBuf,
}

impl Tpm {
    /// The user's PIN.
    pub const PIN: &'static str = "12345678";
    const LABEL: &'static str = "test";

    /// Starts a TPM and makes a token in it.
    pub fn start() -> Tpm {
        let module = module("libtpm2_pkcs11.so", "libtpm2-pkcs11-1");
        installed(
            &["/usr/share/doc/libtss2-tcti-swtpm0", "/usr/local/lib/libtss2-tcti-swtpm.so.0"],
            "libtss2-tcti-swtpm0",
        );
        let folder = private_folder("tpm");
        for name in ["state", "store"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder of the TPM");
        }
        private_file(&folder.path().join("pin"), Self::PIN);
        let swtpm = swtpm(folder.path());
        let tpm = Tpm { _swtpm: swtpm, folder, module };
        init_token(&tpm, Self::LABEL, &["--slot-index", "0"]);
        tpm
    }
}

/// Its control socket is where tpm2-tss looks for it.
fn swtpm(folder: &Path) -> Stopped {
    let socket = |name| format!("type=unixio,path={}", folder.join(name).display());
    let mut command = Command::new("swtpm");
    command.args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"]);
    command.args(["--tpmstate", &format!("dir={}", folder.join("state").display())]);
    command.args(["--server", &socket("tpm"), "--ctrl", &socket("tpm.ctrl")]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Stopped::start(&mut command, "swtpm");
    let ready = running.is_ready(|| UnixStream::connect(folder.join("tpm.ctrl")).is_ok());
    assert!(ready, "swtpm does not start: see whether `swtpm socket --tpm2` does");
    running
}

impl TestToken for Tpm {
    fn name(&self) -> String {
        "tpm2-pkcs11 on swtpm".into()
    }

    fn settings(&self) -> TokenSettings {
        settings(&self.module, Self::LABEL, &self.folder.path().join("pin"))
    }

    fn pin(&self) -> &str {
        Self::PIN
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut tcti = OsString::from("swtpm:path=");
        tcti.push(self.folder.path().join("tpm"));
        vec![
            ("TPM2_PKCS11_STORE", self.folder.path().join("store").into()),
            ("TPM2_PKCS11_TCTI", tcti),
            // What it finds out about itself is no news to a test.
            ("TPM2_PKCS11_LOG_LEVEL", "0".into()),
            ("TSS2_LOG", "all+NONE".into()),
        ]
    }
}
