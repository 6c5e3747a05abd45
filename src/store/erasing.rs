//! Making the bytes of erased payloads go, and saying when they are gone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use strongroom_backend::{Destroyed, step};

use super::{Inner, Slot};
use crate::metadata::erasures::{self, Erasure};
use crate::metadata::projects::{self, Project};
use crate::metadata::{Record, clock, keys, record, secrets, versions};
use crate::{Error, ErrorKind, KeyState, ProjectState, Result};

/// Opening a store finishes at most this many erasures, so that it does not grow with the store.
const FINISHED_AT_OPEN: usize = 64;

/// Nor does it begin another transaction for them after this time.
const TIME_AT_OPEN: Duration = Duration::from_secs(2);

/// How many payloads, or versions of an erased project, one transaction takes.
const BATCH: usize = 250;

/// How many of them are marked as done together at most. It begins with one, however slow the server is.
const MARKED_TOGETHER: usize = 50;

/// A transaction takes no more rows after this time. An operation has 10 seconds, and however long the
/// way to a server is, each transaction brings the whole forward.
pub(super) const BATCH_TIME: Duration = Duration::from_secs(3);

/// How long erasing may go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    until: Option<Instant>,
}

impl Patience {
    pub(crate) fn endless() -> Patience {
        Patience { until: None }
    }

    fn of(time: Duration) -> Patience {
        Patience { until: Some(Instant::now() + time) }
    }

    /// `Pending` when the time is over.
    fn check(self) -> Result<()> {
        match self.until {
            Some(until) if Instant::now() >= until => {
                Err(pending_because("it takes longer than opening a store may"))
            }
            _ => Ok(()),
        }
    }

    /// When a transaction that begins now takes no more rows.
    fn end_of_batch(self) -> Instant {
        let end = Instant::now() + BATCH_TIME;
        self.until.map_or(end, |until| until.min(end))
    }
}

/// Finishes recorded erasures when a store is opened. What cannot be finished now stays recorded:
/// health and doctor tell.
pub(super) fn finish_recorded(inner: &std::sync::Arc<Inner>) {
    if inner.metadata.is_read_only() {
        return;
    }
    let finished = inner.metadata.reading(erasures::any_pending).and_then(|any| match any {
        true => inner.finish_erasures(FINISHED_AT_OPEN, Patience::of(TIME_AT_OPEN)).map(|_| ()),
        false => Ok(()),
    });
    if let Err(error) = finished {
        tracing::warn!(kind = error.kind().name(), "erasures stay pending");
    }
}

impl Inner {
    /// Finishes up to `limit` pending erasures, and the erasing of up to `limit` projects. Returns how
    /// many payloads went. `Pending` when some have to wait.
    pub(super) fn finish_erasures(
        self: &std::sync::Arc<Self>,
        limit: usize,
        patience: Patience,
    ) -> Result<u64> {
        let inner = self.clone();
        let (pending, projects) = self.metadata.reading_newest(move |q| {
            let pending = erasures::pending(&inner.keys, q, limit)?;
            Ok((pending, projects::erasing(&inner.keys, q, limit)?))
        })?;
        let count = pending.len() as u64;
        self.destroy_payloads(pending, patience)?;
        for project in projects {
            self.finish_project_erase(project, patience)?;
        }
        Ok(count)
    }

    /// Destroys the payloads of recorded erasures and marks them done. `Pending` when bytes remain.
    pub(crate) fn destroy_payloads(
        self: &std::sync::Arc<Self>,
        pending: Vec<Erasure>,
        patience: Patience,
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
            let done = self.destroy_payloads_in(&backend, erasures, patience);
            failed = failed.and(done);
        }
        failed
    }

    fn destroy_payloads_in(
        self: &std::sync::Arc<Self>,
        backend: &str,
        erasures: Vec<Erasure>,
        patience: Patience,
    ) -> Result<()> {
        let slot = self.slot(backend)?;
        self.check_is_the_store(slot).map_err(|e| match e.kind() {
            ErrorKind::Conflict => still_pending(e.what(), e.next()),
            _ => e,
        })?;
        // A secret may have any number of versions, and no transaction may take any length of time.
        for (before, batch) in erasures.chunks(BATCH).enumerate() {
            if before > 0 {
                patience.check()?;
            }
            self.destroy_in(slot, batch)?;
            step("erase.payloads-destroyed");
            self.mark_done(batch.to_vec(), patience)?;
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
    fn mark_done(
        self: &std::sync::Arc<Self>,
        mut erasures: Vec<Erasure>,
        patience: Patience,
    ) -> Result<()> {
        while !erasures.is_empty() {
            let done = self.mark_some_done(erasures.clone(), patience)?;
            erasures.drain(..done);
            if !erasures.is_empty() {
                patience.check()?;
            }
        }
        Ok(())
    }

    /// Does so for the first of them, as many as there is time for in one transaction; returns how many.
    fn mark_some_done(
        self: &std::sync::Arc<Self>,
        erasures: Vec<Erasure>,
        patience: Patience,
    ) -> Result<usize> {
        let inner = self.clone();
        self.metadata.writing(move |q| {
            let end = patience.end_of_batch();
            let now = clock::tick(&inner.keys, q)?.now;
            let (mut done, mut together) = (0, 1);
            while done < erasures.len() && (done == 0 || Instant::now() < end) {
                let some = &erasures[done..erasures.len().min(done + together)];
                erasures::mark_done(&inner.keys, q, some, now)?;
                done += some.len();
                together = (together * 2).min(MARKED_TOGETHER);
            }
            Ok(done)
        })
    }

    /// Takes an invisible project apart: secrets, payloads, then its keys.
    pub(crate) fn finish_project_erase(
        self: &std::sync::Arc<Self>,
        project: Project,
        patience: Patience,
    ) -> Result<()> {
        while self.record_secrets_of(&project, patience)? > 0 {
            step("project-erase.batch-recorded");
            patience.check()?;
        }
        self.forget_project_keys(&project);
        loop {
            let pending = self.destroy_keys_or_find_payloads(&project)?;
            if pending.is_empty() {
                break;
            }
            self.destroy_payloads(pending, patience)?;
            patience.check()?;
        }
        step("project-erase.keys-destroyed");
        Ok(())
    }

    /// Destroys the keys of a project that has no payload left; of one that has, returns some of those.
    ///
    /// One transaction finds nothing left and draws the conclusion: what is merely read may come from a
    /// standby that does not know of the erase yet.
    fn destroy_keys_or_find_payloads(
        self: &std::sync::Arc<Self>,
        project: &Project,
    ) -> Result<Vec<Erasure>> {
        let (inner, project) = (self.clone(), project.clone());
        self.metadata.writing(move |q| {
            let id = project.project_id;
            let pending = erasures::pending_of_project(&inner.keys, q, id, BATCH)?;
            if !pending.is_empty() {
                return Ok(pending);
            }
            clock::tick(&inner.keys, q)?;
            for key in keys::all_of_project(&inner.keys, q, id)? {
                let key =
                    keys::WrappedKey { state: KeyState::Destroyed, wrapped: Vec::new(), ..key };
                key.update(&inner.keys, q)?;
            }
            let erased =
                Project { name: String::new(), state: ProjectState::Erased, ..project.clone() };
            erased.update(&inner.keys, q)?;
            Ok(Vec::new())
        })
    }

    /// Records the erasure of some secrets of a project; returns of how many.
    fn record_secrets_of(
        self: &std::sync::Arc<Self>,
        project: &Project,
        patience: Patience,
    ) -> Result<usize> {
        let inner = self.clone();
        let project = project.clone();
        self.metadata.writing(move |q| {
            let end = patience.end_of_batch();
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
                if versions >= BATCH || Instant::now() >= end {
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
        let erasures =
            versions.iter().map(|version| self.erasure_of(project, secret, version, now));
        let erasures: Vec<_> = erasures.filter_map(Result::transpose).collect::<Result<_>>()?;
        record::insert_all(&self.keys, q, &erasures)?;
        record::delete_all(q, &versions)?;
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
        match self.erasure_of(project, secret, version, now)? {
            Some(erasure) => erasure.insert(&self.keys, q),
            None => Ok(()),
        }
    }

    fn erasure_of(
        &self,
        project: &Project,
        secret: &secrets::Secret,
        version: &versions::Version,
        now: crate::Timestamp,
    ) -> Result<Option<Erasure>> {
        if version.reference.is_none() {
            return Ok(None);
        }
        Ok(Some(Erasure {
            version_id: version.version_id,
            project_id: project.project_id,
            secret_id: secret.secret_id,
            backend: project.backend.clone(),
            reference: version.reference.clone(),
            locator: version.locator.clone(),
            name_hash: self.keys.name_hash(project.project_id, &secret.name)?.to_vec(),
            requested_at: now,
            done_at: None,
        }))
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

#[cfg(all(test, feature = "sqlite", feature = "software"))]
mod tests {
    use super::*;
    use crate::{Layout, PutOptions, SecretBytes, Store};

    /// However little time there is, each attempt brings the erase forward; the control is the last one.
    #[test]
    fn an_erase_of_a_project_goes_on_where_time_ran_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&Layout::in_folder(folder.path())).unwrap();
        let (session, inner) = (store.session(), &store.inner);
        for n in 0..3 {
            let payload = SecretBytes::copy_of(b"payload").unwrap();
            let at = format!("web1/{n}").parse().unwrap();
            session.put(&at, &payload, &PutOptions::default()).unwrap();
        }
        let keys = inner.clone();
        let project = inner
            .metadata
            .writing(move |q| {
                let mut project = projects::require(&keys.keys, q, "web1")?;
                project.state = ProjectState::Erasing;
                project.update(&keys.keys, q)?;
                Ok(project)
            })
            .unwrap();
        let mut interrupted = 0;
        while let Err(error) =
            inner.finish_project_erase(project.clone(), Patience::of(Duration::ZERO))
        {
            assert_eq!(error.kind(), ErrorKind::Pending, "{error}");
            interrupted += 1;
            assert!(interrupted < 20, "nothing goes on");
        }
        // Three secrets recorded, and three payloads marked as gone, one at a time.
        assert!(interrupted >= 6, "{interrupted}");
        assert!(!inner.metadata.reading(erasures::any_pending).unwrap());
        assert!(inner.slot("main").unwrap().backend.list(None, 10).unwrap().is_empty());
    }
}
