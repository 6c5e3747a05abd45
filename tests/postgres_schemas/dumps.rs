//! Dumps of stores of released schemas: written by `pg_dump`, loaded by `psql`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom::{BackendConfig, Config, Layout, Store};
use strongroom_test_support::postgres::{Cluster, write_private};
use tempfile::TempDir;

/// The two databases of a store, and their schemas.
pub(crate) const PLACES: [(&str, &str); 2] =
    [("metadata", "strongroom"), ("shelf", "strongroom_shelf")];

/// The numbers of the metadata's schema and of the shelf's.
pub(crate) type Numbers = [usize; 2];

/// What there is a dump of.
pub(crate) fn released() -> Vec<Numbers> {
    let number = |part: Option<&str>| part.unwrap().parse().unwrap();
    let mut released: Vec<_> = fs::read_dir(golden())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .map(|name| {
            let mut parts = name.split('-').skip(1).step_by(2);
            [number(parts.next()), number(parts.next())]
        })
        .collect();
    released.sort_unstable();
    released
}

/// The newest schemas: as many as there are migrations.
pub(crate) fn newest() -> Numbers {
    let folders =
        ["src/metadata/migrations/postgres", "backends/enveloped/src/migrations/postgres"];
    folders.map(|folder| {
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap().count()
    })
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/postgres")
}

pub(crate) fn folder_of([metadata, shelf]: Numbers) -> PathBuf {
    golden().join(format!("metadata-{metadata}-shelf-{shelf}"))
}

/// A store in a server of its own.
pub(crate) struct OnServer {
    pub(crate) cluster: Cluster,
    folder: TempDir,
}

impl OnServer {
    /// A new store, of the newest schemas.
    pub(crate) fn create() -> OnServer {
        let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
        let [metadata, shelf] = PLACES.map(|(database, _)| cluster.new_database(database).into());
        let layout = Layout { metadata, shelf, ..Layout::in_folder(folder.path()) };
        Store::create(&layout).unwrap();
        OnServer { cluster, folder }
    }

    /// The store of a dump, which nobody has opened yet.
    pub(crate) fn load(numbers: Numbers) -> OnServer {
        let (cluster, folder) = (Cluster::start(), tempfile::tempdir().unwrap());
        let places = PLACES.map(|(database, _)| cluster.new_database(database));
        let keyring = folder.path().join("keyring.json");
        fs::copy(folder_of(numbers).join("keyring.json"), &keyring).unwrap();
        fs::set_permissions(&keyring, Permissions::from_mode(0o600)).unwrap();
        write_config(folder.path(), places);
        let store = OnServer { cluster, folder };
        PLACES.iter().for_each(|(database, _)| store.load_database(numbers, database));
        store
    }

    /// Loads a dump as the role that owns the tables.
    fn load_database(&self, numbers: Numbers, database: &str) {
        let file = folder_of(numbers).join(format!("{database}.sql"));
        let role = ("PGUSER", database);
        succeed(
            self.psql(database)
                .env(role.0, role.1)
                .env("PGPASSWORD", password(database))
                .arg("-f")
                .arg(file),
        );
    }

    /// Puts the metadata of the dump in the place of what is there, while the store is open.
    pub(crate) fn load_metadata_again(&self, numbers: Numbers) {
        self.sql("metadata", "DROP SCHEMA strongroom CASCADE");
        self.load_database(numbers, "metadata");
    }

    pub(crate) fn dump_to(&self, folder: &Path) {
        fs::create_dir(folder).expect("golden files are never replaced");
        for (database, schema) in PLACES {
            let schema = format!("--schema={schema}");
            let mut command = self.cluster.client("pg_dump");
            command.args(["--inserts", "--no-owner", "--no-privileges", &schema, database]);
            // Newer ones begin with a command that older versions of psql do not know.
            let lines = succeed(&mut command);
            let sql: String = lines
                .lines()
                .filter(|line| !line.starts_with('\\'))
                .flat_map(|l| [l, "\n"])
                .collect();
            fs::write(folder.join(format!("{database}.sql")), sql).unwrap();
        }
        fs::copy(self.folder.path().join("keyring.json"), folder.join("keyring.json")).unwrap();
    }

    /// Where its config is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn open(&self) -> strongroom::Result<Store> {
        Store::open(&self.folder.path().join("strongroom.toml"))
    }

    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        succeed(self.psql(database).args(["-c", sql])).trim().to_owned()
    }

    fn psql(&self, database: &str) -> Command {
        let mut psql = self.cluster.client("psql");
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1"]).env("PGDATABASE", database);
        psql
    }

    /// All that the tables of a place are, and which migrations made them.
    pub(crate) fn catalogue(&self, (database, schema): (&str, &str)) -> String {
        self.sql(database, &include_str!("catalogue.sql").replace("SCHEMA", schema))
    }

    pub(crate) fn catalogues(&self) -> [String; 2] {
        PLACES.map(|place| self.catalogue(place))
    }
}

fn write_config(folder: &Path, [metadata, shelf]: [String; 2]) {
    let text = include_str!("../golden/v1/store/strongroom.toml");
    let mut config = Config::from_toml(text, folder).unwrap();
    config.metadata = metadata;
    for backend in config.backends.values_mut() {
        if let BackendConfig::Enveloped { shelf: place, .. } = backend {
            place.clone_from(&shelf);
        }
    }
    write_private(&folder.join("strongroom.toml"), &config.to_toml().unwrap());
}

fn password(role: &str) -> String {
    format!("{role}-password")
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
