//! Making the bytes of erased payloads go, and saying when they are gone.

use std::collections::BTreeMap;

use strongroom_backend::{Destroyed, step};

use super::{Inner, Slot};
use crate::metadata::erasures::{self, Erasure};
use crate::metadata::projects::{self, Project};
use crate::metadata::{Record, claims, clock, keys, secrets, versions};
use crate::{Error, ErrorKind, KeyState, ProjectState, Result};

/// Opening a store finishes at most this many erasures, so that it does not grow with the store.
const FINISHED_AT_OPEN: usize = 64;

/// How many payloads, or versions of an erased project, one transaction takes.
const BATCH: usize = 250;

/// Finishes recorded erasures when a store is opened. What cannot be finished now stays recorded:
/// health and doctor tell.
pub(super) fn finish_recorded(inner: &std::sync::Arc<Inner>) {
    if inner.metadata.is_read_only() {
        return;
    }
    let finished = inner.metadata.reading(erasures::any_pending).and_then(|any| match any {
        true => inner.finish_erasures(FINISHED_AT_OPEN).map(|_| ()),
        false => Ok(()),
    });
    if let Err(error) = finished {
        tracing::warn!(kind = error.kind().name(), "erasures stay pending");
    }
}

impl Inner {
    /// Finishes up to `limit` pending erasures, and the erasing of up to `limit` projects. Returns how
    /// many payloads went. `Pending` when some have to wait.
    pub(super) fn finish_erasures(self: &std::sync::Arc<Self>, limit: usize) -> Result<u64> {
        let (pending, projects) = self.metadata.reading(|q| {
            Ok((erasures::pending(&self.keys, q, limit)?, projects::erasing(&self.keys, q, limit)?))
        })?;
        let count = pending.len() as u64;
        self.destroy_payloads(pending)?;
        for project in projects {
            self.finish_project_erase(project)?;
        }
        Ok(count)
    }

    /// Destroys the payloads of recorded erasures and marks them done. `Pending` when bytes remain.
    pub(crate) fn destroy_payloads(
        self: &std::sync::Arc<Self>,
        pending: Vec<Erasure>,
    ) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let Some(_permit) = self.metadata.permit_erasures()? else {
            return Err(pending_because("a backup is running"));
        };
        let mut by_backend: BTreeMap<String, Vec<Erasure>> = BTreeMap::new();
        for erasure in pending {
            by_backend.entry(erasure.backend.clone()).or_default().push(erasure);
        }
        // One backend that cannot work now does not keep the others from it.
        let mut failed = Ok(());
        for (backend, erasures) in by_backend {
            let done = self.destroy_payloads_in(&backend, erasures);
            failed = failed.and(done);
        }
        failed
    }

    fn destroy_payloads_in(
        self: &std::sync::Arc<Self>,
        backend: &str,
        erasures: Vec<Erasure>,
    ) -> Result<()> {
        let slot = self.slot(backend)?;
        self.check_is_the_store(slot).map_err(|e| match e.kind() {
            ErrorKind::Conflict => still_pending(e.what(), e.next()),
            _ => e,
        })?;
        // A secret may have any number of versions, and no transaction may take any length of time.
        for batch in erasures.chunks(BATCH) {
            self.destroy_in(slot, batch)?;
            step("erase.payloads-destroyed");
            self.mark_done(batch.to_vec())?;
            step("erase.marked-done");
        }
        Ok(())
    }

    fn destroy_in(&self, slot: &Slot, erasures: &[Erasure]) -> Result<()> {
        let mut targets = Vec::with_capacity(erasures.len());
        for erasure in erasures {
            let Some(sealed) = &erasure.reference else { continue };
            let reference = self.keys.open_reference(sealed)?;
            let locator = self.keys.open_locator(reference, erasure.locator.as_deref())?;
            targets.push((reference, locator));
        }
        match slot.backend.destroy(&targets) {
            Ok(Destroyed::Gone) => Ok(()),
            Ok(Destroyed::Remains(reason)) => Err(pending_because(&reason)),
            Err(e) => Err(pending_because(&e.to_string()).with_source(e)),
        }
    }

    /// Turns finished erasures into tombstones.
    fn mark_done(self: &std::sync::Arc<Self>, erasures: Vec<Erasure>) -> Result<()> {
        let inner = self.clone();
        self.metadata.writing(move |q| {
            let now = clock::tick(&inner.keys, q)?.now;
            for erasure in &erasures {
                if let Some(reference) = &erasure.reference {
                    claims::release(q, reference)?;
                }
                let tombstone = Erasure {
                    reference: None,
                    locator: None,
                    done_at: Some(now),
                    ..erasure.clone()
                };
                tombstone.update(&inner.keys, q)?;
            }
            Ok(())
        })
    }

    /// Takes an invisible project apart: secrets, payloads, then its keys.
    pub(crate) fn finish_project_erase(
        self: &std::sync::Arc<Self>,
        project: Project,
    ) -> Result<()> {
        while self.record_secrets_of(&project)? > 0 {
            step("project-erase.batch-recorded");
        }
        loop {
            let id = project.project_id;
            let pending = self
                .metadata
                .reading(|q| erasures::pending_of_project(&self.keys, q, id, BATCH))?;
            if pending.is_empty() {
                break;
            }
            self.destroy_payloads(pending)?;
        }
        self.forget_project_keys(&project);
        let inner = self.clone();
        self.metadata.writing(move |q| {
            clock::tick(&inner.keys, q)?;
            for key in keys::all_of_project(&inner.keys, q, project.project_id)? {
                let key =
                    keys::WrappedKey { state: KeyState::Destroyed, wrapped: Vec::new(), ..key };
                key.update(&inner.keys, q)?;
            }
            let erased =
                Project { name: String::new(), state: ProjectState::Erased, ..project.clone() };
            erased.update(&inner.keys, q)
        })?;
        step("project-erase.keys-destroyed");
        Ok(())
    }

    /// Records the erasure of some secrets of a project; returns of how many.
    fn record_secrets_of(self: &std::sync::Arc<Self>, project: &Project) -> Result<usize> {
        let inner = self.clone();
        let project = project.clone();
        self.metadata.writing(move |q| {
            let all = secrets::NameRange::new("", None);
            let page = secrets::page(&inner.keys, q, project.project_id, &all, BATCH)?;
            if page.is_empty() {
                return Ok(0);
            }
            let now = clock::tick(&inner.keys, q)?.now;
            let (mut recorded, mut versions) = (0, 0);
            for secret in page.iter() {
                versions += inner.record_secret(q, &project, secret, now)?;
                recorded += 1;
                if versions >= BATCH {
                    break;
                }
            }
            Ok(recorded)
        })
    }

    /// Removes a secret with its versions, and records the erasure of each payload. Returns how many
    /// versions it had.
    pub(crate) fn record_secret(
        &self,
        q: &dyn crate::metadata::Queries,
        project: &Project,
        secret: &secrets::Secret,
        now: crate::Timestamp,
    ) -> Result<usize> {
        let versions = versions::of_secret(&self.keys, q, secret.secret_id)?;
        for version in &versions {
            self.record_erasure(q, project, secret, version, now)?;
            version.delete(q)?;
        }
        secret.delete(q)?;
        Ok(versions.len())
    }

    /// Records that the payload of a version must go, if it still has one.
    pub(crate) fn record_erasure(
        &self,
        q: &dyn crate::metadata::Queries,
        project: &Project,
        secret: &secrets::Secret,
        version: &versions::Version,
        now: crate::Timestamp,
    ) -> Result<()> {
        if version.reference.is_none() {
            return Ok(());
        }
        let erasure = Erasure {
            version_id: version.version_id,
            project_id: project.project_id,
            secret_id: secret.secret_id,
            backend: project.backend.clone(),
            reference: version.reference.clone(),
            locator: version.locator.clone(),
            name_hash: self.keys.name_hash(project.project_id, &secret.name)?.to_vec(),
            requested_at: now,
            done_at: None,
        };
        erasure.insert(&self.keys, q)
    }
}

/// What went wrong after an erase was recorded: it is neither undone nor finished.
pub(crate) fn as_pending(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Pending => error,
        _ => pending_because(&error.to_string()).with_source(error),
    }
}

fn pending_because(reason: &str) -> Error {
    still_pending(
        reason,
        "it is finished when the store is opened next, or by `strongroom doctor --repair`",
    )
}

fn still_pending(reason: &str, next: &str) -> Error {
    Error::new(
        ErrorKind::Pending,
        format!("no longer readable, but its bytes are not gone yet: {reason}"),
        next,
    )
}
