//! Putting payloads.
//!
//! The payload is durable in its backend before one transaction makes the version visible. That
//! transaction checks everything again that the encryption relied on; where something has changed,
//! the payload is encrypted and stored again under a new reference.

mod commit;

use strongroom_backend::{
    Locator, Placement, Reference, SecretBytes, SecretId, VersionId, check_payload_length, step,
};
use strongroom_crypto::base62;

use self::commit::Stored;
use super::labels::{self, check_content_type};
use super::{Session, describe};
use crate::metadata::plan::{self, Relied};
use crate::metadata::projects::{self, Project};
use crate::metadata::secrets::Secret;
use crate::store::Slot;
use crate::{
    Error, ErrorKind, Expect, ProjectState, PutOptions, PutReceipt, Recipe, Result, SecretPath,
    SecretType, Timestamp, observe,
};

/// The longest payload, in bytes.
pub const PAYLOAD_LIMIT: usize = 1 << 20;

/// How often a put that loses races is begun again.
const ATTEMPTS: usize = 16;

/// What a put relied on when it encrypted.
pub(super) struct Plan {
    project: Project,
    stamp: Timestamp,
    now: i64,
    secret: Option<SecretId>,
    /// What the secret is, or is to be; a new one need not be told.
    pub(super) secret_type: Option<SecretType>,
    /// Whether the version is to wait for its date.
    pre_active: bool,
}

/// What a backend keeps: where, how long it is, and what it is.
pub(super) struct Kept {
    pub(super) locator: Locator,
    pub(super) size: usize,
    pub(super) secret_type: SecretType,
}

/// Lets a backend keep a payload as planned; is asked again, for another placement, when a put is begun
/// again.
pub(super) type Keep<'a> = dyn Fn(&Slot, &Placement<'_>, &Plan) -> Result<Kept> + 'a;

impl Session {
    /// Puts a payload of 1 byte to [`PAYLOAD_LIMIT`] bytes as the newest version of a secret, and
    /// returns when it would survive a power cut.
    ///
    /// The secret is made when it is not there, and so is its project where the config allows it.
    /// Errors: `TooLarge`; `AlreadyExists` or `Conflict` when the expectation is not met, or the type
    /// is another one; `Timeout` when the disk failed at the very moment: read back.
    ///
    /// ```
    /// use strongroom::{ErrorKind, Expect, Layout, PutOptions, SecretBytes, SecretPath, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let session = Store::create(&Layout::in_folder(folder.path()))?.session();
    /// let path: SecretPath = "web1/borg".parse()?;
    /// let first = SecretBytes::copy_of(b"correct horse")?;
    /// let absent = PutOptions { expect: Expect::Absent, ..PutOptions::default() };
    /// let receipt = session.put(&path, &first, &absent)?;
    ///
    /// // Whoever comes second is told so, and replaces nothing.
    /// let refused = session.put(&path, &first, &absent).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    ///
    /// // Replaces what was read, and nothing that came after it.
    /// let second = SecretBytes::copy_of(b"battery staple")?;
    /// let expect = Expect::Version(receipt.version);
    /// let receipt = session.put(&path, &second, &PutOptions { expect, ..PutOptions::default() })?;
    /// assert_eq!(receipt.version, 2);
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn put(
        &self,
        path: &SecretPath,
        payload: &SecretBytes,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        self.operation("put", || self.put_payload(path, payload, options))
    }

    /// Puts a payload that is made here and that nobody sees.
    pub fn generate(
        &self,
        path: &SecretPath,
        recipe: &Recipe,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        self.operation("generate", || {
            let payload = match *recipe {
                Recipe::Passphrase { length } => {
                    check_length(length, Recipe::PASSPHRASE_LENGTH, "characters")?;
                    base62(length)?
                }
                Recipe::Key { bytes } => {
                    check_length(bytes, 16, "bytes")?;
                    SecretBytes::random(bytes)?
                }
            };
            self.put_payload(path, &payload, options)
        })
    }

    fn put_payload(
        &self,
        path: &SecretPath,
        payload: &SecretBytes,
        options: &PutOptions,
    ) -> Result<PutReceipt> {
        check_payload_length(payload, PAYLOAD_LIMIT)?;
        self.put_kept(path, options, &|slot, at, plan| {
            let locator = slot.call("store", |backend| match backend.states() {
                Some(states) if plan.pre_active => states.store_pre_active(at, payload),
                _ => backend.store(at, payload),
            })?;
            let secret_type = plan.secret_type.unwrap_or(SecretType::Passphrase);
            Ok(Kept { locator, size: payload.len(), secret_type })
        })
    }

    /// Makes what `keep` lets a backend keep the newest version of a secret.
    pub(super) fn put_kept(
        &self,
        path: &SecretPath,
        options: &PutOptions,
        keep: &Keep<'_>,
    ) -> Result<PutReceipt> {
        check_options(options)?;
        let mut created_project = false;
        for _ in 0..ATTEMPTS {
            let Some(plan) = self.plan_put(path, options)? else {
                created_project |= self.auto_create_project(path.project())?;
                continue;
            };
            step("put.planned");
            let Some(stored) = self.store_payload(plan, keep)? else { continue };
            step("put.payload-stored");
            let secret_id = stored.secret;
            if let Some(version) = self.commit_put(path, options, stored)? {
                step("put.committed");
                return Ok(PutReceipt { version, created_project, secret_id });
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!("{path} was changed by others again and again"),
            "try again",
        ))
    }

    /// Reads what encryption needs, and refuses early what could only fail later. Nothing when there
    /// is no project yet.
    fn plan_put(&self, path: &SecretPath, options: &PutOptions) -> Result<Option<Plan>> {
        let inner = &self.inner;
        inner.metadata.reading_before_write(|q| {
            let Relied { stamp, project } = plan::read(&inner.keys, q, path)?;
            let Some((project, secret)) = project else {
                if !inner.config.auto_create_projects {
                    return Err(projects::not_found(path.project()));
                }
                return Ok(None);
            };
            check_expected(path, secret.as_ref(), options)?;
            let now = q.now()?;
            let known = secret.as_ref().map(|secret| secret.secret_type);
            let secret_type = known.or(options.secret_type);
            let secret = secret.map(|secret| secret.secret_id);
            let pre_active = options.activates_at.is_some_and(|date| date.micros() > now);
            Ok(Some(Plan { project, stamp, now, secret, secret_type, pre_active }))
        })
    }

    /// Encrypts and stores a payload under new ids. Nothing when the key generation was just closed.
    fn store_payload(&self, plan: Plan, keep: &Keep<'_>) -> Result<Option<Stored>> {
        let inner = &self.inner;
        let slot = inner.slot(&plan.project.backend)?;
        inner.check_lately_that_it_is_the_store(slot)?;
        let now = plan.now;
        let generation = plan.project.generation;
        let key = match inner.project_key(&plan.project, generation) {
            Err(e) if e.kind() == ErrorKind::Destroyed && !self.is_live(&plan.project)? => {
                return Ok(None);
            }
            key => key?,
        };
        if !self.admit_encryption(&plan.project, &key)? {
            return Ok(None);
        }
        let secret = match plan.secret {
            Some(secret) => secret,
            None => SecretId::at(now)?,
        };
        let version = VersionId::at(now)?;
        // Never before the newest write that this put has seen: doctor tells strays by it.
        let reference = Reference::at(now.max(plan.stamp.micros()))?;
        let at = Placement {
            reference,
            store: inner.id,
            project: plan.project.project_id,
            secret,
            version,
            payload_type: plan.secret_type.unwrap_or(SecretType::Passphrase).payload_type(),
            key: &key,
        };
        let kept = keep(slot, &at, &plan).map_err(|e| inner.explain_missing(&at, e))?;
        Ok(Some(Stored {
            generation,
            new_secret: plan.secret.is_none(),
            secret,
            version,
            reference,
            locator: kept.locator,
            size: kept.size as u32,
            secret_type: kept.secret_type,
            project: plan.project,
        }))
    }

    /// Whether a project is still as it was when the put was planned, and was not erased since.
    fn is_live(&self, planned: &Project) -> Result<bool> {
        let inner = &self.inner;
        let id = planned.project_id;
        let found = inner.metadata.reading(|q| projects::by_id(&inner.keys, q, id))?;
        Ok(found.is_some_and(|project| project.state == ProjectState::Live))
    }
}

fn check_options(options: &PutOptions) -> Result<()> {
    if let Some(content_type) = &options.content_type {
        check_content_type(content_type)?;
    }
    labels::check(&options.labels)?;
    if options.expires_at.is_some_and(|date| date <= Timestamp::now()) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "the version would be expired at once",
            "give an expiry in the future",
        ));
    }
    describe::check_dates(options.activates_at, options.expires_at)
}

fn check_expected(path: &SecretPath, found: Option<&Secret>, options: &PutOptions) -> Result<()> {
    match (options.expect, found) {
        (Expect::Absent, Some(secret)) => {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{path} is there already, in version {}", secret.newest()),
                "put without --if-absent to add a version",
            ));
        }
        (Expect::Version(expected), found) if found.map(Secret::newest) != Some(expected) => {
            let what = match found {
                Some(secret) => format!("{path} is at version {}, not {expected}", secret.newest()),
                None => format!("{path} is not there, so not at version {expected}"),
            };
            return Err(Error::new(ErrorKind::Conflict, what, "read it again, then decide"));
        }
        _ => {}
    }
    match (options.secret_type, found) {
        (Some(wanted), Some(secret)) if wanted != secret.secret_type => Err(Error::new(
            ErrorKind::Conflict,
            format!("{path} is a {}, not a {wanted}", secret.secret_type),
            "use another name: the type of a secret never changes",
        )),
        _ => Ok(()),
    }
}

fn check_length(length: usize, least: usize, unit: &str) -> Result<()> {
    if (least..=1_024).contains(&length) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        format!("{length} {unit} cannot be generated"),
        format!("ask for {least} to 1024 {unit}"),
    ))
}

impl Slot {
    /// A call into the backend, observed; its errors name the backend.
    pub(crate) fn call<T>(
        &self,
        name: &'static str,
        work: impl FnOnce(&dyn strongroom_backend::Backend) -> Result<T>,
    ) -> Result<T> {
        observe::backend_call(&self.name, name, || work(&*self.backend))
            .map_err(|e| e.with_backend(self.name.as_str()))
    }
}
