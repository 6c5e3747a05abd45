//! A store on a token of its own.

// The children here end by _exit, so that nothing of the test runs twice.
#![allow(unsafe_code, reason = "fork(2) has no safe form")]

use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{
    GetOptions, KeyConfig, KeyLocation, Layout, PinConfig, PutOptions, SecretBytes, SecretPath,
    Session, Store, TokenConfig,
};
use strongroom_pkcs11::PinSource;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};
use tempfile::TempDir;

/// A token that this process can reach, and a folder for stores.
pub(crate) struct Site<T = SoftHsm> {
    pub(crate) token: T,
    /// Seconds that one call into the module may take.
    call_timeout: u32,
    folder: TempDir,
}

impl Site {
    /// Call it first in a test.
    pub(crate) fn new() -> Site {
        Site::on(SoftHsm::start())
    }

    /// A token without AES-GCM: its root keys are RSA keys. Call it first in a test.
    pub(crate) fn with_rsa() -> Site {
        let site = Site::new();
        let (_, config) = site.token.environment().remove(0);
        let text = std::fs::read_to_string(&config).unwrap();
        let only = "slots.mechanisms = CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS_OAEP\n";
        std::fs::write(&config, text + only).unwrap();
        // To make an RSA key takes seconds on a busy machine.
        Site { call_timeout: 60, ..site }
    }
}

impl<T: TestToken> Site<T> {
    /// Call it first in a test.
    pub(crate) fn on(token: T) -> Site<T> {
        token.enter();
        Site { token, call_timeout: 2, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The token as a config describes it.
    pub(crate) fn config(&self) -> TokenConfig {
        let settings = self.token.settings();
        TokenConfig {
            module: Some(settings.module.to_str().unwrap().to_owned()),
            token: settings.token.label,
            pin: Some(PinConfig::File(self.pin_file())),
            call_timeout: Some(self.call_timeout),
            ..TokenConfig::default()
        }
    }

    pub(crate) fn pin_file(&self) -> String {
        let PinSource::File(pin) = self.token.settings().pin else { unreachable!() };
        pin.to_str().unwrap().to_owned()
    }

    /// A new store in the folder `name` whose root key is in the token.
    pub(crate) fn store(&self, name: &str, key_location: KeyLocation) -> Store {
        let key = KeyConfig::Pkcs11 { token: Box::new(self.config()), key_location };
        let layout = Layout { key: Some(key), ..Layout::in_folder(&self.folder().join(name)) };
        Store::create(&layout).unwrap()
    }

    /// A new store in the folder `name` whose payloads are objects of the token.
    pub(crate) fn object_store(&self, name: &str) -> Store {
        let token = Box::new(self.config());
        let key = KeyConfig::Pkcs11 { token, key_location: KeyLocation::Envelope };
        let layout = Layout::in_folder(&self.folder().join(name));
        Store::create(&Layout { key: Some(key), objects: true, ..layout }).unwrap()
    }

    /// A new store in the folder `name` with a keyring.
    pub(crate) fn software_store(&self, name: &str) -> Store {
        Store::create(&Layout::in_folder(&self.folder().join(name))).unwrap()
    }

    pub(crate) fn config_file(&self, name: &str) -> PathBuf {
        self.folder().join(name).join("strongroom.toml")
    }

    pub(crate) fn open(&self, name: &str) -> strongroom::Result<Store> {
        Store::open(&self.config_file(name))
    }

    /// Writes something else in a store's config.
    pub(crate) fn change_config(&self, name: &str, from: &str, to: &str) {
        let file = self.config_file(name);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        std::fs::write(file, text.replace(from, to)).unwrap();
    }

    /// The program pkcs11-tool, logged in to the token: another process.
    pub(crate) fn tool(&self) -> Command {
        logged_in_tool(&self.token)
    }

    /// Adds the token to a store's config as `[keys.hsm]`.
    pub(crate) fn name_the_token(&self, name: &str, key_location: &str) {
        let TokenConfig { module, token, .. } = self.config();
        let pin = self.pin_file();
        let mut text = std::fs::read_to_string(self.config_file(name)).unwrap();
        text += &format!(
            "\n[keys.hsm]\nkind = \"pkcs11\"\nmodule = {:?}\ntoken = {:?}\npin = {{ file = {pin:?} }}\n\
             key_location = {key_location:?}\n",
            module.unwrap(),
            token.unwrap(),
        );
        std::fs::write(self.config_file(name), text).unwrap();
    }
}

/// The program pkcs11-tool, logged in to a token.
pub(crate) fn logged_in_tool(token: &dyn TestToken) -> Command {
    let mut command = Command::new("pkcs11-tool");
    command.arg("--module").arg(token.settings().module);
    command.args(["--login", "--pin", token.pin()]);
    token.apply(&mut command);
    command
}

pub(crate) fn path(text: &str) -> SecretPath {
    text.parse().unwrap()
}

pub(crate) fn put(session: &Session, name: &str, payload: &[u8]) -> u32 {
    let payload = SecretBytes::copy_of(payload).unwrap();
    session.put(&path(name), &payload, &PutOptions::default()).unwrap().version
}

pub(crate) fn get(session: &Session, name: &str) -> Vec<u8> {
    session.get(&path(name)).unwrap().to_vec()
}

pub(crate) fn get_version(session: &Session, name: &str, version: u32) -> Vec<u8> {
    let options = GetOptions { version: Some(version), ..GetOptions::default() };
    session.get_with(&path(name), &options).unwrap().payload.to_vec()
}

/// The generation of a project's key that protects new payloads.
pub(crate) fn generation(session: &Session, project: &str) -> u32 {
    session.describe_project(project).unwrap().generation
}

/// Whether `work` ends without a panic in a forked child.
pub(crate) fn holds_in_child(work: impl FnOnce()) -> bool {
    // SAFETY: the child runs `work` alone and leaves by _exit; glibc keeps its allocator usable there.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_ok();
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!held)) };
    }
    let mut status = 0;
    // SAFETY: `child` was forked above and is waited for once; `status` outlives the call.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(waited, child);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}
