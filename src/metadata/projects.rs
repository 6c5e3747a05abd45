//! Projects.

use strongroom_backend::ProjectId;

use super::lookup::another_row;
use super::record::{ask, query, record, select};
use super::{Asked, Field, Queries, Value};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, ProjectState, Result, Timestamp};

record! {
    /// A project. Its name is empty once it is erased.
    Project in "projects" by &[0];
    project_id: ProjectId,
    name: String,
    state: ProjectState,
    backend: String,
    /// Repeated by the rows of its secrets and versions.
    epoch: i64,
    /// The key generation that protects new payloads.
    generation: u32,
    created_at: Timestamp,
}

/// The live project of this name.
pub(crate) fn find(keys: &StoreKeys, queries: &dyn Queries, name: &str) -> Result<Option<Project>> {
    let sql = query!(Project, "WHERE name = ?1 AND state = 1");
    let found: Option<Project> = select(keys, queries, sql, &[Value::Text(name)])?.pop();
    match found {
        Some(row) if row.name != name || row.state != ProjectState::Live => Err(another_row()),
        found => Ok(found),
    }
}

/// The live project of this name, or `NotFound`.
pub(crate) fn require(keys: &StoreKeys, queries: &dyn Queries, name: &str) -> Result<Project> {
    find(keys, queries, name)?.ok_or_else(|| not_found(name))
}

/// `NotFound` for the name of a project.
pub(crate) fn not_found(name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("no project {name}"),
        "see `strongroom project list`, or make it with `strongroom project create`",
    )
}

/// What reads the project with this id.
pub(crate) fn query(id: &ProjectId) -> Asked<'_> {
    Asked { sql: query!(Project, "WHERE project_id = ?1"), parameters: vec![id.value()] }
}

/// The project with this id, in whatever state.
pub(crate) fn by_id(
    keys: &StoreKeys,
    queries: &dyn Queries,
    id: ProjectId,
) -> Result<Option<Project>> {
    let found: Option<Project> = ask(keys, queries, &query(&id))?.pop();
    match found {
        Some(row) if row.project_id != id => Err(another_row()),
        found => Ok(found),
    }
}

/// Live projects after `after`, in the order of their names.
pub(crate) fn page(
    keys: &StoreKeys,
    queries: &dyn Queries,
    range: &super::secrets::NameRange<'_>,
    limit: usize,
) -> Result<Vec<Project>> {
    let sql = query!(
        Project,
        "WHERE state = 1 AND name > ?1 AND name >= ?2 AND name < ?3 ORDER BY name LIMIT ?4"
    );
    let [after, from, to] = range.values();
    select(keys, queries, sql, &[after, from, to, Value::Integer(limit as i64)])
}

/// Projects whose erase has begun and not ended, at most `limit`.
pub(crate) fn erasing(
    keys: &StoreKeys,
    queries: &dyn Queries,
    limit: usize,
) -> Result<Vec<Project>> {
    let sql = query!(Project, "WHERE state = 2 ORDER BY project_id LIMIT ?1");
    select(keys, queries, sql, &[Value::Integer(limit as i64)])
}
