//! What `sslmode` asks of the server, and a client certificate of the client.

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{SCHEMA, put, settings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use strongroom_backend::{ErrorKind, Result};
use strongroom_postgres::{Database, Limits};
use strongroom_test_support::postgres::{Cluster, write_private};
use tempfile::TempDir;

struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority(Issuer::new(params, key), pem)
    }

    /// Writes a certificate for `name` and its key.
    fn issue(&self, name: &str, folder: &Path, file: &str) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        write_private(&folder.join(format!("{file}.crt")), &certificate.pem());
        write_private(&folder.join(format!("{file}.key")), &key.serialize_pem());
    }
}

struct Site {
    cluster: Cluster,
    folder: TempDir,
}

impl Site {
    /// A server `localhost` that wants a certificate of whoever comes by TLS to the database `certified`.
    fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (Authority::new(), Authority::new());
        write_private(&folder.path().join("ca.crt"), &ours.1);
        write_private(&folder.path().join("other.crt"), &other.1);
        ours.issue("store", folder.path(), "client");
        let ssl =
            ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key", "ssl_ca_file=ca.crt"];
        let cluster = Cluster::start_with(&ssl, |data| {
            ours.issue("localhost", data, "server");
            write_private(&data.join("ca.crt"), &ours.1);
            let rules = "hostssl certified all 127.0.0.1/32 cert\n\
                         hostssl store all 127.0.0.1/32 scram-sha-256\n\
                         local all all scram-sha-256\n";
            std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        });
        drop(common::create(&cluster.new_database("store")));
        cluster.sql("CREATE DATABASE certified OWNER store");
        Site { cluster, folder }
    }

    fn open(&self, host: &str, options: &str) -> Result<Database> {
        let folder = self.folder.path().display();
        let options = options.replace("$", &format!("{folder}/"));
        let dsn = format!(
            "postgres://store:store-password@{host}:{}/store?connect_timeout=30&{options}",
            self.cluster.port()
        );
        Database::open(&settings(&dsn), &SCHEMA, Limits::default())
    }
}

#[test]
fn the_server_has_to_prove_what_sslmode_asks_for() {
    let site = Site::new();
    for (host, options) in [
        ("127.0.0.1", "sslmode=prefer"),
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=require&channel_binding=require"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=$ca.crt"),
        ("localhost", "sslmode=verify-full&sslrootcert=$ca.crt"),
    ] {
        let database = site.open(host, options).unwrap_or_else(|e| panic!("{options}: {e}"));
        let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                         WHERE ssl AND usename = 'store'";
        // The session before this one may not be gone yet.
        let end = Instant::now() + Duration::from_secs(60);
        while site.cluster.sql(encrypted) != "1" {
            assert!(Instant::now() < end, "{options}");
        }
        drop(database);
    }
    for (host, options) in [
        ("127.0.0.1", "sslmode=disable"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=$ca.crt"),
        ("localhost", "sslmode=verify-full&sslrootcert=$other.crt"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=$other.crt"),
        ("127.0.0.1", "sslmode=require&sslrootcert=$other.crt"),
    ] {
        let error = site.open(host, options).err().unwrap_or_else(|| panic!("{host} {options}"));
        assert_eq!(error.kind(), ErrorKind::Denied, "{options}: {error}");
    }
    for options in
        ["sslmode=verify-ca&sslrootcert=$absent.crt", "sslmode=verify-ca&sslrootcert=$client.key"]
    {
        let kind = site.open("127.0.0.1", options).err().unwrap().kind();
        assert!(matches!(kind, ErrorKind::NotFound | ErrorKind::Config), "{options}");
    }
}

#[test]
fn a_client_certificate_stands_for_the_password() {
    let site = Site::new();
    let folder = site.folder.path().display();
    let dsn = |certificate: &str| {
        let port = site.cluster.port();
        format!(
            "host=localhost port={port} user=store dbname=certified sslmode=verify-full \
                 sslrootcert={folder}/ca.crt connect_timeout=30 {certificate}"
        )
    };
    let ours = dsn(&format!("sslcert={folder}/client.crt sslkey='{folder}/client.key'"));
    let database = common::create(&ours);
    database.write(|c| put(c, "one", 1)).unwrap();
    let refused = Database::open(&settings(&dsn("")), &SCHEMA, Limits::default()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Denied, "{refused}");
    let key = site.folder.path().join("client.key");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(key, open).unwrap();
    let refused = Database::open(&settings(&ours), &SCHEMA, Limits::default()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Denied, "{refused}");
}
