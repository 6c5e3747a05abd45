//! A throw-away PostgreSQL server: unprivileged, in a private folder, always stopped.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use crate::fast_folder;

/// The user and group `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65534;
const ADMIN: &str = "postgres";
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. Its superuser is `postgres`; passwords go by SCRAM.
///
/// It ends with the thread that started it, however that ends.
pub struct Cluster {
    folder: TempDir,
    settings: Vec<String>,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// The superuser's password.
    pub const PASSWORD: &'static str = "a:b/c@d'e %f";

    /// Starts a server that listens on a Unix socket and on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or cannot be started.
    pub fn start() -> Cluster {
        Cluster::start_with(&[], |_| {})
    }

    /// As [`start`](Self::start), with settings (`name=value`), and with what `prepare` puts into the
    /// data folder before.
    pub fn start_with(settings: &[&str], prepare: impl FnOnce(&Path)) -> Cluster {
        Cluster::start_in(fast_folder(), settings, prepare)
    }

    /// As [`start_with`](Self::start_with), with everything in this folder: on a disk, where a commit takes
    /// its time.
    pub fn start_in(folder: TempDir, settings: &[&str], prepare: impl FnOnce(&Path)) -> Cluster {
        let settings = settings.iter().map(ToString::to_string).collect();
        let mut cluster = Cluster { folder, settings, port: 0, server: None };
        cluster.give_to_server(cluster.folder.path());
        cluster.initialize();
        prepare(&cluster.data());
        for file in fs::read_dir(cluster.data()).expect("a data folder") {
            let path = file.expect("a file").path();
            if path.is_file() {
                cluster.give_to_server(&path);
            }
        }
        cluster.resume();
        cluster
    }

    /// Starts a standby of this server, for which nobody waits.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn standby(&self) -> Cluster {
        let mut standby = self.base_backup(&["-R"]);
        standby.resume();
        standby
    }

    /// Starts a base backup with the log that is in this folder, up to a restore point.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn restored(self, archive: &Path, point: &str) -> Cluster {
        let mut restored = self;
        let signal = restored.data().join("recovery.signal");
        fs::write(&signal, "").expect("a file");
        restored.give_to_server(&signal);
        restored.settings = vec![
            format!("restore_command=cp {}/%f %p", archive.display()),
            format!("recovery_target_name={point}"),
            "recovery_target_action=promote".to_owned(),
        ];
        restored.resume();
        wait_until("it is restored", || restored.sql("SELECT pg_is_in_recovery()") == "f");
        restored
    }

    /// A copy of this server's files, which is not started.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn base_backup(&self, options: &[&str]) -> Cluster {
        let folder = fast_folder();
        let settings = self.settings.clone();
        let copied = Cluster { folder, settings, port: 0, server: None };
        copied.give_to_server(copied.folder.path());
        let mut copy = self.as_server("pg_basebackup");
        copy.args(["-X", "stream", "-c", "fast", "--no-sync", "-U", ADMIN]).args(options);
        copy.arg("-D").arg(copied.data()).arg("-h").arg(self.folder.path());
        copy.args(["-p", &self.port.to_string()]).env("PGPASSWORD", Cluster::PASSWORD);
        let output = copy.output().expect("pg_basebackup");
        assert!(output.status.success(), "pg_basebackup: {output:?}");
        copied
    }

    /// Starts a standby of this server, and has this server wait for it at each commit from now on.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn synchronous_standby(&self) -> Cluster {
        let standby = self.standby();
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("SELECT pg_reload_conf()");
        let end = Instant::now() + PATIENCE;
        while self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1"
        {
            assert!(Instant::now() < end, "the standby does not follow: {}", standby.log());
        }
        standby
    }

    /// Makes of a standby a server of its own, which waits for nobody.
    ///
    /// # Panics
    /// When it cannot.
    pub fn promote(&self) {
        let output =
            self.as_server("pg_ctl").args(["promote", "-w", "-D"]).arg(self.data()).output();
        assert!(output.as_ref().is_ok_and(|output| output.status.success()), "{output:?}");
        self.sql("ALTER SYSTEM RESET synchronous_standby_names");
        self.sql("SELECT pg_reload_conf()");
    }

    /// Starts a stopped server with a timeline of its own, as one does whose archive was restored.
    ///
    /// # Panics
    /// When it cannot.
    pub fn resume_on_a_new_timeline(&mut self) {
        let signal = self.data().join("standby.signal");
        fs::write(&signal, "").expect("a file");
        self.give_to_server(&signal);
        self.resume();
        self.promote();
    }

    /// The folder of the Unix socket.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection string through the Unix socket.
    pub fn dsn(&self, user: &str, password: &str, database: &str) -> String {
        let host = percent(self.folder.path().to_str().expect("a plain path"));
        let (password, port) = (percent(password), self.port);
        format!("postgres://{user}:{password}@{host}:{port}/{database}")
    }

    /// The superuser's connection string through the Unix socket.
    pub fn admin_dsn(&self) -> String {
        self.dsn(ADMIN, Cluster::PASSWORD, ADMIN)
    }

    /// A new database with a role of the same name that owns it, and its connection string.
    pub fn new_database(&self, name: &str) -> String {
        self.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD '{name}-password'"));
        self.sql(&format!("CREATE DATABASE {name} OWNER {name}"));
        self.dsn(name, &format!("{name}-password"), name)
    }

    /// Runs statements as the superuser; returns the answer, columns separated by `|`.
    ///
    /// # Panics
    /// When they fail.
    pub fn sql(&self, sql: &str) -> String {
        let output = self.try_sql(sql);
        assert!(output.status.success(), "{sql}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// As [`sql`](Self::sql); it may fail.
    pub fn try_sql(&self, sql: &str) -> Output {
        let mut psql = self.client("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        psql.output().expect("psql")
    }

    /// A client program that is told where the server is, and who the superuser is.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(programs().join(program));
        command
            .env("PGHOST", self.folder.path())
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", ADMIN)
            .env("PGPASSWORD", Cluster::PASSWORD)
            .env("PGDATABASE", ADMIN);
        command
    }

    /// Stops the server: `smart`, `fast` or `immediate`, which is a crash.
    pub fn stop(&mut self, mode: &str) {
        if let Some(mut server) = self.server.take() {
            let data = self.data();
            let arguments = ["stop", "-w", "-m", mode, "-D"];
            let _ = self.as_server("pg_ctl").args(arguments).arg(data).output();
            let _ = server.kill();
            server.wait().expect("an end");
        }
    }

    /// Kills every process of the server at once, as a machine that loses its power ends them.
    ///
    /// # Panics
    /// When they do not end.
    pub fn crash(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let first = server.id();
        // It must not make others meanwhile.
        signal("STOP", &[first]);
        wait_until("it stands still", || state_of(first) == Some('T'));
        let mut processes = children_of(first);
        processes.push(first);
        signal("KILL", &processes);
        server.wait().expect("an end");
        let is_gone = |process: &u32| matches!(state_of(*process), None | Some('Z' | 'X'));
        wait_until("they are gone", || processes.iter().all(is_gone));
    }

    /// Starts a stopped server again, on the same port once it had one.
    pub fn resume(&mut self) {
        for _ in 0..10 {
            if self.port == 0 || self.server_ended() {
                self.port = free_port();
            }
            self.server = Some(self.launch());
            if self.is_ready_in_time() {
                return;
            }
        }
        panic!("PostgreSQL does not start: {}", self.log());
    }

    /// What the server wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn server_ended(&mut self) -> bool {
        matches!(self.server.as_mut().map(Child::try_wait), Some(Ok(Some(_))))
    }

    fn initialize(&self) {
        let password = self.folder.path().join("password");
        fs::write(&password, Cluster::PASSWORD).expect("a file");
        self.give_to_server(&password);
        let output = self
            .as_server("initdb")
            .args(["-U", ADMIN, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(self.data())
            .output()
            .expect("initdb");
        assert!(output.status.success(), "initdb: {output:?}");
    }

    fn launch(&self) -> Child {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log");
        let mut server = self.as_server("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        server.args(["-p", &self.port.to_string()]);
        let common = ["listen_addresses=127.0.0.1", "max_connections=60", "shared_buffers=32MB"];
        for setting in common.iter().map(|s| s.to_string()).chain(self.settings.iter().cloned()) {
            server.args(["-c", &setting]);
        }
        server.stdout(log.try_clone().expect("a log")).stderr(log);
        server.spawn().expect("postgres")
    }

    /// Waits until the server takes connections; false when it ended instead.
    fn is_ready_in_time(&mut self) -> bool {
        let end = Instant::now() + PATIENCE;
        let state = self.data().join("postmaster.pid");
        while Instant::now() < end {
            let text = fs::read_to_string(&state).unwrap_or_default();
            let mine = self.server.as_ref().map(|server| server.id().to_string());
            let is_mine = text.lines().next().map(ToOwned::to_owned) == mine;
            if is_mine && text.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return true;
            }
            if self.server_ended() {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("PostgreSQL was not ready in time: {}", self.log());
    }

    /// A program of the server as a user that is not root, ended when this thread ends.
    fn as_server(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        if is_root() {
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        command.args(["--pdeathsig", "QUIT"]).arg(programs().join(program));
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
        command
    }

    fn give_to_server(&self, path: &Path) {
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("a file of the server");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop("immediate");
    }
}

/// Names the server on which a run of tests lays its stores, instead of in files. `with-postgres` sets it.
pub const SHARED_SERVER: &str = "STRONGROOM_TEST_SERVER";

/// A connection string with a schema of its own on the server that this run of tests shares; nothing where
/// stores are in files.
pub fn own_schema() -> Option<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let server = std::env::var(SHARED_SERVER).ok()?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Some(format!("{server}?schema=test_{}_{count}_{since}", std::process::id()))
}

/// Writes a file that only its owner can read.
///
/// # Panics
/// When it cannot be written.
pub fn write_private(path: &Path, text: &str) {
    let mut file = fs::File::create(path).expect("a file");
    file.set_permissions(fs::Permissions::from_mode(0o600)).expect("a private file");
    file.write_all(text.as_bytes()).expect("a written file");
}

/// The programs of the newest PostgreSQL that is installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.max_by_key(|version| {
        version.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
    });
    newest.map(|version| version.path().join("bin")).unwrap_or_else(|| {
        panic!("PostgreSQL is not installed: apt-get install postgresql, or `make packages`")
    })
}

fn signal(name: &str, processes: &[u32]) {
    let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
    // One of them may have ended by itself.
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", processes.join(" "))])
        .stderr(Stdio::null())
        .status()
        .expect("sh");
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it takes too long until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The fields of a process in /proc that come after its name: its state is the first, its parent the second.
fn fields_of(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(ToOwned::to_owned).collect())
}

fn state_of(process: u32) -> Option<char> {
    fields_of(process)?.first()?.chars().next()
}

fn children_of(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("the processes").flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent = parent.to_string();
    all.filter(|process| fields_of(*process).is_some_and(|fields| fields[1] == parent)).collect()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Percent-encodes all that has a meaning in a URL.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let encode =
        |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
