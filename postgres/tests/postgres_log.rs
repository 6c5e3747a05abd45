//! What the host program's log shows of statements. tokio-postgres writes each one's parameters there.

mod common;

use std::sync::Mutex;

use common::{server, settings};
use log::{LevelFilter, Log, Metadata, Record};
use strongroom_postgres::{Database, Limits, Migration, Schema, Value};
use tokio::net::UnixStream;
use tokio_postgres::{Config, NoTls};

const PAYLOADS: Schema = Schema {
    what: "test",
    migrations: &[Migration {
        number: 1,
        name: "payloads",
        sql: "CREATE TABLE payloads (name text NOT NULL PRIMARY KEY, payload bytea NOT NULL)",
        needed_to_read: true,
    }],
};

struct Collected(Mutex<String>);

static LOG: Collected = Collected(Mutex::new(String::new()));

impl Log for Collected {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{}: {}\n", record.level(), record.args());
        LOG.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

impl Collected {
    /// Whether it shows this, as text or as a list of numbers.
    fn shows(&self, what: &str) -> bool {
        let log = self.0.lock().unwrap();
        let numbers = format!("{:?}", what.as_bytes());
        log.contains(what) || log.contains(numbers.trim_matches(['[', ']']))
    }
}

/// The program that uses tokio-postgres alone.
fn ask_bare(folder: &std::path::Path, port: u16, name: &str, payload: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let path = folder.join(format!(".s.PGSQL.{port}"));
        let socket = UnixStream::connect(path).await.unwrap();
        let mut config = Config::new();
        config.user("store").password("store-password").dbname("store");
        let (client, connection) = config.connect_raw(socket, NoTls).await.unwrap();
        let serving = tokio::spawn(connection);
        let (name, payload) = (name.to_owned(), payload.to_vec());
        client.query("SELECT $1::text, $2::bytea", &[&name, &payload]).await.unwrap();
        drop(client);
        serving.await.unwrap().unwrap();
    });
}

#[test]
fn neither_names_nor_payloads_come_into_the_hosts_log() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let (cluster, dsn) = server();
    let database = Database::create(&settings(&dsn), &PAYLOADS, Limits::default()).unwrap();
    let (name, payload) = ("planted-name", b"planted-payload");
    let read = "SELECT name FROM payloads WHERE payload = ?1";
    database
        .write(|c| {
            let sql = "INSERT INTO payloads (name, payload) VALUES (?1, ?2)";
            c.execute(sql, &[Value::Text(name), Value::Bytes(payload)])
        })
        .unwrap();
    let found = |row: &strongroom_postgres::Row| {
        assert_eq!(row.text(0)?, name);
        Ok(())
    };
    database.read(|c| c.query(read, &[Value::Bytes(payload)], &mut |row| found(row))).unwrap();
    let sent = database.send(read, &[payload]).expect("a connection that knows the statement");
    sent.rows().unwrap().unwrap().iter().try_for_each(found).unwrap();
    assert!(LOG.shows("executing statement") && LOG.shows("INSERT INTO payloads"));
    assert!(!LOG.shows("planted"), "{}", LOG.0.lock().unwrap());
    assert!(LOG.shows(&format!("[{} bytes]", payload.len())), "no parameters are shown at all");

    let (name, payload) = ("bare-name", b"bare-payload");
    ask_bare(cluster.socket_folder(), cluster.port(), name, payload);
    assert!(LOG.shows(name) && LOG.shows("bare-payload"), "the log would not have shown them");
}
