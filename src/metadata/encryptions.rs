//! How many encryptions were granted under a project key that stays in a device.
//!
//! AES-GCM with random initialization vectors bounds what one key may encrypt. Grants are durable
//! before they are used, in blocks, so that no crash makes the count too small.

use strongroom_backend::ProjectId;

use super::lookup::another_row;
use super::record::{query, record, select};
use super::{Field, Queries, Record};
use crate::Result;
use crate::keys::StoreKeys;

/// How many encryptions one grant is for.
pub(crate) const BLOCK: u64 = 1_024;

/// How many encryptions a generation may have.
pub(crate) const LIMIT: u64 = 1 << 31;

record! {
    /// The grants under one generation of a project's key.
    Encryptions in "encryptions" by &[0, 1];
    project_id: ProjectId,
    generation: u32,
    granted: i64,
}

/// Grants a block of encryptions. False when the generation has had all that it may have.
pub(crate) fn grant(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    generation: u32,
) -> Result<bool> {
    let sql = query!(Encryptions, "WHERE project_id = ?1 AND generation = ?2");
    let found: Option<Encryptions> =
        select(keys, queries, sql, &[project.value(), generation.value()])?.pop();
    let block = BLOCK as i64;
    let Some(mut row) = found else {
        let row = Encryptions { project_id: project, generation, granted: block };
        return row.insert(keys, queries).map(|()| true);
    };
    if row.project_id != project || row.generation != generation {
        return Err(another_row());
    }
    if row.granted < 0 || row.granted as u64 + BLOCK > LIMIT {
        return Ok(false);
    }
    row.granted += block;
    row.update(keys, queries).map(|()| true)
}

/// Grants all but `rest` encryptions of a generation, for the test of its end.
#[cfg(feature = "test-hooks")]
pub(crate) fn spend_all_but(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    generation: u32,
    rest: u64,
) -> Result<()> {
    grant(keys, queries, project, generation)?;
    let granted = (LIMIT - rest) as i64;
    Encryptions { project_id: project, generation, granted }.update(keys, queries)
}
