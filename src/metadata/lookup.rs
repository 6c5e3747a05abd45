//! The one query of a get: a path's project, secret and newest or numbered version.

use std::sync::LazyLock;

use super::projects::Project;
use super::record::columns_of;
use super::secrets::Secret;
use super::versions::Version;
use super::{Queries, Record, Value};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, ProjectState, Result, SecretPath};

/// A version with all that decides about it, each row checked.
pub(crate) struct Found {
    pub(crate) project: Project,
    pub(crate) secret: Secret,
    pub(crate) version: Version,
}

/// The version `number` of the secret at `path`, or its newest; nothing when it is not there.
pub(crate) fn version(
    keys: &StoreKeys,
    queries: &dyn Queries,
    path: &SecretPath,
    number: Option<u32>,
) -> Result<Option<Found>> {
    static NEWEST: LazyLock<String> = LazyLock::new(|| statement("ORDER BY v.number DESC LIMIT 1"));
    static NUMBERED: LazyLock<String> = LazyLock::new(|| statement("AND v.number=?3"));

    let mut found = None;
    let (project, name) = (Value::Text(path.project()), Value::Text(path.name()));
    let mut take = |row: &dyn super::Row| {
        let secret_at = Project::COLUMNS.len() + 2;
        let version_at = secret_at + Secret::COLUMNS.len() + 2;
        found = Some(Found {
            project: Project::open(keys, row, 0)?,
            secret: Secret::open(keys, row, secret_at)?,
            version: Version::open(keys, row, version_at)?,
        });
        Ok(())
    };
    match number {
        None => queries.select(&NEWEST, &[project, name], &mut take)?,
        Some(number) => {
            let number = Value::Integer(number.into());
            queries.select(&NUMBERED, &[project, name, number], &mut take)?;
        }
    }
    if let Some(found) = &found {
        is_what_was_asked_for(found, path, number)?;
        same_epoch(found)?;
        if number.is_none() {
            is_the_newest(found)?;
        }
    }
    Ok(found)
}

/// A row is whole and still another one when the schema was changed, which no MAC covers.
fn is_what_was_asked_for(found: &Found, path: &SecretPath, number: Option<u32>) -> Result<()> {
    let Found { project, secret, version } = found;
    if project.name == path.project()
        && project.state == ProjectState::Live
        && secret.name == path.name()
        && secret.project_id == project.project_id
        && version.secret_id == secret.secret_id
        && number.is_none_or(|number| number == version.number)
    {
        return Ok(());
    }
    Err(another_row())
}

/// `Corrupt`: the database answered with a row that was not asked for.
pub(super) fn another_row() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the metadata database answered with another row than was asked for",
        "its schema was changed from outside: restore a backup",
    )
}

/// Rows of one project that were taken from different times do not fit together.
fn same_epoch(found: &Found) -> Result<()> {
    let epoch = found.project.epoch;
    if found.secret.project_epoch == epoch && found.version.project_epoch == epoch {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        "metadata rows of different epochs were mixed",
        "run `strongroom doctor`, and restore a backup",
    ))
}

/// The secret's row counts its versions: without the newest, an older one would pass for it.
fn is_the_newest(found: &Found) -> Result<()> {
    if found.version.number == found.secret.newest() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!("the metadata of version {} is missing", found.secret.newest()),
        "run `strongroom doctor`, and restore a backup",
    ))
}

/// Short names, because the statement is looked up by its text on every get.
fn statement(rest: &str) -> String {
    let (p, s, v) =
        (columns_of::<Project>("p"), columns_of::<Secret>("s"), columns_of::<Version>("v"));
    format!(
        "SELECT {p},{s},{v} FROM projects p \
         JOIN secrets s ON s.project_id=p.project_id AND s.name=?2 \
         JOIN versions v ON v.secret_id=s.secret_id \
         WHERE p.name=?1 AND p.state=1 {rest}"
    )
}
