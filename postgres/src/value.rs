//! Column values: four types are enough for Strongroom's tables.

use std::error::Error as StdError;
use std::fmt;

use bytes::BytesMut;
use strongroom_backend::{Error, ErrorKind, Result};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A parameter of a statement, or a column of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// NULL.
    Null,
    /// `bigint`; in answers also the shorter ones, and `boolean` as 0 or 1.
    Integer(i64),
    /// `text`.
    Text(&'a str),
    /// `bytea`.
    Bytes(&'a [u8]),
}

/// Without what it is: tokio-postgres shows the parameters of each statement to the host's log.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("Null"),
            Value::Integer(_) => f.write_str("Integer"),
            Value::Text(text) => write!(f, "Text of {} bytes", text.len()),
            Value::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (*self, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT4) => i32::try_from(number)?.to_sql(kind, out),
            (Value::Integer(number), &Type::INT8) => number.to_sql(kind, out),
            (Value::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            _ => Err(format!("a parameter does not fit the type {kind}").into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT4 | Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Value<'a>, Box<dyn StdError + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Value::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Value::Integer(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Value::Integer(bool::from_sql(kind, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(<&str>::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Value<'a>, Box<dyn StdError + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::NAME
        )
    }
}

/// One row of an answer.
pub struct Row(pub(crate) tokio_postgres::Row);

impl Row {
    /// A column by its position from 0. `Corrupt` when it is not there or of another type.
    pub fn value(&self, column: usize) -> Result<Value<'_>> {
        self.0.try_get(column).map_err(|_| unreadable())
    }

    /// A column that is a number.
    pub fn integer(&self, column: usize) -> Result<i64> {
        match self.value(column)? {
            Value::Integer(number) => Ok(number),
            _ => Err(unreadable()),
        }
    }

    /// A column that is text.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.value(column)? {
            Value::Text(text) => Ok(text),
            _ => Err(unreadable()),
        }
    }

    /// A column of bytes.
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(unreadable()),
        }
    }
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a column of the database is not of the type that it should be",
        "its schema was changed from outside: restore a backup",
    )
}
