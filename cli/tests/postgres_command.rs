//! The command with a store in PostgreSQL, on a real server.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use strongroom_test_support::postgres::{Cluster, write_private};
use tempfile::TempDir;

/// A server, and a folder for a store.
struct Fixture {
    cluster: Cluster,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture { cluster: Cluster::start(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A connection string that names the password file.
    fn place(&self, role: &str) -> String {
        let (host, port) = (self.cluster.socket_folder().display(), self.cluster.port());
        let passfile = self.path("pgpass");
        let passfile = passfile.display();
        format!("host={host} port={port} user={role} dbname=store passfile={passfile}")
    }

    fn strongroom(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command.args(arguments).env("STRONGROOM_CONFIG", self.path("store/strongroom.toml"));
        with_input(command, input)
    }

    fn succeeds(&self, arguments: &[&str], input: &str) -> String {
        let output = self.strongroom(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks for a store in PostgreSQL, with this added.
    fn init(&self, more: &[&str]) -> Output {
        let folder = self.path("store");
        let (metadata, shelf) = (self.place("strongroom"), self.place("shelf"));
        let all = ["init", folder.to_str().unwrap(), "--metadata", &metadata, "--shelf", &shelf];
        self.strongroom(&[&all[..], more].concat(), "")
    }

    /// What an administrator does with the SQL that `init` prints.
    fn make_roles(&self) {
        let printed = self.init(&["--print-sql"]);
        assert!(printed.status.success() && !self.path("store").exists(), "{printed:?}");
        let mut psql = self.cluster.client("psql");
        psql.args(["-Xq", "-v", "ON_ERROR_STOP=1"]);
        let done = with_input(psql, &String::from_utf8(printed.stdout).unwrap());
        assert!(done.status.success(), "{done:?}");
        for role in ["strongroom", "shelf"] {
            self.cluster.sql(&format!("ALTER ROLE {role} PASSWORD '{role}-password'"));
        }
        let line = |role: &str| format!("*:*:*:{role}:{role}-password\n");
        write_private(&self.path("pgpass"), &(line("strongroom") + &line("shelf")));
    }

    /// A store in PostgreSQL with one secret.
    fn store() -> Fixture {
        let fixture = Fixture::new();
        fixture.make_roles();
        let made = fixture.init(&[]);
        assert!(made.status.success(), "{made:?}");
        fixture.succeeds(&["put", "web1/db"], "correct horse");
        fixture
    }

    /// What the server says to this role.
    fn as_role(&self, role: &str, sql: &str) -> Result<String, String> {
        let mut psql = self.cluster.client("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "store", "-U", role, "-c", sql]);
        let output = psql.env("PGPASSWORD", format!("{role}-password")).output().unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

fn with_input(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses to begin reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn a_store_works_under_the_roles_whose_sql_init_prints() {
    let fixture = Fixture::store();
    assert_eq!(fixture.succeeds(&["get", "web1/db"], ""), "correct horse");
    fixture.succeeds(&["put", "web1/db"], "battery staple");
    fixture.succeeds(&["keys", "rotate"], "");
    assert_eq!(fixture.succeeds(&["get", "web1/db"], ""), "battery staple");
    fixture.succeeds(&["health"], "");
    fixture.succeeds(&["doctor", "--repair"], "");
    fixture.succeeds(&["erase", "--yes", "web1/db"], "");
    assert_eq!(fixture.strongroom(&["get", "web1/db"], "").status.code(), Some(10));
}

#[test]
fn each_role_is_refused_the_other_s_tables_and_schemas_of_its_own() {
    let fixture = Fixture::store();
    let count = |schema: &str, table: &str| format!("SELECT count(*) FROM {schema}.{table}");
    assert_eq!(fixture.as_role("strongroom", &count("strongroom", "secrets")).unwrap(), "1\n");
    assert_eq!(fixture.as_role("shelf", &count("strongroom_shelf", "payloads")).unwrap(), "1\n");
    let others =
        [("strongroom", "strongroom_shelf", "payloads"), ("shelf", "strongroom", "secrets")];
    for (role, schema, table) in others {
        for sql in [count(schema, table), format!("DELETE FROM {schema}.{table}")] {
            let refused = fixture.as_role(role, &sql).unwrap_err();
            assert!(refused.contains("permission denied"), "{role}: {sql}: {refused}");
        }
        for sql in ["CREATE SCHEMA mine", "CREATE TABLE public.mine (n int)", "CREATE ROLE mine"] {
            let refused = fixture.as_role(role, sql).unwrap_err();
            assert!(refused.contains("permission denied"), "{role}: {sql}: {refused}");
        }
    }
    fixture.cluster.sql("CREATE ROLE stranger LOGIN PASSWORD 'stranger-password'");
    let refused = fixture.as_role("stranger", "SELECT 1").unwrap_err();
    assert!(refused.contains("permission denied for database"), "{refused}");
}

#[test]
fn one_role_for_both_is_refused_when_roles_are_asked_for() {
    let fixture = Fixture::new();
    let place = fixture.place("strongroom");
    let all = ["init", "--metadata", &place, "--shelf", &place, "--print-sql"];
    assert_eq!(fixture.strongroom(&all, "").status.code(), Some(2));
    assert_eq!(fixture.strongroom(&["init", "--print-sql"], "").status.code(), Some(2));
}

#[test]
fn a_password_on_the_command_line_is_refused_without_being_shown() {
    let fixture = Fixture::new();
    for place in ["postgres://u:planted@h/d", "host=h user=u password=planted", "planted.db"] {
        let refused = fixture.strongroom(&["init", "--metadata", place], "");
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(!String::from_utf8_lossy(&refused.stderr).contains("planted"), "{refused:?}");
    }
}

#[test]
fn a_config_with_a_password_must_be_private() {
    let fixture = Fixture::store();
    let config = fixture.path("store/strongroom.toml");
    let open_to = |mode| {
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(mode)).unwrap();
        fixture.strongroom(&["get", "web1/db"], "").status.code()
    };
    assert_eq!(open_to(0o644), Some(0));
    let text = std::fs::read_to_string(&config).unwrap();
    let passfile = format!("passfile={}", fixture.path("pgpass").display());
    let text = text.replacen(&passfile, "password=strongroom-password", 1);
    let text = text.replacen(&passfile, "password=shelf-password", 1);
    assert!(text.find("strongroom-password") < text.find("shelf-password"), "{text}");
    std::fs::write(&config, text).unwrap();
    assert_eq!(open_to(0o644), Some(80));
    assert_eq!(open_to(0o600), Some(0));
}

#[test]
fn a_backup_of_a_store_in_postgresql_is_restored_into_files() {
    let fixture = Fixture::store();
    for number in 0..40 {
        fixture.succeeds(&["put", &format!("web1/{number}")], &format!("payload {number}"));
    }
    let (backup, restored) = (fixture.path("backup"), fixture.path("restored"));
    let keyring = fixture.path("store/keyring.json");
    let texts = [&backup, &restored, &keyring].map(|path| path.to_str().unwrap());
    fixture.succeeds(&["backup", texts[0]], "");
    fixture.succeeds(&["put", "web1/db"], "later");
    drop(fixture.succeeds(&["restore", texts[0], texts[1], "--keyring", texts[2]], ""));
    let get = |name: &str| fixture.succeeds(&["--config", texts[1], "get", name], "");
    assert_eq!(get("web1/db"), "correct horse");
    assert_eq!(get("web1/39"), "payload 39");
    fixture.succeeds(&["--config", texts[1], "put", "web1/new"], "new");
    fixture.succeeds(&["--config", texts[1], "doctor", "--repair"], "");
    assert_eq!(fixture.succeeds(&["get", "web1/db"], ""), "later");
}

#[test]
fn a_dump_and_the_keyring_bring_the_store_back() {
    let fixture = Fixture::store();
    let dump = fixture.cluster.client("pg_dump").args(["--create", "store"]).output().unwrap();
    assert!(dump.status.success(), "{dump:?}");
    fixture.cluster.sql("DROP DATABASE store");
    assert_ne!(fixture.strongroom(&["get", "web1/db"], "").status.code(), Some(0));
    let mut psql = fixture.cluster.client("psql");
    psql.args(["-Xq", "-v", "ON_ERROR_STOP=1"]);
    let back = with_input(psql, &String::from_utf8(dump.stdout).unwrap());
    assert!(back.status.success(), "{back:?}");
    assert_eq!(fixture.succeeds(&["get", "web1/db"], ""), "correct horse");
    fixture.succeeds(&["put", "web1/db"], "after");
    assert_eq!(fixture.succeeds(&["get", "web1/db"], ""), "after");
    fixture.succeeds(&["doctor", "--adopt"], "");
    let other = fixture.as_role("shelf", "SELECT count(*) FROM strongroom.secrets").unwrap_err();
    assert!(other.contains("permission denied"), "{other}");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is made on a server does not go again with the files of an `init` that failed.
#[test]
fn an_init_that_fails_leaves_nothing_in_the_way_of_the_next() {
    let fixture = Fixture::new();
    fixture.make_roles();
    let (folder, shelf) = (fixture.path("store"), fixture.place("shelf"));
    let good = fixture.place("strongroom");
    let wrong_role = good.replace("user=strongroom", "user=nobody");
    let wrong_place = good.replace("port=", "port=1");
    let no_passfile = format!("{good}-which-is-not-there");
    let relative = "host=/run user=strongroom passfile=pgpass".to_owned();
    for (metadata, expected) in [
        (wrong_role, "has a line for this host"),
        (wrong_place, "port"),
        (no_passfile, "pgpass-which-is-not-there"),
        (relative, "passfile is not the whole path"),
    ] {
        let all = ["init", folder.to_str().unwrap(), "--metadata", &metadata, "--shelf", &shelf];
        let failed = fixture.strongroom(&all, "");
        assert!(!failed.status.success() && said(&failed).contains(expected), "{failed:?}");
        assert!(!folder.join("strongroom.toml").exists());
    }
    // A role that may not do what comes last is found out first.
    let admin = |sql: &str| {
        let mut psql = fixture.cluster.client("psql");
        assert!(psql.args(["-Xqd", "store", "-c", sql]).status().unwrap().success(), "{sql}");
    };
    admin("REVOKE CREATE ON SCHEMA strongroom FROM strongroom");
    let denied = fixture.init(&[]);
    assert_eq!(denied.status.code(), Some(20), "{denied:?}");
    assert!(said(&denied).contains("may not make tables in the schema strongroom"), "{denied:?}");
    admin("GRANT CREATE ON SCHEMA strongroom TO strongroom");
    let made = fixture.init(&[]);
    assert!(made.status.success(), "{made:?}");
    std::fs::remove_dir_all(&folder).unwrap();
    let again = fixture.init(&[]);
    assert_eq!(again.status.code(), Some(11), "{again:?}");
    assert!(said(&again).contains("DROP SCHEMA"), "{again:?}");
}

#[test]
fn tables_that_are_not_there_are_missed_by_their_place() {
    let fixture = Fixture::store();
    let config = fixture.path("store/strongroom.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("user=strongroom ", "user=shelf ")).unwrap();
    let missed = fixture.strongroom(&["get", "web1/db"], "");
    assert_eq!(missed.status.code(), Some(80), "{missed:?}");
    for expected in ["schema strongroom of postgres://shelf@", "dbname", "Roles"] {
        assert!(said(&missed).contains(expected), "{missed:?}");
    }
    assert!(!said(&missed).contains("restore"), "{missed:?}");
}

#[test]
fn nothing_in_a_name_ends_a_line_of_the_sql() {
    let fixture = Fixture::new();
    let places = [
        "host='h\nDROP DATABASE x; --' user=u dbname=q",
        "postgres://u@h/q%0ADROP%20DATABASE%20x; --",
    ];
    for place in places {
        let refused = fixture.strongroom(&["init", "--metadata", place, "--print-sql"], "");
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(refused.stdout.is_empty(), "{refused:?}");
    }
}
