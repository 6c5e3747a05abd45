//! A TPM 2.0 in software with tokens in it (Debian `swtpm`, `tpm2-abrmd`, `dbus-daemon`,
//! `libtpm2-pkcs11-1`, `libtss2-tcti-swtpm0`, `libtss2-tcti-tabrmd0`, `opensc`).
//!
//! A TPM has room for three keys at a time. On a machine with a real one the kernel swaps them; here
//! tpm2-abrmd does, over a bus of its own.

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
    // Stopped in this order, before their folder goes.
    manager: Stopped,
    _bus: Stopped,
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
        for package in ["libtss2-tcti-swtpm0", "libtss2-tcti-tabrmd0"] {
            installed(&[&format!("/usr/share/doc/{package}")], package);
        }
        let folder = private_folder("tpm");
        for name in ["state", "store"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder of the TPM");
        }
        private_file(&folder.path().join("pin"), Self::PIN);
        let swtpm = swtpm(folder.path());
        let bus = bus(folder.path());
        let manager = manager(folder.path());
        let mut tpm = Tpm { manager, _bus: bus, _swtpm: swtpm, folder, module };
        tpm.wait();
        init_token(&tpm, Self::LABEL, &["--slot-index", "0"]);
        tpm
    }

    /// Until the module finds its way to the TPM.
    fn wait(&mut self) {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(&self.module).arg("--list-slots");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.apply(&mut command);
        let command = std::cell::RefCell::new(command);
        let lists = || command.borrow_mut().status().is_ok_and(|ended| ended.success());
        assert!(self.manager.is_ready(lists), "tpm2-abrmd does not start");
    }
}

fn bus(folder: &Path) -> Stopped {
    let socket = folder.join("bus");
    let config = format!(
        "<busconfig><type>session</type><listen>unix:path={}</listen><policy context=\"default\">\
         <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
         <allow own=\"*\"/></policy></busconfig>",
        socket.display()
    );
    let config = private_file(&folder.join("bus.conf"), &config);
    let mut command = Command::new("dbus-daemon");
    command.arg("--config-file").arg(config).args(["--nofork", "--nopidfile"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Stopped::start(&mut command, "dbus-daemon");
    assert!(
        running.is_ready(|| UnixStream::connect(&socket).is_ok()),
        "dbus-daemon does not start"
    );
    running
}

fn manager(folder: &Path) -> Stopped {
    let mut command = Command::new("/usr/sbin/tpm2-abrmd");
    command.args(["--allow-root", "--session"]);
    command.arg(format!("--tcti=swtpm:path={}", folder.join("tpm").display()));
    command.env("DBUS_SESSION_BUS_ADDRESS", address(folder));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Stopped::start(&mut command, "tpm2-abrmd")
}

fn address(folder: &Path) -> OsString {
    let mut address = OsString::from("unix:path=");
    address.push(folder.join("bus"));
    address
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
        vec![
            ("TPM2_PKCS11_STORE", self.folder.path().join("store").into()),
            ("TPM2_PKCS11_TCTI", "tabrmd:bus_type=session".into()),
            ("DBUS_SESSION_BUS_ADDRESS", address(self.folder.path())),
            // What it finds out about itself is no news to a test.
            ("TPM2_PKCS11_LOG_LEVEL", "0".into()),
            ("TSS2_LOG", "all+NONE".into()),
        ]
    }
}
