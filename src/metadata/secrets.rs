//! Secrets: names with a type, labels and a count of versions.

use strongroom_backend::{ProjectId, SecretId};

use super::lookup::another_row;
use super::record::{ask, query, record, select};
use super::{Asked, Field, Queries, Value};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, Result, SecretPath, SecretType, Timestamp};

record! {
    /// A secret.
    Secret in "secrets" by &[1, 2];
    secret_id: SecretId,
    project_id: ProjectId,
    name: String,
    project_epoch: i64,
    secret_type: SecretType,
    content_type: Option<String>,
    /// As docs/format.md encodes them.
    labels: Vec<u8>,
    /// The number that the next version gets.
    next_number: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Secret {
    /// The position of its name among the columns.
    pub(crate) const NAME: usize = 2;

    /// The number of the newest version.
    pub(crate) fn newest(&self) -> u32 {
        self.next_number.saturating_sub(1)
    }
}

/// Names after one name that begin with a prefix, in the order of their bytes.
pub(crate) struct NameRange<'a> {
    after: &'a str,
    from: &'a str,
    to: String,
}

impl<'a> NameRange<'a> {
    pub(crate) fn new(prefix: &'a str, after: Option<&'a str>) -> NameRange<'a> {
        // Names are ASCII, so DEL is greater than every byte that can follow the prefix.
        NameRange { after: after.unwrap_or(""), from: prefix, to: format!("{prefix}\u{7f}") }
    }

    /// Parameters: after (exclusive), from (inclusive), to (exclusive).
    pub(crate) fn values(&self) -> [Value<'_>; 3] {
        [Value::Text(self.after), Value::Text(self.from), Value::Text(&self.to)]
    }
}

/// What reads the secret of this name in a project.
pub(crate) fn query<'a>(project: &'a ProjectId, name: &'a str) -> Asked<'a> {
    Asked {
        sql: query!(Secret, "WHERE project_id = ?1 AND name = ?2"),
        parameters: vec![project.value(), Value::Text(name)],
    }
}

/// The secret of this name in a project.
pub(crate) fn find(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    name: &str,
) -> Result<Option<Secret>> {
    let found: Option<Secret> = ask(keys, queries, &query(&project, name))?.pop();
    match found {
        Some(row) if row.name != name || row.project_id != project => Err(another_row()),
        found => Ok(found),
    }
}

/// Secrets of a project in the order of their names.
pub(crate) fn page(
    keys: &StoreKeys,
    queries: &dyn Queries,
    project: ProjectId,
    range: &NameRange<'_>,
    limit: usize,
) -> Result<Vec<Secret>> {
    let sql = query!(
        Secret,
        "WHERE project_id = ?1 AND name > ?2 AND name >= ?3 AND name < ?4 ORDER BY name LIMIT ?5"
    );
    let [after, from, to] = range.values();
    let limit = Value::Integer(limit as i64);
    select(keys, queries, sql, &[project.value(), after, from, to, limit])
}

/// How many secrets a project has.
pub(crate) fn count(queries: &dyn Queries, project: ProjectId) -> Result<u64> {
    let mut count = 0;
    let sql = "SELECT count(*) FROM secrets WHERE project_id = ?1";
    queries.select(sql, &[project.value()], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}

/// `NotFound` for a path.
pub(crate) fn not_found(path: &SecretPath) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("no secret {path}"),
        format!("see `strongroom list {}`", path.project()),
    )
}
