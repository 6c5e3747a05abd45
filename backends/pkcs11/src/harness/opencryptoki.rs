//! openCryptoki (Debian `opencryptoki`).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::TestToken;
use super::alone::has_own_namespaces;
use super::setup::{Stopped, module, private_file, private_folder, run, settings};
use crate::TokenSettings;

/// The slot of the software token in Debian's configuration.
const SLOT: &str = "3";
const FACTORY_SO_PIN: &str = "87654321";
const SO_PIN: &str = "12345678";

/// Folders of the machine are covered by empty ones, or by a copy: nothing of a real installation is
/// seen or touched.
const COVER: &str = "
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/lock/opencryptoki/swtok
chgrp -R pkcs11 /run/lock
cp -a /var/lib/opencryptoki /run/opencryptoki-tokens
rm -rf /run/opencryptoki-tokens/swtok/*
mkdir /run/opencryptoki-tokens/swtok/TOK_OBJ
chgrp -R pkcs11 /run/opencryptoki-tokens/swtok
mount --bind /run/opencryptoki-tokens /var/lib/opencryptoki
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /var/log
";

/// The software token of openCryptoki, with its daemon.
pub struct OpenCryptoki {
    _daemon: Stopped,
    folder: TempDir,
    module: PathBuf,
}

impl OpenCryptoki {
    /// The user's PIN: 4 to 8 characters.
    pub const PIN: &'static str = "1234567";
    const LABEL: &'static str = "test";

    /// Starts the daemon and makes a token.
    ///
    /// Only inside of [`in_own_namespaces`](super::in_own_namespaces).
    pub fn start() -> OpenCryptoki {
        let module = module("libopencryptoki.so", "opencryptoki");
        assert!(has_own_namespaces(), "openCryptoki needs a test that runs in_own_namespaces");
        let folder = private_folder("opencryptoki");
        private_file(&folder.path().join("pin"), Self::PIN);
        run(Command::new("/bin/sh").args(["-c", COVER]), "mount");
        let mut command = Command::new("/usr/sbin/pkcsslotd");
        command.arg("-f").stdout(Stdio::null()).stderr(Stdio::null());
        let mut daemon = Stopped::start(&mut command, "opencryptoki");
        let ready = daemon.is_ready(|| PathBuf::from("/run/pkcsslotd.socket").exists());
        assert!(ready, "pkcsslotd does not start");
        let token = OpenCryptoki { _daemon: daemon, folder, module };
        token.init();
        token
    }

    fn init(&self) {
        let mut command = Command::new("pkcs11-tool");
        command.arg("--module").arg(&self.module).args(["--slot", SLOT, "--init-token"]);
        command.args(["--label", Self::LABEL, "--so-pin", FACTORY_SO_PIN]);
        run(&mut command, "opensc");
        let answers = self.folder.path().join("answers");
        for (option, lines) in
            [("-P", [FACTORY_SO_PIN, SO_PIN, SO_PIN]), ("-u", [SO_PIN, Self::PIN, Self::PIN])]
        {
            private_file(&answers, &format!("{}\n", lines.join("\n")));
            // Its questions are read from a file: run() would give it no input.
            let script = format!("/usr/sbin/pkcsconf {option} -c {SLOT} <'{}'", answers.display());
            run(Command::new("/bin/sh").args(["-c", &script]), "opencryptoki");
        }
    }
}

impl TestToken for OpenCryptoki {
    fn name(&self) -> String {
        "openCryptoki".into()
    }

    fn settings(&self) -> TokenSettings {
        settings(&self.module, Self::LABEL, &self.folder.path().join("pin"))
    }

    fn pin(&self) -> &str {
        Self::PIN
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        Vec::new()
    }
}
