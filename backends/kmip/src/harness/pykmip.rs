//! PyKMIP (PyPI `pykmip`), in the Python environment that `scripts/kmip-venv` makes.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::{Authority, Issued, Validity};
use crate::{KmipClient, KmipSettings, ServerAddress, TlsFiles};

/// On a machine with other things to do, Python takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// None of its answers may be missed because the machine is busy.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a program, and ends it and all that it started when its own standard input ends: when the process
/// that holds the other end does, however that ends.
const UNTIL_THE_TEST_ENDS: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ read -r _ <&3; kill -KILL 0; } &
wait "$server"
"#;

/// A PyKMIP server with a database of its own.
pub struct PyKmip {
    folder: TempDir,
    authority: Authority,
    server: Issued,
    client: Issued,
    /// For its readiness: tests replace the other.
    asking: Issued,
    port: u16,
    running: Option<Child>,
}

impl PyKmip {
    /// Starts a server.
    pub fn start() -> PyKmip {
        let folder = tempfile::Builder::new().prefix("strongroom-pykmip-").tempdir();
        let folder = folder.expect("a private folder");
        fs::create_dir(folder.path().join("policy")).expect("a folder for policies");
        let authority = Authority::new(folder.path(), "authority");
        let server = authority.server(folder.path(), "server", Validity::Now);
        let client = authority.client(folder.path(), "client", Validity::Now);
        let asking = authority.client(folder.path(), "readiness", Validity::Now);
        let mut pykmip =
            PyKmip { folder, authority, server, client, asking, port: 0, running: None };
        for _ in 0..10 {
            pykmip.port = free_port();
            if pykmip.run() {
                return pykmip;
            }
        }
        panic!("PyKMIP does not start: {}", pykmip.log());
    }

    /// How Strongroom reaches it.
    pub fn settings(&self) -> KmipSettings {
        self.settings_with(&self.client)
    }

    /// How Strongroom reaches it, with another client certificate.
    pub fn settings_with(&self, client: &Issued) -> KmipSettings {
        let tls = TlsFiles {
            ca: self.authority.certificate().to_path_buf(),
            certificate: client.certificate.clone(),
            key: client.key.clone(),
        };
        let mut settings = KmipSettings::new(vec![self.address()], tls);
        settings.timeout = TIMEOUT;
        settings
    }

    /// Where it listens.
    pub fn address(&self) -> ServerAddress {
        ServerAddress { host: "127.0.0.1".into(), port: self.port, server_name: None }
    }

    /// The authority that it trusts, and that issued its certificate.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Its private folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The certificate of the client that [`settings`](Self::settings) names.
    pub fn client(&self) -> &Issued {
        &self.client
    }

    /// The Python that has PyKMIP.
    pub fn python(&self) -> PathBuf {
        environment().join("bin/python")
    }

    /// Ends it at once. What it has acknowledged is in its database.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It has helpers, in its process group.
            if let Some(group) = i32::try_from(running.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = running.wait();
        }
    }

    /// Stops it where it is, so that it answers nothing, until [`resume`](Self::resume).
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Starts it again, on the same port with the same database.
    pub fn restart(&mut self) {
        self.kill();
        let until = Instant::now() + PATIENCE;
        while !self.run() {
            assert!(Instant::now() < until, "PyKMIP does not start again: {}", self.log());
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("server.log") + &read("output.log")
    }

    fn signal(&self, signal: Signal) {
        let running = self.running.as_ref().expect("a server that runs");
        let group = Pid::from_raw(i32::try_from(running.id()).expect("a process id"));
        kill_process_group(group.expect("a process id"), signal).expect("a signal sent");
    }

    /// Starts it and waits until it answers. False when it ended instead.
    fn run(&mut self) -> bool {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let config = format!(
            "[server]\nhostname=127.0.0.1\nport={}\ncertificate_path={}\nkey_path={}\nca_path={}\n\
             auth_suite=TLS1.2\npolicy_path={}\nenable_tls_client_auth=True\nlogging_level=WARNING\n\
             database_path={}\n",
            self.port,
            self.server.certificate.display(),
            self.server.key.display(),
            self.authority.certificate().display(),
            at("policy"),
            at("pykmip.db"),
        );
        fs::write(at("server.conf"), config).expect("a file for the configuration");
        let output = File::create(at("output.log")).expect("a file for its output");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", UNTIL_THE_TEST_ENDS, "sh"])
            .arg(environment().join("bin/pykmip-server"));
        command.args(["-f", &at("server.conf"), "-l", &at("server.log")]);
        command.current_dir(self.folder.path()).stdin(Stdio::piped());
        command.stdout(output.try_clone().expect("a descriptor")).stderr(output);
        command.process_group(0);
        let child = command.spawn().unwrap_or_else(|e| panic!("PyKMIP cannot be started: {e}"));
        self.running = Some(child);
        self.wait_until_it_listens()
    }

    fn wait_until_it_listens(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.answers() {
                return true;
            }
            let ended = self.running.as_mut().map(Child::try_wait);
            if !matches!(ended, Some(Ok(None))) {
                self.kill();
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("PyKMIP does not listen after {PATIENCE:?}: {}", self.log());
    }
}

impl PyKmip {
    /// Whether it is this one that answers, and not another that got the port before it.
    fn answers(&self) -> bool {
        let mut settings = self.settings_with(&self.asking);
        settings.timeout = Duration::from_secs(10);
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            && KmipClient::new(settings).is_ok_and(|client| client.version().is_ok())
    }
}

impl std::fmt::Debug for PyKmip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PyKmip({})", self.address())
    }
}

impl Drop for PyKmip {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The Python environment.
fn environment() -> PathBuf {
    let folder = std::env::var_os("STRONGROOM_PYKMIP").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.join("bin/pykmip-server").exists());
    folder.unwrap_or_else(|| {
        panic!(
            "PyKMIP is missing: set STRONGROOM_PYKMIP to the folder that `scripts/kmip-venv` prints, or to \
             another Python environment with the package pykmip from PyPI"
        )
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
