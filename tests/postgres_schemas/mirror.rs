//! What SQLite's tables and PostgreSQL's are, in the same words: read from real databases.

use std::collections::BTreeSet;
use std::path::Path;

use crate::dumps::{OnServer, PLACES};

/// A line each for columns, primary keys, indexes and migrations.
const OF_SQLITE: &str = include_str!("mirror_sqlite.sql");
const OF_POSTGRES: &str = include_str!("mirror_postgres.sql");

pub(crate) type Lines = BTreeSet<String>;

/// The two files of a store.
pub(crate) fn of_files(folder: &Path) -> [Lines; 2] {
    ["metadata.db", "payloads.db"].map(|file| {
        let database = rusqlite::Connection::open(folder.join(file)).unwrap();
        let mut statement = database.prepare(OF_SQLITE).unwrap();
        let lines = statement.query_map([], |row| row.get(0)).unwrap();
        lines.map(Result::unwrap).collect()
    })
}

/// The two schemas of a store, but for the table in which the outcome of a commit is looked up. A commit in a
/// file needs none.
pub(crate) fn of_server(store: &OnServer) -> [Lines; 2] {
    PLACES.map(|(database, schema)| {
        let lines = store.sql(database, &OF_POSTGRES.replace("SCHEMA", schema));
        lines.lines().filter(|line| !line.contains(" commits")).map(ToOwned::to_owned).collect()
    })
}
