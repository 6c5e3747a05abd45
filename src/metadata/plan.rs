//! The one query of a put before it encrypts: what is at a path, and the newest time of the store.

use std::sync::LazyLock;

use super::clock::{self, Clock};
use super::lookup::another_row;
use super::projects::Project;
use super::record::columns_of;
use super::secrets::Secret;
use super::{Asked, Queries, Record, Value};
use crate::keys::StoreKeys;
use crate::{ProjectState, Result, SecretPath, Timestamp};

/// What a path has at one moment, each row checked.
pub(crate) struct Relied {
    /// The newest time that the store had written.
    pub(crate) stamp: Timestamp,
    /// The live project of the path, and its secret.
    pub(crate) project: Option<(Project, Option<Secret>)>,
}

/// Reads what a put at `path` relies on.
pub(crate) fn read(keys: &StoreKeys, queries: &dyn Queries, path: &SecretPath) -> Result<Relied> {
    let mut found = None;
    let given = vec![Value::Text(path.project()), Value::Text(path.name())];
    let asked = Asked { sql: &STATEMENT, parameters: given };
    // The clock, which a put asks next, is answered with it.
    queries.ask_ahead(std::slice::from_ref(&asked))?;
    queries.select(asked.sql, &asked.parameters, &mut |row| {
        let project_at = Clock::COLUMNS.len() + 2;
        let secret_at = project_at + Project::COLUMNS.len() + 2;
        let project = Project::open_if_any(keys, row, project_at)?;
        let secret = Secret::open_if_any(keys, row, secret_at)?;
        let stamp = Clock::open(keys, row, 0)?.stamp;
        found = Some(Relied { stamp, project: fitting(path, project, secret)? });
        Ok(())
    })?;
    found.ok_or_else(clock::missing)
}

/// Rows are whole and still others when the schema was changed, which no MAC covers.
fn fitting(
    path: &SecretPath,
    project: Option<Project>,
    secret: Option<Secret>,
) -> Result<Option<(Project, Option<Secret>)>> {
    let Some(project) = project else {
        return if secret.is_none() { Ok(None) } else { Err(another_row()) };
    };
    let fits = project.name == path.project()
        && project.state == ProjectState::Live
        && secret.as_ref().is_none_or(|secret| {
            secret.name == path.name() && secret.project_id == project.project_id
        });
    if fits { Ok(Some((project, secret))) } else { Err(another_row()) }
}

static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    let (c, p, s) =
        (columns_of::<Clock>("c"), columns_of::<Project>("p"), columns_of::<Secret>("s"));
    format!(
        "SELECT {c},{p},{s} FROM clock c \
         LEFT JOIN projects p ON p.name=?1 AND p.state=1 \
         LEFT JOIN secrets s ON s.project_id=p.project_id AND s.name=?2"
    )
});
