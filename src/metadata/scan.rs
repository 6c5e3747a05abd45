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

impl<R> Scanned<R> {
    fn add(&mut self, opened: Result<R>) {
        match opened {
            Ok(record) => self.rows.push(record),
            Err(error) => self.damaged.push(error),
        }
    }
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

/// Up to `limit` secrets of a project whose names come after this one, and the name from which the next
/// page goes on, unless this was the last.
pub(crate) fn secrets_of(
    keys: &StoreKeys,
    q: &dyn Queries,
    project: ProjectId,
    after: &str,
    limit: usize,
) -> Result<(Scanned<Secret>, Option<String>)> {
    let sql = query!(Secret, "WHERE project_id = ?1 AND name > ?2 ORDER BY name LIMIT ?3");
    let mut page = Scanned { rows: Vec::new(), damaged: Vec::new() };
    let (mut last, mut count) = (None, 0);
    let parameters = [project.value(), Value::Text(after), Value::Integer(limit as i64)];
    q.select(sql, &parameters, &mut |row| {
        count += 1;
        // A row that was altered has a name all the same.
        if let Value::Text(name) = row.value(Secret::NAME)? {
            last = Some(name.to_owned());
        }
        page.add(Secret::open(keys, row, 0));
        Ok(())
    })?;
    Ok((page, last.filter(|_| count >= limit)))
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
        scanned.add(R::open(keys, row, 0));
        Ok(())
    })?;
    Ok(scanned)
}
