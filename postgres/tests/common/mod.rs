//! A server, and a schema with a table of names and numbers.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod proxy;

use std::sync::atomic::{AtomicBool, Ordering};

use strongroom_backend::Result;
use strongroom_postgres::{
    Connection, Database, Environment, Limits, Migration, Schema, Settings, Value,
};
use strongroom_test_support::postgres::Cluster;

pub(crate) const SCHEMA: Schema = Schema {
    what: "test",
    migrations: &[Migration {
        number: 1,
        name: "numbers",
        sql: "CREATE TABLE numbers (name text COLLATE \"C\" NOT NULL PRIMARY KEY, number bigint)",
        needed_to_read: true,
    }],
};

pub(crate) fn settings(dsn: &str) -> Settings {
    Settings::parse(dsn, Environment::Ignored).unwrap().or_schema("numbers")
}

pub(crate) fn create(dsn: &str) -> Database {
    Database::create(&settings(dsn), &SCHEMA, Limits::default()).unwrap()
}

/// Ends the loops of threads, a failed assertion in the one that waits for them included.
#[derive(Default)]
pub(crate) struct Stop(AtomicBool);

pub(crate) struct StopAtEnd<'a>(&'a Stop);

impl Stop {
    pub(crate) fn at_end(&self) -> StopAtEnd<'_> {
        StopAtEnd(self)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// A server with a database of its own for the test.
pub(crate) fn server() -> (Cluster, String) {
    let cluster = Cluster::start();
    let dsn = cluster.new_database("store");
    (cluster, dsn)
}

pub(crate) fn put(connection: &Connection<'_>, name: &str, number: i64) -> Result<()> {
    let sql = "INSERT INTO numbers (name, number) VALUES (?1, ?2)";
    connection.execute(sql, &[Value::Text(name), Value::Integer(number)]).map(|_| ())
}

pub(crate) fn get(connection: &Connection<'_>, name: &str) -> Result<Option<i64>> {
    let mut found = None;
    let sql = "SELECT number FROM numbers WHERE name = ?1";
    connection.query(sql, &[Value::Text(name)], &mut |row| {
        found = Some(row.integer(0)?);
        Ok(())
    })?;
    Ok(found)
}

pub(crate) fn set(connection: &Connection<'_>, name: &str, number: i64) -> Result<()> {
    let sql = "UPDATE numbers SET number = ?2 WHERE name = ?1";
    connection.execute(sql, &[Value::Text(name), Value::Integer(number)]).map(|_| ())
}

pub(crate) fn count(database: &Database) -> i64 {
    let mut count = 0;
    database
        .read(|c| {
            c.query("SELECT count(*) FROM numbers", &[], &mut |row| {
                count = row.integer(0)?;
                Ok(())
            })
        })
        .unwrap();
    count
}
