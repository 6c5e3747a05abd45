//! Another token behind p11-kit (Debian `p11-kit`, `p11-kit-modules`): in another process, or in
//! this one.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::TestToken;
use super::alone::has_own_namespaces;
use super::setup::{Stopped, children, module, private_folder, run};
use crate::TokenSettings;

/// A token in another process, reached through a socket. It can die.
pub struct P11KitRemote<T> {
    server: Mutex<Option<Stopped>>,
    token: T,
    module: PathBuf,
    folder: TempDir,
}

impl<T: TestToken> P11KitRemote<T> {
    /// Serves a token from a process of its own.
    pub fn on(token: T) -> P11KitRemote<T> {
        let module = module("p11-kit-client.so", "p11-kit-modules");
        let remote =
            P11KitRemote { server: Mutex::new(None), token, module, folder: private_folder("p11") };
        remote.give_back();
        remote
    }

    /// The token itself.
    pub fn token(&self) -> &T {
        &self.token
    }

    /// Kills whatever serves the token: a device that is pulled out in the middle of a session.
    pub fn take_away(&self) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            let serving = children(server.id());
            drop(server);
            for child in serving {
                run(Command::new("/bin/sh").args(["-c", &format!("kill -9 {child} || :")]), "dash");
            }
        }
    }

    /// Serves it again, at the same address.
    pub fn give_back(&self) {
        let socket = self.socket();
        let _ = std::fs::remove_file(&socket);
        let settings = self.token.settings();
        let label = settings.token.label.unwrap_or_default().replace(' ', "%20");
        let mut command = Command::new("p11-kit");
        command.args(["server", "--foreground", "--name"]).arg(&socket);
        command.arg("--provider").arg(settings.module).arg(format!("pkcs11:token={label}"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.token.apply(&mut command);
        let mut server = Stopped::start(&mut command, "p11-kit");
        // The socket is there before anybody listens.
        let listens = || UnixStream::connect(&socket).is_ok();
        assert!(server.is_ready(listens), "p11-kit server does not start");
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

impl<T> Drop for P11KitRemote<T> {
    fn drop(&mut self) {
        let server = self.server.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(server) = server {
            let serving = children(server.id());
            drop(server);
            for child in serving {
                let _ = Command::new("/bin/sh").args(["-c", &format!("kill -9 {child}")]).status();
            }
        }
    }
}

impl<T: TestToken> TestToken for P11KitRemote<T> {
    fn name(&self) -> String {
        format!("{} through p11-kit remote", self.token.name())
    }

    fn settings(&self) -> TokenSettings {
        TokenSettings { module: self.module.clone(), ..self.token.settings() }
    }

    fn pin(&self) -> &str {
        self.token.pin()
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut address = OsString::from("unix:path=");
        address.push(self.socket());
        vec![("P11_KIT_SERVER_ADDRESS", address)]
    }
}

/// A token behind p11-kit's proxy, which shows the tokens of all configured modules as one module's.
pub struct P11KitProxy<T> {
    token: T,
    module: PathBuf,
}

impl<T: TestToken> P11KitProxy<T> {
    /// Makes this token's module the only one that is configured on the machine.
    ///
    /// Only inside of [`in_own_namespaces`](super::in_own_namespaces): p11-kit ignores a user's own
    /// configuration when that user is root.
    pub fn on(token: T) -> P11KitProxy<T> {
        let module = module("p11-kit-proxy.so", "p11-kit-modules");
        assert!(has_own_namespaces(), "the proxy needs a test that runs in_own_namespaces");
        let places = ["/usr/share/p11-kit/modules", "/etc/pkcs11/modules"];
        for place in places.iter().filter(|place| Path::new(place).exists()) {
            run(Command::new("mount").args(["-t", "tmpfs", "tmpfs", place]), "mount");
        }
        let line = format!("module: {}\n", token.settings().module.display());
        std::fs::write(Path::new(places[0]).join("test.module"), line)
            .expect("a place for a configuration of p11-kit");
        P11KitProxy { token, module }
    }
}

impl<T: TestToken> TestToken for P11KitProxy<T> {
    fn name(&self) -> String {
        format!("{} through p11-kit proxy", self.token.name())
    }

    fn settings(&self) -> TokenSettings {
        TokenSettings { module: self.module.clone(), ..self.token.settings() }
    }

    fn pin(&self) -> &str {
        self.token.pin()
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        self.token.environment()
    }
}
