//! Doctor: reads everything, finishes what was begun, and removes what belongs to nobody.
//!
//! A *stray* is a payload whose metadata never came to be. It looks exactly like the payload of a put
//! that is under way, or of a version that only a newer copy of the metadata knows. So a stray is
//! removed only when metadata has been written since it was stored, and only after it was condemned
//! in the index in which a put must claim it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use strongroom_backend::{Destroyed, Locator, Reference, step};

use super::erasing::{BATCH_TIME, Patience};
use super::{Inner, Progress, Slot, Store};
use crate::metadata::claims::{self, SealedReference};
use crate::metadata::lookup::Found;
use crate::metadata::projects::Project;
use crate::metadata::secrets::{self, Secret};
use crate::metadata::{Queries, clock, erasures, scan, versions};
use crate::{ErrorKind, Result, Session};

/// References that are listed, and strays that are removed, at once.
const BATCH: usize = 1_000;

/// What doctor does beyond looking.
#[derive(Debug, Clone, Copy, Default)]
pub struct DoctorOptions {
    /// Finish pending erasures and remove strays.
    pub repair: bool,
    /// Before that, make this copy of the store the one that may remove payloads. For a store whose
    /// files were copied or restored by hand, or whose PostgreSQL server was restored or followed by a
    /// standby; no other copy removes anything afterwards.
    pub adopt: bool,
}

/// One thing that is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is damaged, and how.
    pub what: String,
}

/// What doctor found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// Whether this is a copy of a store, which removes nothing until it is adopted.
    pub copy: bool,
    /// Whether this copy was made the store now.
    pub adopted: bool,
    /// Secrets that were read.
    pub secrets: u64,
    /// Versions whose payload was opened.
    pub versions: u64,
    /// What is damaged. Doctor never removes it.
    pub damaged: Vec<Finding>,
    /// Payloads that belong to no version.
    pub strays: u64,
    /// Strays that were removed.
    pub strays_removed: u64,
    /// Strays that are too new to be judged: nothing was written since.
    pub strays_left: u64,
    /// Erasures that are still pending.
    pub pending_erasures: u64,
    /// Erasures that were finished.
    pub erasures_finished: u64,
    /// Why repair left things alone, if it did.
    pub refused: Option<String>,
}

impl Store {
    /// Reads every row and every payload, and reports what is damaged, stray or pending.
    ///
    /// With `repair`, pending erasures are finished and strays removed, safely while others use the
    /// store. Damaged things are never removed. Takes about 20 microseconds for each version; calls
    /// `progress` now and then.
    pub fn doctor(
        &self,
        options: &DoctorOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<DoctorReport> {
        self.inner.check_process()?;
        let mut report = DoctorReport::default();
        if options.adopt {
            self.inner.begin_epoch()?;
            report.adopted = true;
        }
        report.copy = self.inner.is_copy()?;
        if options.repair || options.adopt {
            self.inner.finish_all_erasures(&mut report)?;
        }
        let mut suspects = self.inner.find_suspects(&mut report, progress)?;
        self.inner.examine(&mut report, &mut suspects, progress)?;
        let suspects = self.inner.without_claimed(suspects)?;
        report.strays = suspects.values().map(|list| list.len() as u64).sum();
        if options.repair && report.strays > 0 {
            step("doctor.strays-found");
            self.inner.remove_strays(suspects, &mut report)?;
        }
        report.pending_erasures = match options.repair || options.adopt {
            true => self.inner.metadata.reading_newest(erasures::count_pending)?,
            false => self.inner.metadata.reading(erasures::count_pending)?,
        };
        Ok(report)
    }
}

/// Unclaimed references by backend.
type Suspects = HashMap<String, HashMap<SealedReference, Reference>>;

impl Inner {
    fn finish_all_erasures(self: &Arc<Self>, report: &mut DoctorReport) -> Result<()> {
        loop {
            match self.finish_erasures(BATCH, Patience::endless()) {
                Ok(0) => return Ok(()),
                Ok(count) => report.erasures_finished += count,
                Err(e) if e.kind() == ErrorKind::Pending => {
                    report.refused = Some(format!("{}; {}", e.what(), e.next()));
                    return Ok(());
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Every reference that a backend lists and nobody has claimed.
    fn find_suspects(
        &self,
        report: &mut DoctorReport,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Suspects> {
        let mut suspects = Suspects::new();
        let mut done = 0;
        for slot in self.slots() {
            let mut after = None;
            loop {
                let page = slot.backend.list(after, BATCH)?;
                let Some(last) = page.last().copied() else { break };
                if after.is_some_and(|after| last <= after) {
                    // A damaged index would be walked in a circle.
                    let what = format!("backend {}: it lists its payloads out of order", slot.name);
                    report.damaged.push(Finding { what });
                    break;
                }
                after = Some(last);
                done += page.len() as u64;
                progress(Progress { what: "listing payloads", done, total: None });
                for (sealed, reference) in self.unclaimed(&page)? {
                    suspects.entry(slot.name.clone()).or_default().insert(sealed, reference);
                }
            }
        }
        Ok(suspects)
    }

    fn unclaimed(&self, page: &[Reference]) -> Result<Vec<(SealedReference, Reference)>> {
        let mut found = Vec::new();
        for references in page.chunks(claims::AT_ONCE) {
            let seal =
                |reference: &Reference| Ok((self.keys.seal_reference(*reference)?, *reference));
            let mut references = references.iter().map(seal).collect::<Result<HashMap<_, _>>>()?;
            let sealed: Vec<SealedReference> = references.keys().copied().collect();
            for claimed in self.metadata.reading(|q| claims::claimed_among(q, &sealed))? {
                references.remove(&claimed);
            }
            found.extend(references);
        }
        Ok(found)
    }

    /// Reads all rows and payloads. What a version holds is no stray, whatever the claims say.
    fn examine(
        self: &Arc<Self>,
        report: &mut DoctorReport,
        suspects: &mut Suspects,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        for problem in self.metadata.check()? {
            report.damaged.push(Finding { what: format!("metadata database: {problem}") });
        }
        let total = self.metadata.reading(scan::count_versions)?;
        for project in self.scanned(report, scan::projects)? {
            let id = project.project_id;
            self.scanned(report, |keys, q| scan::keys_of(keys, q, id))?;
            let mut after = Some(String::new());
            while let Some(from) = after {
                let mut last = None;
                let page = self.scanned(report, |keys, q| {
                    let (page, name) = scan::secrets_of(keys, q, id, &from, BATCH)?;
                    last = name;
                    Ok(page)
                })?;
                after = last.filter(|last| *last > from);
                for secret in page {
                    report.secrets += 1;
                    self.examine_secret(&project, secret, report, suspects)?;
                    let done = report.versions;
                    progress(Progress { what: "opening payloads", done, total: Some(total) });
                }
            }
        }
        for erasure in self.scanned(report, scan::pending_erasures)? {
            drop_suspect(suspects, &erasure.backend, erasure.reference.as_deref());
        }
        Ok(())
    }

    fn examine_secret(
        self: &Arc<Self>,
        project: &Project,
        secret: Secret,
        report: &mut DoctorReport,
        suspects: &mut Suspects,
    ) -> Result<()> {
        let id = secret.secret_id;
        let damaged = report.damaged.len();
        let versions = self.scanned(report, |keys, q| scan::versions_of(keys, q, id))?;
        let whole = report.damaged.len() == damaged;
        if whole && versions.len() != secret.newest() as usize && self.is_unchanged(&secret)? {
            let (path, newest) = (format!("{}/{}", project.name, secret.name), secret.newest());
            let what =
                format!("{path}: {} of {newest} versions are in the metadata", versions.len());
            report.damaged.push(Finding { what });
        }
        let session = Session::new(self.clone());
        for version in versions {
            drop_suspect(suspects, &project.backend, version.reference.as_deref());
            if version.reference.is_none() {
                continue;
            }
            report.versions += 1;
            let found = Found { project: project.clone(), secret: secret.clone(), version };
            let Err(error) = session.load_version(&found) else { continue };
            if self.is_still_there(&found)? {
                let Found { project, secret, version } = &found;
                let path = format!("{}/{} version {}", project.name, secret.name, version.number);
                report.damaged.push(Finding { what: format!("{path}: {error}") });
            }
        }
        Ok(())
    }

    /// Whether a secret was neither put nor erased since it was read.
    fn is_unchanged(&self, secret: &Secret) -> Result<bool> {
        let now = self
            .metadata
            .reading(|q| secrets::find(&self.keys, q, secret.project_id, &secret.name))?;
        Ok(now.is_some_and(|now| {
            (now.secret_id, now.next_number) == (secret.secret_id, secret.next_number)
        }))
    }

    /// Whether a version was not erased or destroyed since it was read.
    fn is_still_there(&self, found: &Found) -> Result<bool> {
        let now = self.metadata.reading(|q| {
            versions::find(&self.keys, q, found.secret.secret_id, found.version.number)
        })?;
        Ok(now.is_some_and(|version| version.reference == found.version.reference))
    }

    /// Rows that are whole; those that are not become findings.
    fn scanned<R>(
        &self,
        report: &mut DoctorReport,
        mut scan: impl FnMut(&crate::keys::StoreKeys, &dyn Queries) -> Result<scan::Scanned<R>>,
    ) -> Result<Vec<R>> {
        let scanned = self.metadata.reading(|q| scan(&self.keys, q))?;
        let findings = scanned.damaged.iter().map(|e| Finding { what: e.to_string() });
        report.damaged.extend(findings);
        Ok(scanned.rows)
    }

    /// Suspects that nobody has claimed meanwhile either.
    fn without_claimed(&self, suspects: Suspects) -> Result<Suspects> {
        let mut strays = Suspects::new();
        for (backend, references) in suspects {
            let page: Vec<Reference> = references.into_values().collect();
            let unclaimed = self.unclaimed(&page)?;
            if !unclaimed.is_empty() {
                strays.insert(backend, unclaimed.into_iter().collect());
            }
        }
        Ok(strays)
    }

    fn remove_strays(self: &Arc<Self>, strays: Suspects, report: &mut DoctorReport) -> Result<()> {
        let stamp = self.metadata.reading(|q| clock::stamp(&self.keys, q))?;
        let newest = stamp.micros() / 1_000;
        let too_new = strays.values().flat_map(HashMap::values).filter(|r| r.millis() >= newest);
        report.strays_left = too_new.count() as u64;
        if report.strays_left > 0 {
            report.refused = Some(format!(
                "{} payloads are as new as the newest write of this metadata, so a put may have been \
                 cut off just now: run this again after something was written",
                report.strays_left
            ));
            return Ok(());
        }
        if let Err(e) = self.check_history() {
            report.refused = Some(format!("{}; {}", e.what(), e.next()));
            return Ok(());
        }
        for (backend, references) in strays {
            let slot = self.slot(&backend)?;
            if let Err(e) = self.check_is_the_store(slot) {
                report.refused = Some(format!("{}; {}", e.what(), e.next()));
                continue;
            }
            let references: Vec<_> = references.into_iter().collect();
            let mut left = &references[..];
            while !left.is_empty() {
                let batch = &left[..left.len().min(BATCH)];
                left = &left[self.remove_batch(slot, batch.to_vec(), report)?..];
            }
        }
        Ok(())
    }

    /// Removes as many of these as one transaction has time to condemn; returns how many it looked at.
    fn remove_batch(
        self: &Arc<Self>,
        slot: &Slot,
        batch: Vec<(SealedReference, Reference)>,
        report: &mut DoctorReport,
    ) -> Result<usize> {
        let inner = self.clone();
        let (seen, condemned) = self.metadata.writing(move |q| {
            let end = Instant::now() + BATCH_TIME;
            clock::tick(&inner.keys, q)?;
            let mut condemned = Vec::new();
            for (before, (sealed, reference)) in batch.iter().enumerate() {
                if before > 0 && Instant::now() >= end {
                    return Ok((before, condemned));
                }
                if claims::condemn(q, sealed)? || claims::is_condemned(q, sealed)? {
                    condemned.push((*reference, Locator::default()));
                }
            }
            Ok((batch.len(), condemned))
        })?;
        step("doctor.strays-condemned");
        // The server that condemned them was the right one, if this is.
        self.check_history()?;
        match slot.call("destroy", |backend| backend.destroy(&condemned))? {
            Destroyed::Gone => report.strays_removed += condemned.len() as u64,
            Destroyed::Remains(reason) => report.refused = Some(reason),
        }
        step("doctor.strays-removed");
        Ok(seen)
    }
}

fn drop_suspect(suspects: &mut Suspects, backend: &str, sealed: Option<&[u8]>) {
    let sealed = sealed.and_then(|bytes| SealedReference::try_from(bytes).ok());
    if let (Some(references), Some(sealed)) = (suspects.get_mut(backend), sealed) {
        references.remove(&sealed);
    }
}
