//! Reading whole tables for doctor: rows that are damaged do not hide the others.

use strongroom_backend::{ProjectId, SecretId};

use super::erasures::Erasure;
use super::keys::WrappedKey;
use super::projects::Project;
use super::record::query;
use super::secrets::Secret;
use super::versions::Version;
use super::{Field, Queries, Record, Value};
use crate::keys::StoreKeys;
use crate::{Error, Result};

/// The rows of a scan, and what is wrong with the others.
pub(crate) struct Scanned<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) damaged: Vec<Error>,
}

pub(crate) fn projects(keys: &StoreKeys, q: &dyn Queries) -> Result<Scanned<Project>> {
    scan(keys, q, query!(Project, "WHERE state <> 3"), &[])
}

pub(crate) fn keys_of(
    keys: &StoreKeys,
    q: &dyn Queries,
    project: ProjectId,
) -> Result<Scanned<WrappedKey>> {
    scan(keys, q, query!(WrappedKey, "WHERE project_id = ?1"), &[project.value()])
}

pub(crate) fn secrets_of(
    keys: &StoreKeys,
    q: &dyn Queries,
    project: ProjectId,
) -> Result<Scanned<Secret>> {
    scan(keys, q, query!(Secret, "WHERE project_id = ?1"), &[project.value()])
}

pub(crate) fn versions_of(
    keys: &StoreKeys,
    q: &dyn Queries,
    secret: SecretId,
) -> Result<Scanned<Version>> {
    scan(keys, q, query!(Version, "WHERE secret_id = ?1"), &[secret.value()])
}

pub(crate) fn pending_erasures(keys: &StoreKeys, q: &dyn Queries) -> Result<Scanned<Erasure>> {
    scan(keys, q, query!(Erasure, "WHERE done_at IS NULL"), &[])
}

/// How many versions there are, for progress.
pub(crate) fn count_versions(q: &dyn Queries) -> Result<u64> {
    let mut count = 0;
    q.select("SELECT count(*) FROM versions", &[], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}

fn scan<R: Record>(
    keys: &StoreKeys,
    q: &dyn Queries,
    sql: &str,
    parameters: &[Value<'_>],
) -> Result<Scanned<R>> {
    let mut scanned = Scanned { rows: Vec::new(), damaged: Vec::new() };
    q.select(sql, parameters, &mut |row| {
        match R::open(keys, row, 0) {
            Ok(record) => scanned.rows.push(record),
            Err(error) => scanned.damaged.push(error),
        }
        Ok(())
    })?;
    Ok(scanned)
}
