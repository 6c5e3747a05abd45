//! Wrapped keys: the store key, and each generation of each project key.

use strongroom_backend::{KeyId, ProjectId, RootKeyId};

use super::lookup::another_row;
use super::record::{ask, query, record, select};
use super::{Asked, Field, Queries, Record, Value};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

record! {
    /// A wrapped key.
    WrappedKey in "keys" by &[1, 2];
    key_id: KeyId,
    project_id: ProjectId,
    generation: u32,
    state: KeyState,
    /// The name of the key backend that wrapped it.
    backend: String,
    root_key_id: RootKeyId,
    wrapped: Vec<u8>,
    created_at: Timestamp,
}

/// What reads a generation of a project's key.
pub(crate) fn query<'a>(project: &'a ProjectId, generation: &'a u32) -> Asked<'a> {
    Asked {
        sql: query!(WrappedKey, "WHERE project_id = ?1 AND generation = ?2"),
        parameters: vec![project.value(), generation.value()],
    }
}

/// A generation of a project's key.
pub(crate) fn of_project(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    generation: u32,
) -> Result<WrappedKey> {
    let found: Option<WrappedKey> = ask(keys, queries, &query(&project, &generation))?.pop();
    if found.as_ref().is_some_and(|k| k.project_id != project || k.generation != generation) {
        return Err(another_row());
    }
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::Corrupt,
            format!("generation {generation} of the key of project {project} is missing"),
            "restore a backup",
        )
    })
}

/// Every generation of a project's key.
pub(crate) fn all_of_project(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
) -> Result<Vec<WrappedKey>> {
    let sql = query!(WrappedKey, "WHERE project_id = ?1 ORDER BY generation");
    select(keys, queries, sql, &[project.value()])
}

/// The store key, not yet authenticated: the key for that is derived from it.
pub(crate) fn unchecked_store_key(queries: &dyn Queries) -> Result<WrappedKey> {
    let sql = query!(WrappedKey, "WHERE project_id = ?1 AND state = 1");
    let mut found = None;
    queries.select(sql, &[ProjectId::STORE.value()], &mut |row| {
        found = Some(WrappedKey::unchecked(row)?);
        Ok(())
    })?;
    found.ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, "the metadata has no store key", "restore a backup")
    })
}

/// How many keys a root key wraps.
pub(crate) fn count_under(queries: &dyn Queries, backend: &str, root: &RootKeyId) -> Result<u64> {
    let sql = "SELECT count(*) FROM keys WHERE backend = ?1 AND root_key_id = ?2 AND state <> 3";
    let mut count = 0;
    queries.select(sql, &[Value::Text(backend), root.value()], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}

/// The keys that a root key wraps, by project and generation: the store key first.
pub(crate) fn under(
    queries: &dyn Queries,
    backend: &str,
    root: &RootKeyId,
) -> Result<Vec<(ProjectId, u32)>> {
    let sql = "SELECT project_id, generation FROM keys \
               WHERE backend = ?1 AND root_key_id = ?2 AND state <> 3 \
               ORDER BY project_id, generation";
    let mut found = Vec::new();
    queries.select(sql, &[Value::Text(backend), root.value()], &mut |row| {
        found.push((Field::from_value(row.value(0)?)?, Field::from_value(row.value(1)?)?));
        Ok(())
    })?;
    Ok(found)
}
