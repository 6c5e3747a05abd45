//! Copying metadata out of PostgreSQL into a SQLite file, as a backup needs it.
//!
//! The tables are the same, and a row's MAC does not depend on the database. So rows are copied as they
//! are, damaged ones too.

use std::path::Path;

use strongroom_backend::{file_error, folder_of};
use strongroom_postgres::{Connection, Database};

use crate::metadata::{Metadata, SqliteMetadata, Value};
use crate::{Error, ErrorKind, Result};

/// Rows that are read, and written, at once.
const PORTION: u32 = 1_000;

/// A table and its columns.
struct Table {
    name: String,
    columns: Vec<String>,
}

/// What a column held.
enum Owned {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Writes the new file `target`: everything as of one moment.
pub(super) fn to_sqlite(database: &Database, target: &Path) -> Result<()> {
    let folder = folder_of(target);
    let work = tempfile::tempdir_in(&folder).map_err(|e| file_error("write into", &folder, e))?;
    let copy = SqliteMetadata::create(&work.path().join("metadata.db"))?;
    let tables = tables(&copy)?;
    database.read_all(|connection| {
        tables.iter().try_for_each(|table| copy_table(connection, table, &copy))
    })?;
    // One whole file, without a log beside it.
    copy.copy_to(target)
}

fn tables(copy: &SqliteMetadata) -> Result<Vec<Table>> {
    const COLUMNS: &str = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name <> 'schema_migrations' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
         ORDER BY t.name, c.cid";
    let mut tables: Vec<Table> = Vec::new();
    copy.read(&mut |q| {
        tables.clear();
        q.select(COLUMNS, &[], &mut |row| {
            let (name, column) = (text(row.value(0)?)?, text(row.value(1)?)?);
            match tables.last_mut().filter(|table| table.name == name) {
                Some(table) => table.columns.push(column),
                None => tables.push(Table { name, columns: vec![column] }),
            }
            Ok(())
        })
    })?;
    Ok(tables)
}

fn copy_table(connection: &Connection<'_>, table: &Table, copy: &SqliteMetadata) -> Result<()> {
    let Table { name, columns } = table;
    let select = format!("SELECT {} FROM {name}", columns.join(", "));
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let insert =
        format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    let mut rows = Vec::new();
    connection.query_in_portions(&select, PORTION, &mut |row| {
        rows.push((0..columns.len()).map(|n| owned(row.value(n)?)).collect::<Result<_>>()?);
        if rows.len() < PORTION as usize {
            return Ok(());
        }
        write(copy, &insert, std::mem::take(&mut rows))
    })?;
    write(copy, &insert, rows)
}

fn write(copy: &SqliteMetadata, insert: &str, rows: Vec<Vec<Owned>>) -> Result<()> {
    let insert = insert.to_owned();
    copy.write(Box::new(move |q| {
        rows.iter().try_for_each(|row| {
            let values: Vec<Value<'_>> = row.iter().map(Owned::borrowed).collect();
            q.execute(&insert, &values).map(|_| ())
        })
    }))
}

impl Owned {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Owned::Null => Value::Null,
            Owned::Integer(number) => Value::Integer(*number),
            Owned::Text(text) => Value::Text(text),
            Owned::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

fn owned(value: strongroom_postgres::Value<'_>) -> Result<Owned> {
    use strongroom_postgres::Value as Theirs;
    Ok(match value {
        Theirs::Null => Owned::Null,
        Theirs::Integer(number) => Owned::Integer(number),
        Theirs::Text(text) => Owned::Text(text.to_owned()),
        Theirs::Bytes(bytes) => Owned::Bytes(bytes.to_vec()),
    })
}

fn text(value: Value<'_>) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text.to_owned()),
        _ => Err(Error::new(ErrorKind::Internal, "a name is not text", "report this")),
    }
}
