//! Listing and describing secrets and versions.

use super::Session;
use super::labels;
use crate::metadata::clock::{self, Moment};
use crate::metadata::secrets::{self, NameRange, Secret, not_found};
use crate::metadata::versions::{self, Version};
use crate::metadata::{Queries, erasures, projects};
use crate::path::{check_prefix, check_project_name};
use crate::{
    Error, ErrorKind, ListOptions, Page, Result, SecretInfo, SecretPath, State, Timestamp,
    VersionInfo,
};

const PAGE_LIMIT: usize = 10_000;

impl Session {
    /// Secrets of a project whose names begin with a prefix, in the order of their bytes.
    pub fn list(&self, project: &str, options: &ListOptions) -> Result<Page<SecretInfo>> {
        self.operation("list", || {
            check_project_name(project)?;
            check_list(options)?;
            let inner = &self.inner;
            inner.metadata.reading(|q| {
                let row = projects::require(&inner.keys, q, project)?;
                let range = NameRange::new(&options.prefix, options.after.as_deref());
                let found =
                    secrets::page(&inner.keys, q, row.project_id, &range, options.limit + 1)?;
                let moment = clock::moment(&inner.keys, q)?;
                let info = |secret| self.secret_info(q, project, secret, &moment);
                page(found, options.limit, info, |info| &info.name)
            })
        })
    }

    /// What is known of a secret, but for its payloads.
    pub fn describe(&self, path: &SecretPath) -> Result<SecretInfo> {
        self.operation("describe", || {
            self.with_secret(path, |q, secret, moment| {
                self.secret_info(q, path.project(), secret, moment)
            })
        })
    }

    /// Every version of a secret, the newest first.
    pub fn versions(&self, path: &SecretPath) -> Result<Vec<VersionInfo>> {
        self.operation("versions", || {
            let keys = &self.inner.keys;
            self.with_secret(path, |q, secret, moment| {
                let pending =
                    erasures::pending_of_secret(keys, q, secret.project_id, secret.secret_id)?;
                let all = versions::of_secret(keys, q, secret.secret_id)?;
                let info = |version: Version| {
                    let waits = pending.iter().any(|e| e.version_id == version.version_id);
                    version_info(version, moment, waits)
                };
                Ok(all.into_iter().map(info).collect())
            })
        })
    }

    fn with_secret<T>(
        &self,
        path: &SecretPath,
        mut work: impl FnMut(&dyn Queries, Secret, &Moment) -> Result<T>,
    ) -> Result<T> {
        let inner = &self.inner;
        inner.metadata.reading(|q| {
            let project = projects::require(&inner.keys, q, path.project())?;
            let secret = secrets::find(&inner.keys, q, project.project_id, path.name())?
                .ok_or_else(|| not_found(path))?;
            let moment = clock::moment(&inner.keys, q)?;
            work(q, secret, &moment)
        })
    }

    fn secret_info(
        &self,
        q: &dyn Queries,
        project: &str,
        secret: Secret,
        moment: &Moment,
    ) -> Result<SecretInfo> {
        Ok(SecretInfo {
            id: secret.secret_id,
            project: project.to_owned(),
            secret_type: secret.secret_type,
            content_type: secret.content_type.clone(),
            labels: labels::decode(&secret.labels)?,
            current: self.current(q, &secret, moment)?,
            newest: secret.newest(),
            created_at: secret.created_at,
            updated_at: secret.updated_at,
            name: secret.name,
        })
    }

    /// The number of the newest active version. Nearly always that is the newest one.
    fn current(&self, q: &dyn Queries, secret: &Secret, moment: &Moment) -> Result<Option<u32>> {
        let keys = &self.inner.keys;
        let is_active = |version: &Version| version.at(moment).state == State::Active;
        match versions::newest(keys, q, secret.secret_id)? {
            Some(version) if is_active(&version) => Ok(Some(version.number)),
            _ => {
                let all = versions::of_secret(keys, q, secret.secret_id)?;
                Ok(all.iter().find(|v| is_active(v)).map(|v| v.number))
            }
        }
    }
}

/// One page out of what may be one row more.
pub(super) fn page<R, T>(
    mut found: Vec<R>,
    limit: usize,
    info: impl FnMut(R) -> Result<T>,
    name: impl Fn(&T) -> &str,
) -> Result<Page<T>> {
    let more = found.len() > limit;
    found.truncate(limit);
    let items = found.into_iter().map(info).collect::<Result<Vec<T>>>()?;
    let next = match items.last() {
        Some(last) if more => Some(name(last).to_owned()),
        _ => None,
    };
    Ok(Page { items, next })
}

/// Refuses a page that is empty or too long, and a prefix that no name can have.
pub(super) fn check_list(options: &ListOptions) -> Result<()> {
    check_prefix(&options.prefix)?;
    if (1..=PAGE_LIMIT).contains(&options.limit) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        format!("a page of {} is not possible", options.limit),
        format!("ask for 1 to {PAGE_LIMIT} at a time"),
    ))
}

/// Refuses a version that would expire before it becomes active.
pub(super) fn check_dates(
    activates_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
) -> Result<()> {
    match (activates_at, expires_at) {
        (Some(activates), Some(expires)) if expires <= activates => Err(Error::new(
            ErrorKind::InvalidArgument,
            "the version would expire before it becomes active",
            "give an expiry that is later than the activation",
        )),
        _ => Ok(()),
    }
}

fn version_info(version: Version, moment: &Moment, pending_destroy: bool) -> VersionInfo {
    let effective = version.at(moment);
    VersionInfo {
        number: version.number,
        state: effective.state,
        expired: effective.expired,
        size: version.size,
        generation: version.generation,
        created_at: version.created_at,
        activates_at: version.activates_at,
        expires_at: version.expires_at,
        deactivated_at: version.deactivated_at,
        compromised_at: version.compromised_at,
        destroyed_at: version.destroyed_at,
        pending_destroy,
    }
}
