//! pgbench with the same statements: what the server does for a client in C.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::floors::{BEGIN, CLAIM, GET, LAY_DOWN, MARK, NOW, READS, SECRET, VERSION};
use crate::stage::{PROJECT, SECRETS, Stage, name};

/// Scripts of pgbench.
pub(crate) struct Scripts {
    folder: TempDir,
    database: &'static str,
}

impl Scripts {
    /// The two queries of a get, for each secret.
    pub(crate) fn of_gets(stage: &Stage) -> Scripts {
        let folder = tempfile::tempdir().unwrap();
        let references = "SELECT encode(reference, 'hex') FROM strongroom_shelf.payloads";
        for (n, reference) in
            asked(stage, Stage::STORE, references).lines().take(SECRETS).enumerate()
        {
            let metadata = filled(GET[0], &[&text(PROJECT), &text(&name(n))]);
            let shelf = filled(GET[1], &[&bytes(reference)]);
            fs::write(folder.path().join(format!("{n}.sql")), metadata + &shelf).unwrap();
        }
        Scripts { folder, database: Stage::STORE }
    }

    /// The two transactions of a put. Each client puts versions of a secret of its own.
    pub(crate) fn of_puts(stage: &Stage, clients: usize) -> Scripts {
        let folder = tempfile::tempdir().unwrap();
        asked(stage, Stage::BARE, "CREATE SEQUENCE counted START 1000000");
        let ids = "SELECT encode(project_id, 'hex') || ' ' || encode(secret_id, 'hex')
                   FROM strongroom.secrets ORDER BY name";
        let mut script = String::new();
        for (client, ids) in asked(stage, Stage::BARE, ids).lines().take(clients).enumerate() {
            let (project, secret) = ids.split_once(' ').unwrap();
            let choice = if client == 0 { "if" } else { "elif" };
            script += &format!("\\{choice} :client_id = {client}\n");
            script += &put(client, &bytes(project), &bytes(secret));
        }
        fs::write(folder.path().join("put.sql"), script + "\\endif\n").unwrap();
        Scripts { folder, database: Stage::BARE }
    }

    /// How many a second that many clients do together.
    pub(crate) fn rate(&self, stage: &Stage, clients: usize, seconds: u64) -> f64 {
        let mut pgbench = stage.cluster.client("pgbench");
        pgbench.args(["-n", "-M", "prepared", "--max-tries=100"]);
        pgbench.args(["-c", &clients.to_string(), "-j", &clients.to_string()]);
        pgbench.args(["-T", &seconds.to_string()]);
        for script in files(self.folder.path()) {
            pgbench.arg("-f").arg(script);
        }
        let output = pgbench.arg(self.database).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        rate.and_then(|rate| rate.split(' ').next()?.parse().ok()).expect("pgbench tells its rate")
    }
}

fn put(client: usize, project: &str, secret: &str) -> String {
    let id = |bytes| format!("substring(sha256(gen_random_uuid()::text::bytea), 1, {bytes})");
    let name = &text(&name(client));
    let statements = [
        filled(LAY_DOWN, &[&id(16), "decode(repeat('07', 156), 'hex')"]),
        filled(BEGIN, &[]),
        filled(NOW, &[]),
        filled(READS[0], &[]),
        filled(READS[1], &[]),
        filled(READS[2], &[project]),
        filled(READS[3], &[project, "1"]),
        filled(READS[4], &[project, name]),
        filled(CLAIM, &[&id(32)]),
        filled(VERSION, &[&id(16), secret, "nextval('counted')", &id(32)]),
        filled(SECRET, &[project, secret, name, "1", &id(32)]),
        filled(MARK, &[&format!("'client {client}'"), "1"]),
        "COMMIT;\n".to_owned(),
    ];
    statements.concat()
}

fn asked(stage: &Stage, database: &str, sql: &str) -> String {
    let mut psql = stage.cluster.client("psql");
    let output = psql.args(["-XAtqd", database, "-c", sql]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn text(text: &str) -> String {
    format!("'{text}'")
}

fn bytes(hex: &str) -> String {
    format!("'\\x{hex}'")
}

/// A statement with values in the place of its parameters, as one line of a script.
fn filled(statement: &str, values: &[&str]) -> String {
    let mut filled: String = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    for (n, value) in values.iter().enumerate() {
        filled = filled.replace(&format!("${}", n + 1), value);
    }
    filled + ";\n"
}
