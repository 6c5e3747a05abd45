//! Rows that decide something: typed, and authenticated by a MAC over their columns.

use std::sync::LazyLock;

use strongroom_crypto::RowMac;

use super::{Asked, Queries, Row, Value};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, Result};

/// The version of the canonical encoding that this code writes.
const ROW_VERSION: i64 = 1;

/// The widest table, with its version and MAC, has fewer columns.
const MOST_COLUMNS: usize = 24;

/// A row of one table. Its columns are in the order of `docs/format.md`.
pub(crate) trait Record: Sized {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    /// The columns that identify a row, as positions in `COLUMNS`.
    const KEY: &'static [usize];

    /// The statements of this table, put together once.
    fn statements() -> &'static Statements;
    fn values<'a>(&'a self, each: &mut dyn FnMut(Value<'a>));
    fn from_values(values: &[Value<'_>]) -> Result<Self>;

    /// Checks the MAC of the row whose columns start at `at`, and reads it.
    fn open(keys: &StoreKeys, row: &dyn Row, at: usize) -> Result<Self> {
        // Asking SQLite for a column costs as much as hashing it: each is asked for once.
        let mut columns = [Value::Null; MOST_COLUMNS];
        let width = Self::COLUMNS.len();
        for (place, column) in columns[..width + 2].iter_mut().zip(at..) {
            *place = row.value(column)?;
        }
        let (values, [version, stored, ..]) = columns.split_at(width) else {
            return Err(altered(Self::TABLE));
        };
        let mut mac = keys.row_mac(Self::TABLE)?;
        values.iter().for_each(|value| add(&mut mac, *value));
        match (*version, *stored) {
            (Value::Integer(ROW_VERSION), Value::Bytes(stored)) if mac.verify(stored) => {
                Self::from_values(values)
            }
            (Value::Integer(version), _) if version > ROW_VERSION => Err(Error::new(
                ErrorKind::Unsupported,
                format!("a row of {} is of version {version}", Self::TABLE),
                "use a newer Strongroom",
            )),
            _ => Err(altered(Self::TABLE)),
        }
    }

    /// As [`open`](Self::open); nothing where a query found no such row to join.
    fn open_if_any(keys: &StoreKeys, row: &dyn Row, at: usize) -> Result<Option<Self>> {
        match row.value(at)? {
            Value::Null => Ok(None),
            _ => Self::open(keys, row, at).map(Some),
        }
    }

    /// Reads a row whose MAC cannot be checked yet.
    fn unchecked(row: &dyn Row) -> Result<Self> {
        let values = (0..Self::COLUMNS.len()).map(|column| row.value(column));
        Self::from_values(&values.collect::<Result<Vec<_>>>()?)
    }

    /// Adds the row. `AlreadyExists` when a unique index has it already.
    fn insert(&self, keys: &StoreKeys, queries: &dyn Queries) -> Result<()> {
        self.run(keys, queries, &Self::statements().insert).map(|_| ())
    }

    /// Replaces the row with the same key. `Conflict` when it is gone.
    fn update(&self, keys: &StoreKeys, queries: &dyn Queries) -> Result<()> {
        Self::expect_one(self.run(keys, queries, &Self::statements().update)?)
    }

    /// Removes the row. `Conflict` when it is gone.
    fn delete(&self, queries: &dyn Queries) -> Result<()> {
        let deletion = self.deletion();
        Self::expect_one(queries.execute(deletion.sql, &deletion.parameters)?)
    }

    /// What removes the row.
    fn deletion(&self) -> Asked<'_> {
        let mut values = Vec::with_capacity(Self::COLUMNS.len());
        self.values(&mut |value| values.push(value));
        let parameters = Self::KEY.iter().map(|at| values[*at]).collect();
        Asked { sql: &Self::statements().delete, parameters }
    }

    /// `Conflict` when it was not one row that a statement changed.
    fn expect_one(rows: usize) -> Result<()> {
        match rows {
            1 => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Conflict,
                format!("a row of {} went away meanwhile", Self::TABLE),
                "try again",
            )),
        }
    }

    #[doc(hidden)]
    fn run(&self, keys: &StoreKeys, queries: &dyn Queries, sql: &str) -> Result<usize> {
        queries.execute(sql, &self.sealed(keys)?.parameters())
    }

    /// The row with its MAC.
    fn sealed(&self, keys: &StoreKeys) -> Result<Sealed<'_>> {
        let mut values = Vec::with_capacity(Self::COLUMNS.len() + 2);
        let mut mac = keys.row_mac(Self::TABLE)?;
        self.values(&mut |value| {
            add(&mut mac, value);
            values.push(value);
        });
        Ok(Sealed { values, mac: mac.finish() })
    }
}

fn add(mac: &mut RowMac, value: Value<'_>) {
    match value {
        Value::Null => mac.absent(),
        Value::Integer(number) => mac.integer(number),
        Value::Text(text) => mac.text(text),
        Value::Bytes(bytes) => mac.bytes(bytes),
    };
}

fn altered(table: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("a row of the metadata table {table} was altered from outside"),
        "run `strongroom doctor`, and restore a backup from before it happened",
    )
}

/// The columns of a row, and the MAC over them.
pub(crate) struct Sealed<'a> {
    values: Vec<Value<'a>>,
    mac: [u8; 32],
}

impl<'a> Sealed<'a> {
    /// As the statements of its table take them.
    fn parameters(&'a self) -> Vec<Value<'a>> {
        let rest = [Value::Integer(ROW_VERSION), Value::Bytes(&self.mac)];
        self.values.iter().copied().chain(rest).collect()
    }

    /// What adds the row.
    pub(crate) fn insertion<R: Record>(&'a self) -> Asked<'a> {
        Asked { sql: &R::statements().insert, parameters: self.parameters() }
    }

    /// What replaces the row with the same key.
    pub(crate) fn replacement<R: Record>(&'a self) -> Asked<'a> {
        Asked { sql: &R::statements().update, parameters: self.parameters() }
    }
}

/// The statements that every table has.
pub(crate) struct Statements {
    /// `column, …`
    pub(crate) columns: String,
    insert: String,
    update: String,
    delete: String,
}

impl Statements {
    pub(crate) const fn of<R: Record>() -> LazyLock<Statements> {
        LazyLock::new(Statements::build::<R>)
    }

    fn build<R: Record>() -> Statements {
        let table = R::TABLE;
        let all: Vec<&str> = R::COLUMNS.iter().copied().chain(["row_version", "mac"]).collect();
        let join = |parts: Vec<String>, with: &str| parts.join(with);
        let marks = (1..=all.len()).map(|n| format!("?{n}")).collect();
        let assigned = all.iter().zip(1..).map(|(c, n)| format!("{c} = ?{n}")).collect();
        let by_position = R::KEY.iter().map(|k| format!("{} = ?{}", all[*k], k + 1)).collect();
        let by_order = R::KEY.iter().zip(1..).map(|(k, n)| format!("{} = ?{n}", all[*k])).collect();
        let key = match R::KEY {
            [] => "1 = 1".to_owned(),
            _ => join(by_position, " AND "),
        };
        Statements {
            columns: all.join(", "),
            insert: format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                all.join(", "),
                join(marks, ", ")
            ),
            update: format!("UPDATE {table} SET {} WHERE {key}", join(assigned, ", ")),
            delete: format!("DELETE FROM {table} WHERE {}", join(by_order, " AND ")),
        }
    }
}

/// The columns of a table that a query calls `alias`.
pub(crate) fn columns_of<R: Record>(alias: &str) -> String {
    let all = R::COLUMNS.iter().copied().chain(["row_version", "mac"]);
    all.map(|column| format!("{alias}.{column}")).collect::<Vec<_>>().join(",")
}

/// Declares a record: its struct, table, key and columns.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident in $table:literal by $key:expr;
     $($(#[$column_doc:meta])* $column:ident: $type:ty,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name {
            $($(#[$column_doc])* pub(crate) $column: $type,)*
        }

        impl $crate::metadata::Record for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column),)*];
            const KEY: &'static [usize] = $key;

            fn statements() -> &'static $crate::metadata::record::Statements {
                use std::sync::LazyLock;
                use $crate::metadata::record::Statements;
                static STATEMENTS: LazyLock<Statements> = Statements::of::<$name>();
                &STATEMENTS
            }

            fn values<'a>(&'a self, each: &mut dyn FnMut($crate::metadata::Value<'a>)) {
                $(each($crate::metadata::Field::value(&self.$column));)*
            }

            fn from_values(values: &[$crate::metadata::Value<'_>]) -> $crate::Result<Self> {
                let mut values = values.iter();
                let mut next = || values.next().copied().unwrap_or($crate::metadata::Value::Null);
                Ok($name { $($column: $crate::metadata::Field::from_value(next())?,)* })
            }
        }
    };
}
pub(crate) use record;

/// Reads whole, checked rows: `SELECT columns FROM table` and what follows.
pub(crate) fn select<R: Record>(
    keys: &StoreKeys,
    queries: &dyn Queries,
    sql: &str,
    parameters: &[Value<'_>],
) -> Result<Vec<R>> {
    let mut records = Vec::new();
    queries.select(sql, parameters, &mut |row| {
        records.push(R::open(keys, row, 0)?);
        Ok(())
    })?;
    Ok(records)
}

/// As [`select`], for a query that may have been asked ahead.
pub(crate) fn ask<R: Record>(
    keys: &StoreKeys,
    queries: &dyn Queries,
    asked: &Asked<'_>,
) -> Result<Vec<R>> {
    select(keys, queries, asked.sql, &asked.parameters)
}

/// How many statements are sent together. In the time of a round trip a server answers fewer.
const TOGETHER: usize = 100;

/// As [`Record::insert`] for many rows, in few round trips.
pub(crate) fn insert_all<R: Record>(
    keys: &StoreKeys,
    queries: &dyn Queries,
    rows: &[R],
) -> Result<()> {
    let sealed: Vec<_> = rows.iter().map(|row| row.sealed(keys)).collect::<Result<_>>()?;
    change_all::<R>(queries, sealed.iter().map(Sealed::insertion::<R>).collect())
}

/// As [`Record::update`] for many rows, in few round trips.
pub(crate) fn update_all<R: Record>(
    keys: &StoreKeys,
    queries: &dyn Queries,
    rows: &[R],
) -> Result<()> {
    let sealed: Vec<_> = rows.iter().map(|row| row.sealed(keys)).collect::<Result<_>>()?;
    change_all::<R>(queries, sealed.iter().map(Sealed::replacement::<R>).collect())
}

/// As [`Record::delete`] for many rows, in few round trips.
pub(crate) fn delete_all<R: Record>(queries: &dyn Queries, rows: &[R]) -> Result<()> {
    change_all::<R>(queries, rows.iter().map(Record::deletion).collect())
}

fn change_all<R: Record>(queries: &dyn Queries, changes: Vec<Asked<'_>>) -> Result<()> {
    for some in changes.chunks(TOGETHER) {
        queries.execute_all(some)?.into_iter().try_for_each(R::expect_one)?;
    }
    Ok(())
}

/// A query of one table, put together once: `query!(Project, "WHERE name = ?1")`.
macro_rules! query {
    ($record:ty, $rest:literal) => {{
        use std::sync::LazyLock;
        use $crate::metadata::Record;
        static SQL: LazyLock<String> = LazyLock::new(|| {
            let columns = &<$record>::statements().columns;
            format!("SELECT {columns} FROM {} {}", <$record>::TABLE, $rest)
        });
        SQL.as_str()
    }};
}
pub(crate) use query;
