//! The end of a put: the version becomes visible, if what was relied on is still so.

use std::sync::Arc;

use strongroom_backend::{Locator, Reference, SecretId, VersionId, step};

use super::check_expected;
use crate::metadata::projects::{self, Project};
use crate::metadata::secrets::{self, Secret};
use crate::metadata::versions::Version;
use crate::metadata::{Queries, Record, claims, clock, keys, store_row};
use crate::session::{Session, labels};
use crate::store::Inner;
use crate::{
    Error, ErrorKind, KeyState, ProjectState, PutOptions, Result, SecretPath, SecretType, State,
    Timestamp,
};

/// A payload that is durable in its backend, and what it will be in the metadata.
pub(super) struct Stored {
    pub(super) project: Project,
    pub(super) generation: u32,
    pub(super) new_secret: bool,
    pub(super) secret: SecretId,
    pub(super) version: VersionId,
    pub(super) reference: Reference,
    pub(super) locator: Locator,
    pub(super) size: u32,
    /// What a new secret becomes.
    pub(super) secret_type: SecretType,
}

impl Session {
    /// Makes the version visible, or finds that something has changed that the encryption relied on; then,
    /// as after an error that leaves no doubt, the payload is taken back.
    pub(super) fn commit_put(
        &self,
        path: &SecretPath,
        options: &PutOptions,
        stored: Stored,
    ) -> Result<Option<u32>> {
        let stored = Arc::new(stored);
        let (inner, put, path, options) =
            (self.inner.clone(), stored.clone(), path.clone(), options.clone());
        let committed = self
            .inner
            .metadata
            .writing_or_nothing(move |q| commit(&inner, q, &put, &path, &options));
        let in_doubt = matches!(&committed, Err(e) if e.kind() == ErrorKind::Timeout);
        if !in_doubt && !matches!(committed, Ok(Some(_))) {
            step("put.overtaken");
            // A failure leaves a stray, which doctor finds.
            let target = (stored.reference, stored.locator.clone());
            if let Ok(slot) = self.inner.slot(&stored.project.backend) {
                let _ = slot.call("destroy", |backend| backend.destroy(&[target]));
            }
        }
        committed
    }
}

/// The transaction of a put: the number of the new version, or nothing when it was overtaken. In three round
/// trips, where there are any: all that is read, all that is written, and the commit; in one more when the
/// clock is moved.
fn commit(
    inner: &Inner,
    q: &dyn Queries,
    stored: &Stored,
    path: &SecretPath,
    options: &PutOptions,
) -> Result<Option<u32>> {
    let keys = &inner.keys;
    let project_id = stored.project.project_id;
    q.ask_ahead(&[
        store_row::query(),
        projects::query(&project_id),
        keys::query(&project_id, &stored.generation),
        secrets::query(&project_id, path.name()),
        clock::query(),
    ])?;
    inner.check_metadata(q)?;
    let Some(project) = projects::by_id(keys, q, project_id)? else {
        return Ok(None);
    };
    let key = keys::of_project(keys, q, project_id, stored.generation)?;
    let secret = secrets::find(keys, q, project_id, path.name())?;
    let moment = clock::tick(keys, q)?;
    let same_secret = match &secret {
        Some(secret) => secret.secret_id == stored.secret,
        None => stored.new_secret,
    };
    let sealed = keys.seal_reference(stored.reference)?;
    if project.state != ProjectState::Live
        || project.backend != stored.project.backend
        || key.state != KeyState::Active
        || !same_secret
    {
        return Ok(None);
    }
    check_expected(path, secret.as_ref(), options)?;
    let is_new = secret.is_none();
    let secret = updated_secret(secret, &project, stored, path, options, moment.now)?;
    let version = Version {
        version_id: stored.version,
        secret_id: stored.secret,
        number: secret.newest(),
        project_epoch: project.epoch,
        state: match options.activates_at {
            Some(date) if date > moment.now => State::PreActive,
            _ => State::Active,
        },
        reference: Some(sealed.to_vec()),
        locator: keys.seal_locator(stored.reference, &stored.locator)?,
        generation: stored.generation,
        size: stored.size,
        created_at: moment.now,
        activates_at: options.activates_at,
        expires_at: options.expires_at,
        deactivated_at: None,
        compromised_at: None,
        destroyed_at: None,
    };
    let (new_version, new_secret) = (version.sealed(keys)?, secret.sealed(keys)?);
    let secret_row = match is_new {
        true => new_secret.insertion::<Secret>(),
        false => new_secret.replacement::<Secret>(),
    };
    let changed =
        q.execute_all(&[claims::claim(&sealed), new_version.insertion::<Version>(), secret_row])?;
    // A claim that changes nothing has lost to doctor, which took the payload for a stray.
    if changed[0] == 0 {
        return Ok(None);
    }
    Secret::expect_one(changed[2])?;
    Ok(Some(version.number))
}

/// The secret's row after this put.
fn updated_secret(
    old: Option<Secret>,
    project: &Project,
    stored: &Stored,
    path: &SecretPath,
    options: &PutOptions,
    now: Timestamp,
) -> Result<Secret> {
    let mut secret = old.unwrap_or_else(|| Secret {
        secret_id: stored.secret,
        project_id: project.project_id,
        name: path.name().to_owned(),
        project_epoch: project.epoch,
        secret_type: stored.secret_type,
        content_type: None,
        labels: Vec::new(),
        next_number: 1,
        created_at: now,
        updated_at: now,
    });
    if !options.labels.is_empty() {
        let mut all = labels::decode(&secret.labels)?;
        all.extend(options.labels.clone());
        secret.labels = labels::encode(&all)?;
    }
    if options.content_type.is_some() {
        secret.content_type.clone_from(&options.content_type);
    }
    secret.updated_at = now;
    secret.next_number = secret.next_number.checked_add(1).ok_or_else(|| {
        Error::new(
            ErrorKind::Quota,
            format!("{path} has had 4,294,967,294 versions"),
            "erase it, or use another name",
        )
    })?;
    Ok(secret)
}
