//! The floors: the statements of a get and of a put, prepared, over one connection, and nothing else. No
//! row is authenticated here, and nothing is encrypted.

use futures_util::future::{join, join3, join5};
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

/// What one put writes.
struct NewRow {
    n: usize,
    number: i64,
    count: i64,
    reference: [u8; 16],
    version: [u8; 16],
    sealed: [u8; 32],
    envelope: [u8; 156],
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
    /// writes there, in as many round trips as a put needs for these.
    pub(crate) fn two_bare_transactions(&mut self, n: usize) {
        let row = self.new_row(n);
        let put = &self.put;
        self.runtime.block_on(async {
            self.run(&put.lay_down, &[&&row.reference[..], &&row.envelope[..]]).await;
            let begin = self.client.batch_execute(BEGIN);
            let reads = join5(
                self.read(&row, 0),
                self.read(&row, 1),
                self.read(&row, 2),
                self.read(&row, 3),
                self.read(&row, 4),
            );
            let (begun, ..) = join3(begin, self.one(&put.now, &[]), reads).await;
            begun.unwrap();
            join3(self.write(&row, 0), self.write(&row, 1), self.write(&row, 2)).await;
            let commit = self.client.batch_execute("COMMIT");
            let (_, committed) = join(self.write(&row, 3), commit).await;
            committed.unwrap();
        });
    }

    /// The same, each statement sent when the one before it is answered.
    pub(crate) fn two_bare_transactions_one_by_one(&mut self, n: usize) {
        let row = self.new_row(n);
        let put = &self.put;
        self.runtime.block_on(async {
            self.run(&put.lay_down, &[&&row.reference[..], &&row.envelope[..]]).await;
            self.client.batch_execute(BEGIN).await.unwrap();
            self.one(&put.now, &[]).await;
            for read in 0..put.reads.len() {
                self.read(&row, read).await;
            }
            for write in 0..put.writes.len() {
                self.write(&row, write).await;
            }
            self.client.batch_execute("COMMIT").await.unwrap();
        });
    }

    fn new_row(&mut self, n: usize) -> NewRow {
        self.count += 1;
        NewRow {
            n: n % SECRETS,
            number: 1_000 + self.count,
            count: self.count,
            reference: random_bytes().unwrap(),
            version: random_bytes().unwrap(),
            sealed: random_bytes().unwrap(),
            envelope: random_bytes().unwrap(),
        }
    }

    /// One of [`READS`].
    async fn read(&self, row: &NewRow, which: usize) {
        let (project, name) = (&self.put.project, name(row.n));
        let parameters: &[&(dyn ToSql + Sync)] = match which {
            0 | 1 => &[],
            2 => &[project],
            3 => &[project, &1_i64],
            _ => &[project, &name],
        };
        self.one(&self.put.reads[which], parameters).await;
    }

    /// One of [`CLAIM`], [`VERSION`], [`SECRET`] and [`MARK`].
    async fn write(&self, row: &NewRow, which: usize) {
        let (project, secret, name) = (&self.put.project, &self.put.secrets[row.n], name(row.n));
        let (sealed, version, session) = (&&row.sealed[..], &&row.version[..], &&self.session[..]);
        let parameters: &[&(dyn ToSql + Sync)] = match which {
            0 => &[sealed],
            1 => &[version, secret, &row.number, sealed],
            2 => &[project, secret, &name, &row.number, sealed],
            _ => &[session, &row.count],
        };
        self.run(&self.put.writes[which], parameters).await;
    }

    async fn one(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) -> Row {
        self.client.query_one(statement, parameters).await.unwrap()
    }

    async fn run(&self, statement: &Statement, parameters: &[&(dyn ToSql + Sync)]) {
        assert_eq!(self.client.execute(statement, parameters).await.unwrap(), 1);
    }
}
