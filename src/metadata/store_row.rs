//! The one row that says which store this is.

use strongroom_backend::StoreId;

use super::record::{ask, query, record};
use super::{Asked, Queries};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, Result, Timestamp};

record! {
    /// The store itself.
    StoreRow in "store" by &[0];
    store_id: StoreId,
    /// When it was created or restored last.
    epoch: i64,
    created_at: Timestamp,
    backed_up_at: Option<Timestamp>,
    /// What tells the metadata file from a copy of it.
    file: Option<Vec<u8>>,
}

/// What reads it.
pub(crate) fn query() -> Asked<'static> {
    Asked { sql: query!(StoreRow, ""), parameters: Vec::new() }
}

/// The row, checked.
pub(crate) fn load(keys: &StoreKeys, queries: &dyn Queries) -> Result<StoreRow> {
    ask(keys, queries, &query())?.pop().ok_or_else(missing)
}

/// The store's id before anything can be checked: the keys for checking depend on it.
pub(crate) fn unchecked_id(queries: &dyn Queries) -> Result<StoreId> {
    let mut id = None;
    queries.select("SELECT store_id FROM store", &[], &mut |row| {
        id = Some(super::Field::from_value(row.value(0)?)?);
        Ok(())
    })?;
    id.ok_or_else(missing)
}

fn missing() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the metadata database names no store",
        "its creation was interrupted, or it was damaged: restore a backup",
    )
}
