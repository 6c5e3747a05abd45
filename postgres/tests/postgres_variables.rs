//! The variables of libpq: each completes a connection string that asks for it, and none of them any other.

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::{SCHEMA, settings};
use strongroom_postgres::{Database, Limits};
use strongroom_test_support::postgres::{Cluster, write_private};
use strongroom_test_support::{Victim, tell};

const DSN: &str = "STRONGROOM_TEST_DSN";

/// Every variable that is looked at, with a value that cannot be right, and what is then the matter.
const WRONG: [(&str, &str, &str); 14] = [
    ("PGHOST", "/nowhere", "Unavailable"),
    ("PGPORT", "none", "Config"),
    ("PGUSER", "nobody", "Denied"),
    ("PGPASSWORD", "wrong", "Denied"),
    ("PGPASSFILE", "relative", "Config"),
    ("PGDATABASE", "absent", "Config"),
    ("PGSSLMODE", "require", "Denied"),
    ("PGSSLROOTCERT", "/nowhere/ca.crt", "NotFound"),
    ("PGSSLCERT", "/nowhere/client.crt", "Config"),
    ("PGSSLKEY", "/nowhere/client.key", "Config"),
    ("PGCHANNELBINDING", "require", "Denied"),
    ("PGTARGETSESSIONATTRS", "standby", "Unavailable"),
    ("PGCONNECT_TIMEOUT", "soon", "Config"),
    ("PGOPTIONS", "-c role=postgres", "Denied"),
];

/// Variables belong to a whole process. As a test of its own it does nothing.
#[test]
fn process() {
    let Ok(dsn) = std::env::var(DSN) else { return };
    let limits = Limits { operation: Duration::from_secs(4), ..Limits::default() };
    let parsed = strongroom_postgres::Settings::parse(&dsn, Default::default());
    let opened =
        parsed.and_then(|found| Database::open(&found.or_schema("numbers"), &SCHEMA, limits));
    tell(&match opened {
        Ok(_) => "opened".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind()),
    });
}

/// What opening this comes to in a process with these variables, and none else of libpq's.
fn opening(dsn: &str, variables: &[(&str, &str)]) -> String {
    let mut all: Vec<_> = vec![(DSN, dsn), ("HOME", "/nowhere")];
    all.extend(variables);
    Victim::start_test("process", &all).answer().expect("an answer")
}

fn right(port: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port),
        ("PGUSER", "store"),
        ("PGPASSWORD", "store-password"),
        ("PGDATABASE", "store"),
        ("PGCONNECT_TIMEOUT", "1"),
    ]
}

fn with<'a>(
    variables: &[(&'static str, &'a str)],
    name: &'static str,
    value: &'a str,
) -> Vec<(&'static str, &'a str)> {
    let others = variables.iter().copied().filter(|(other, _)| *other != name);
    others.chain([(name, value)]).collect()
}

fn server() -> (Cluster, String) {
    let (cluster, dsn) = common::server();
    drop(common::create(&dsn));
    let port = cluster.port().to_string();
    (cluster, port)
}

#[test]
fn each_variable_counts_where_the_connection_string_asks_for_it() {
    let (_cluster, port) = server();
    let right = right(&port);
    assert_eq!(opening("environment=yes", &right), "opened");
    let mut others = Vec::new();
    for (name, value, kind) in WRONG {
        let said = opening("environment=yes", &with(&right, name, value));
        if !said.starts_with(&format!("{kind}: ")) || said.contains("store-password") {
            others.push(format!("{name}={value}: {said}"));
        }
    }
    assert_eq!(others, Vec::<String>::new());
    // What the connection string says itself comes first.
    let own = "environment=yes user=store dbname=store password=store-password";
    for name in ["PGUSER", "PGDATABASE", "PGPASSWORD"] {
        assert_eq!(opening(own, &with(&right, name, "wrong")), "opened", "{name}");
    }
}

/// The control: the same values, of which none is looked at.
#[test]
fn no_variable_counts_where_nobody_asked_for_it() {
    let (_cluster, port) = server();
    let whole = format!(
        "host=127.0.0.1 port={port} user=store password=store-password dbname=store connect_timeout=1"
    );
    let wrong: Vec<_> = WRONG.iter().map(|(name, value, _)| (*name, *value)).collect();
    assert_eq!(opening(&whole, &wrong), "opened");
    assert!(settings(&whole).to_string().contains("127.0.0.1"));
}

#[test]
fn a_password_file_is_found_by_its_variable_and_at_home() {
    let (_cluster, port) = server();
    let mut right = right(&port);
    right.retain(|(name, _)| *name != "PGPASSWORD");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        write_private(&file, text);
        file.to_str().unwrap().to_owned()
    };
    // The control.
    assert!(opening("environment=yes", &right).starts_with("Denied: "));
    let line = format!("127.0.0.1:{port}:store:store:store-password\n");
    let named = file("named", &line);
    assert_eq!(opening("environment=yes", &with(&right, "PGPASSFILE", &named)), "opened");
    let of_another = file("another", &line.replace("store:store:", "store:nobody:"));
    let said = opening("environment=yes", &with(&right, "PGPASSFILE", &of_another));
    assert!(said.starts_with("Denied: "), "{said}");
    file(".pgpass", &line);
    let home = folder.path().to_str().unwrap();
    assert_eq!(opening("environment=yes", &with(&right, "HOME", home)), "opened");
    expect_refused_when_others_can_read(Path::new(&named), &right, &named);
}

fn expect_refused_when_others_can_read(file: &Path, right: &[(&'static str, &str)], named: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let said = opening("environment=yes", &with(right, "PGPASSFILE", named));
    assert!(said.starts_with("Denied: ") && said.contains("chmod 600"), "{said}");
}
