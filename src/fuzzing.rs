//! What the fuzz targets (`fuzz/`) need of the private parts: there under `--cfg fuzzing` alone, which
//! no crate that depends on this one can ask for.

use strongroom_backend::{SecretBytes, StoreId};

use crate::keys::StoreKeys;
use crate::metadata::{Record, Row, Value};
use crate::metadata::{clock, erasures, keys, projects, root_keys, secrets, store_row, versions};
use crate::session::labels;
use crate::{Error, ErrorKind, Result};

/// The value of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Column {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Opens a row of `table` as it lies in the database, `row_version` and `mac` at its end. Returns the
/// columns that the record would be written with.
pub fn reread_row(
    table: &str,
    store: StoreId,
    store_key: &SecretBytes,
    row: &[Column],
) -> Result<Vec<Column>> {
    let keys = StoreKeys::derive(store, store_key)?;
    match table {
        "store" => reread::<store_row::StoreRow>(&keys, row),
        "clock" => reread::<clock::Clock>(&keys, row),
        "root_keys" => reread::<root_keys::RootKey>(&keys, row),
        "keys" => reread::<keys::WrappedKey>(&keys, row),
        "projects" => reread::<projects::Project>(&keys, row),
        "secrets" => reread::<secrets::Secret>(&keys, row),
        "versions" => reread::<versions::Version>(&keys, row),
        "erasures" => reread::<erasures::Erasure>(&keys, row),
        _ => Err(Error::new(ErrorKind::NotFound, "no such table", "name another")),
    }
}

/// Decodes labels, and encodes them again.
pub fn reread_labels(bytes: &[u8]) -> Result<Vec<u8>> {
    labels::encode(&labels::decode(bytes)?)
}

fn reread<R: Record>(keys: &StoreKeys, row: &[Column]) -> Result<Vec<Column>> {
    let mut columns = Vec::new();
    R::open(keys, &Columns(row), 0)?.values(&mut |value| {
        columns.push(match value {
            Value::Null => Column::Null,
            Value::Integer(number) => Column::Integer(number),
            Value::Text(text) => Column::Text(text.to_owned()),
            Value::Bytes(bytes) => Column::Bytes(bytes.to_vec()),
        });
    });
    Ok(columns)
}

struct Columns<'a>(&'a [Column]);

impl Row for Columns<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>> {
        Ok(match self.0.get(column) {
            None | Some(Column::Null) => Value::Null,
            Some(Column::Integer(number)) => Value::Integer(*number),
            Some(Column::Text(text)) => Value::Text(text),
            Some(Column::Bytes(bytes)) => Value::Bytes(bytes),
        })
    }
}
