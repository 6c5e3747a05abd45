//! The root keys that a store knows, with a value by which each is recognised.

use strongroom_backend::RootKeyId;

use super::record::{query, record, select};
use super::{Field, Queries, Value};
use crate::keys::StoreKeys;
use crate::{KeyState, Result, Timestamp};

record! {
    /// A root key.
    RootKey in "root_keys" by &[0, 1];
    /// The name of the key backend that holds it.
    backend: String,
    root_key_id: RootKeyId,
    state: KeyState,
    check_value: Vec<u8>,
    created_at: Timestamp,
}

impl RootKey {
    /// Whether both are rows of the same key.
    pub(crate) fn is(&self, other: &RootKey) -> bool {
        self.backend == other.backend && self.root_key_id == other.root_key_id
    }
}

/// Every root key, by key backend and id.
pub(crate) fn all(keys: &StoreKeys, queries: &dyn Queries) -> Result<Vec<RootKey>> {
    select(keys, queries, query!(RootKey, "ORDER BY backend, root_key_id"), &[])
}

/// The root key that wraps new keys of the key backend `backend`.
pub(crate) fn active(
    keys: &StoreKeys,
    queries: &dyn Queries,
    backend: &str,
) -> Result<Option<RootKey>> {
    let sql = query!(RootKey, "WHERE backend = ?1 AND state = 1");
    Ok(select(keys, queries, sql, &[Value::Text(backend)])?.pop())
}

/// The check value of a root key, not yet authenticated: the key for that is under this one.
pub(crate) fn unchecked_check_value(
    queries: &dyn Queries,
    backend: &str,
    id: &RootKeyId,
) -> Result<Option<Vec<u8>>> {
    let mut found = None;
    let sql = "SELECT check_value FROM root_keys WHERE backend = ?1 AND root_key_id = ?2";
    queries.select(sql, &[Value::Text(backend), id.value()], &mut |row| {
        found = Some(Field::from_value(row.value(0)?)?);
        Ok(())
    })?;
    Ok(found)
}
