//! The floors: the statements of a get and of a put, prepared, over one connection, and nothing else. No
//! row is authenticated here, and nothing is encrypted.

use futures_util::future::{join, join3};
use strongroom_backend::random_bytes;
use strongroom_test_support::postgres::Cluster;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use crate::stage::{PROJECT, SECRETS, name};

/// The two queries of a get.
pub(crate) const GET: [&str; 2] = [
    "SELECT p.*, s.*, v.* FROM strongroom.projects p
     JOIN strongroom.secrets s ON s.project_id = p.project_id AND s.name = $2
     JOIN strongroom.versions v ON v.secret_id = s.secret_id
     WHERE p.name = $1 AND p.state = 1 ORDER BY v.number DESC LIMIT 1",
    "SELECT envelope FROM strongroom_shelf.payloads WHERE reference = $1",
];

/// The transaction of a put in the shelf: one statement.
pub(crate) const LAY_DOWN: &str = "INSERT INTO strongroom_shelf.payloads (reference, envelope)
     VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// What begins the transaction of a put in the metadata.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE;
     LOCK TABLE strongroom.schema_migrations IN ROW EXCLUSIVE MODE";

/// What it reads there.
pub(crate) const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
pub(crate) const READS: [&str; 5] = [
    "SELECT * FROM strongroom.store",
    "SELECT * FROM strongroom.clock",
    "SELECT * FROM strongroom.projects WHERE project_id = $1",
    "SELECT * FROM strongroom.keys WHERE project_id = $1 AND generation = $2",
    "SELECT * FROM strongroom.secrets WHERE project_id = $1 AND name = $2",
];

/// What it writes there.
pub(crate) const CLAIM: &str = "INSERT INTO strongroom.claims (reference, state) VALUES ($1, 1)
     ON CONFLICT DO NOTHING";
pub(crate) const VERSION: &str = "INSERT INTO strongroom.versions (version_id, secret_id, number,
         project_epoch, state, reference, generation, size, created_at, row_version, mac)
     VALUES ($1, $2, $3, 1, 2, $4, 1, 64, 1, 1, $4)";
pub(crate) const SECRET: &str = "UPDATE strongroom.secrets SET secret_id = $2, project_id = $1,
         name = $3, next_number = next_number + 1, updated_at = $4, mac = $5
     WHERE project_id = $1 AND name = $3";
pub(crate) const MARK: &str = "INSERT INTO strongroom.commits AS c (session, number, made_at)
     VALUES ($1, $2, 1) ON CONFLICT (session) DO UPDATE SET number = excluded.number";

/// A connection of the superuser, who may read and write both places.
pub(crate) struct Bare {
    runtime: Runtime,
    client: Client,
    get: Vec<Statement>,
    put: Put,
    references: Vec<Vec<u8>>,
    session: [u8; 16],
    count: i64,
}

struct Put {
    lay_down: Statement,
    now: Statement,
    reads: Vec<Statement>,
    writes: Vec<Statement>,
    project: Vec<u8>,
    secrets: Vec<Vec<u8>>,
}

impl Bare {
    pub(crate) fn connect(cluster: &Cluster, database: &str) -> Bare {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        let client = runtime.block_on(async {
            let socket = cluster.socket_folder().join(format!(".s.PGSQL.{}", cluster.port()));
            let mut config = Config::new();
            config.user("postgres").password(Cluster::PASSWORD).dbname(database);
            let socket = UnixStream::connect(socket).await.unwrap();
            let (client, connection) = config.connect_raw(socket, NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        let prepare = |sql: &&str| runtime.block_on(client.prepare(sql)).unwrap();
        let get = GET.iter().map(prepare).collect();
        let column = |sql: &str| -> Vec<Vec<u8>> {
            let rows = runtime.block_on(client.query(sql, &[])).unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        };
        let references = column("SELECT reference FROM strongroom_shelf.payloads");
        let secrets = column("SELECT secret_id FROM strongroom.secrets ORDER BY name");
        let project = column("SELECT project_id FROM strongroom.projects").remove(0);
        let put = Put {
            lay_down: prepare(&LAY_DOWN),
            now: prepare(&NOW),
            reads: READS.iter().map(prepare).collect(),
            writes: [CLAIM, VERSION, SECRET, MARK].iter().map(prepare).collect(),
            project,
            secrets,
        };
        let session = random_bytes().unwrap();
        Bare { runtime, client, get, put, references, session, count: 0 }
    }

    /// The two queries of one get, one after the other.
    pub(crate) fn two_bare_queries(&self, n: usize) {
        let name = name(n);
        self.runtime.block_on(async {
            let row = self.one(&self.get[0], &[&PROJECT, &name]).await;
            let number: i64 = row.get("number");
            assert!(number > 0);
            let envelope: &[u8] = &self.references[n];
            std::hint::black_box(self.one(&self.get[1], &[&envelope]).await);
        });
    }

    /// The two transactions of one put: that in the shelf, then that in the metadata, with what it reads and
    /// writes there, in as many round trips as a put.
    pub(crate) fn two_bare_transactions(&mut self, n: usize) {
        self.count += 1;
        let (n, count) = (n % SECRETS, 1_000 + self.count);
        let put = &self.put;
        let (reference, version): ([u8; 16], [u8; 16]) =
            (random_bytes().unwrap(), random_bytes().unwrap());
        let (sealed, envelope): ([u8; 32], [u8; 156]) =
            (random_bytes().unwrap(), random_bytes().unwrap());
        let (reference, version) = (&reference[..], &version[..]);
        let (sealed, session) = (&sealed[..], &self.session[..]);
        let (project, secret, name) = (&put.project, &put.secrets[n], name(n));
        self.runtime.block_on(async {
            self.run(&put.lay_down, &[&reference, &&envelope[..]]).await;
            let begin = self.client.batch_execute(BEGIN);
            let (begun, ..) =
                join3(begin, self.one(&put.now, &[]), self.one(&put.reads[0], &[])).await;
            begun.unwrap();
            self.one(&put.reads[1], &[]).await;
            self.one(&put.reads[2], &[project]).await;
            self.one(&put.reads[3], &[project, &1_i64]).await;
            self.one(&put.reads[4], &[project, &name]).await;
            self.run(&put.writes[0], &[&sealed]).await;
            self.run(&put.writes[1], &[&version, secret, &count, &sealed]).await;
            self.run(&put.writes[2], &[project, secret, &name, &count, &sealed]).await;
            let commit = self.client.batch_execute("COMMIT");
            let (_, committed) =
                join(self.run(&put.writes[3], &[&session, &self.count]), commit).await;
            committed.unwrap();
        });
    }

    async fn one(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Row {
        self.client.query_one(statement, parameters).await.unwrap()
    }

    async fn run(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) {
        assert_eq!(self.client.execute(statement, parameters).await.unwrap(), 1);
    }
}
