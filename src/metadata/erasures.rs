//! Erasures: payloads that must go, and, once they are gone, the tombstone that says so.

use strongroom_backend::{ProjectId, SecretId, VersionId};

use super::record::{query, record, select, update_all};
use super::{Field, Queries, Value, claims};
use crate::keys::StoreKeys;
use crate::{Result, Timestamp};

record! {
    /// One payload to be destroyed.
    Erasure in "erasures" by &[0];
    version_id: VersionId,
    project_id: ProjectId,
    secret_id: SecretId,
    backend: String,
    /// Gone once it is done.
    reference: Option<Vec<u8>>,
    locator: Option<Vec<u8>>,
    /// By which somebody who knows the name can ask whether it was erased.
    name_hash: Vec<u8>,
    requested_at: Timestamp,
    done_at: Option<Timestamp>,
}

/// Turns finished erasures into tombstones. Nobody claims their references any more.
pub(crate) fn mark_done(
    keys: &StoreKeys,
    queries: &dyn Queries,
    erasures: &[Erasure],
    now: Timestamp,
) -> Result<()> {
    let references = erasures.iter().filter_map(|erasure| erasure.reference.as_deref());
    let releases: Vec<_> = references.map(claims::release).collect();
    queries.execute_all(&releases)?;
    let tombstone = |erasure: &Erasure| Erasure {
        reference: None,
        locator: None,
        done_at: Some(now),
        ..erasure.clone()
    };
    let tombstones: Vec<_> = erasures.iter().map(tombstone).collect();
    update_all(keys, queries, &tombstones)
}

/// Pending erasures of one secret.
pub(crate) fn pending_of_secret(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    secret: SecretId,
) -> Result<Vec<Erasure>> {
    let sql = query!(Erasure, "WHERE project_id = ?1 AND secret_id = ?2 AND done_at IS NULL");
    select(keys, queries, sql, &[project.value(), secret.value()])
}

/// Up to `limit` pending erasures of one project.
pub(crate) fn pending_of_project(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    limit: usize,
) -> Result<Vec<Erasure>> {
    let sql = query!(Erasure, "WHERE project_id = ?1 AND done_at IS NULL LIMIT ?2");
    select(keys, queries, sql, &[project.value(), Value::Integer(limit as i64)])
}

/// Up to `limit` pending erasures.
pub(crate) fn pending(
    keys: &StoreKeys,
    queries: &dyn Queries,
    limit: usize,
) -> Result<Vec<Erasure>> {
    let sql = query!(Erasure, "WHERE done_at IS NULL LIMIT ?1");
    select(keys, queries, sql, &[Value::Integer(limit as i64)])
}

/// Whether anything is being erased: a payload or a project.
pub(crate) fn any_pending(queries: &dyn Queries) -> Result<bool> {
    let sql = "SELECT 1 FROM erasures WHERE done_at IS NULL
               UNION ALL SELECT 1 FROM projects WHERE state = 2 LIMIT 1";
    let mut any = false;
    queries.select(sql, &[], &mut |_| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}

/// How many erasures are pending.
pub(crate) fn count_pending(queries: &dyn Queries) -> Result<u64> {
    let mut count = 0;
    let sql = "SELECT count(*) FROM erasures WHERE done_at IS NULL";
    queries.select(sql, &[], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}
