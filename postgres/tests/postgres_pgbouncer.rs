//! A real PgBouncer between the library and the server.

mod common;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use strongroom_backend::ErrorKind;
use strongroom_postgres::{Database, Limits};
use strongroom_test_support::postgres::{Cluster, write_private};
use tempfile::TempDir;

use common::{SCHEMA, count, create, get, put, server, set, settings};

/// A pooler of its own, which ends with the value.
struct PgBouncer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl PgBouncer {
    fn start(cluster: &Cluster, mode: &str) -> PgBouncer {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name);
        write_private(&at("users"), "\"store\" \"store-password\"\n");
        let text = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n\
             auth_file = {}\npool_mode = {mode}\n",
            cluster.socket_folder().display(),
            cluster.port(),
            at("users").display(),
        );
        write_private(&at("config"), &text);
        let log = fs::File::create(at("log")).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
        {
            // It refuses to be root, as the server does.
            let nobody = "65534";
            command.args(["--reuid", nobody, "--regid", nobody, "--clear-groups"]);
            for path in [folder.path().to_owned(), at("users"), at("config")] {
                std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
            }
        }
        command.arg(program()).arg(at("config")).stdin(Stdio::null());
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut pooler = PgBouncer { process, port, folder };
        pooler.await_readiness();
        pooler
    }

    fn await_readiness(&mut self) {
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "{ended:?}: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn dsn(&self, more: &str) -> String {
        format!("postgres://store:store-password@127.0.0.1:{}/store{more}", self.port)
    }

    /// A setting, as another client of the pooler finds it.
    fn show(&self, setting: &str) -> String {
        let mut psql = Command::new("psql");
        psql.args(["-XAtqc", &format!("SHOW {setting}"), &self.dsn("")]);
        let output = psql.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> &'static str {
    let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
    places.into_iter().find(|place| fs::exists(place).unwrap_or(false)).unwrap_or_else(|| {
        panic!("PgBouncer is not installed: apt-get install pgbouncer, or `scripts/packages test`")
    })
}

#[test]
fn a_pooler_that_gives_each_client_a_session_does() {
    let (cluster, dsn) = server();
    drop(create(&dsn));
    let pooler = PgBouncer::start(&cluster, "session");
    let dsn = pooler.dsn("?pooler=session");
    let open = || Database::open(&settings(&dsn), &SCHEMA, Limits::default()).unwrap();
    let database = open();
    database.write(|c| put(c, "count", 0)).unwrap();
    // Several processes' worth of statements of the same names, on sessions that are used again.
    for _ in 0..3 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let other = open();
                    for _ in 0..10 {
                        other.write(|c| set(c, "count", get(c, "count")?.unwrap() + 1)).unwrap();
                    }
                });
            }
        });
    }
    assert_eq!(database.read(|c| get(c, "count")).unwrap(), Some(120));
    let held = database.lock_within("name", Duration::from_secs(10)).unwrap().unwrap();
    assert!(database.try_share("name").unwrap().is_none());
    drop(held);
    assert!(database.try_share("name").unwrap().is_some());
    assert_eq!(count(&database), 1);
}

#[test]
fn a_pooler_is_refused_where_nobody_has_said_how_it_pools() {
    let (cluster, direct) = server();
    drop(create(&direct));
    for mode in ["transaction", "session"] {
        let pooler = PgBouncer::start(&cluster, mode);
        let refused = Database::open(&settings(&pooler.dsn("")), &SCHEMA, Limits::default());
        let error = refused.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config, "{mode}: {error}");
        assert!(error.to_string().contains("pooler=session"), "{mode}: {error}");
        // Whom the pooler gives that session next finds it as it was.
        assert_eq!(pooler.show("plan_cache_mode"), "auto", "{mode}");
        // The control: what is refused is the pooler, not the server.
        drop(Database::open(&settings(&direct), &SCHEMA, Limits::default()).unwrap());
    }
}

/// Why that is so. When somebody else has the session of our first transaction, the next is in another one.
#[test]
fn a_pooler_that_gives_each_transaction_a_session_does_not() {
    let (cluster, direct) = server();
    create(&direct).write(|c| put(c, "one", 1)).unwrap();
    let pooler = PgBouncer::start(&cluster, "transaction");
    let dsn = pooler.dsn("?pooler=session");
    let open = || Database::open(&settings(&dsn), &SCHEMA, Limits::default());
    let database = open().unwrap();
    assert_eq!(database.read(|c| get(c, "one")).unwrap(), Some(1));
    let mut held = Vec::new();
    let failed = (0..10).any(|n| {
        let locked =
            open().and_then(|o| o.lock_within(&format!("lock {n}"), Duration::from_secs(10)));
        let failed = locked.is_err() || database.read(|c| get(c, "one")).is_err();
        held.extend(locked.ok().flatten());
        failed
    });
    assert!(failed, "it works now: support it, and say so in docs/postgresql.md");
}
