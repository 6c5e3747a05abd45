//! Wrapping keys anew, batch by batch.

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use strongroom_backend::{KeyBackend, ProjectId, RootKeyId, WrapContext, step};

use super::super::{Finding, Inner, Progress, trusted_key};
use super::RotateReport;
use crate::keys::{project_key_context, store_key_context};
use crate::metadata::keys::WrappedKey;
use crate::metadata::root_keys::RootKey;
use crate::metadata::{Record, keys, root_keys};
use crate::{Error, ErrorKind, KeyState, Result};

/// How many keys change in one transaction.
const BATCH: usize = 100;

/// A key, by its project and generation.
type Name = (ProjectId, u32);

impl Inner {
    /// Wraps everything that is under deactivated root keys anew. Returns the root key that the last of
    /// it is under now.
    pub(super) fn finish(
        self: &Arc<Self>,
        to: Option<&str>,
        report: &mut RotateReport,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<RootKey> {
        let mut damaged = HashSet::new();
        let mut last = None;
        loop {
            let mut found_work = false;
            for root in self.unfinished_roots()? {
                let mut names =
                    self.metadata.reading(|q| keys::under(q, &root.backend, &root.root_key_id))?;
                names.retain(|name| !damaged.contains(name));
                found_work |= !names.is_empty();
                let target = self.successor_of(&root, to)?;
                self.rewrap_under(&target, &names, &mut damaged, report, progress)?;
                last = Some(target);
            }
            // Another look: others may have put new keys under a root key until it was deactivated.
            if !found_work {
                break;
            }
        }
        match (last, to) {
            (Some(target), _) => Ok(target),
            (None, to) => self.newest_active(to),
        }
    }

    /// The root key that takes over what a deactivated one wraps: the active one of the same key
    /// backend; where the keys were moved, that of the key backend `to`, or the newest.
    fn successor_of(&self, root: &RootKey, to: Option<&str>) -> Result<RootKey> {
        let beside = self.metadata.reading(|q| root_keys::active(&self.keys, q, &root.backend))?;
        match (beside, to) {
            (Some(root), _) => Ok(root),
            (None, to) => self.newest_active(to),
        }
    }

    /// The active root key of a key backend, else the newest of all.
    pub(in crate::store) fn newest_active(&self, name: Option<&str>) -> Result<RootKey> {
        let mut active = self.known_root_keys()?;
        active.retain(|root| root.state == KeyState::Active);
        if let Some(of_name) = active.iter().find(|root| Some(root.backend.as_str()) == name) {
            return Ok(of_name.clone());
        }
        active.into_iter().max_by_key(|root| root.created_at).ok_or_else(|| {
            Error::new(
                ErrorKind::Corrupt,
                "the store has no active root key",
                "restore the metadata from a backup",
            )
        })
    }

    fn rewrap_under(
        self: &Arc<Self>,
        target: &RootKey,
        names: &[Name],
        damaged: &mut HashSet<Name>,
        report: &mut RotateReport,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let backend = self.key_backends.get(&target.backend)?;
        let total = Some(names.len() as u64);
        let mut done = 0;
        // The store key by itself, first.
        let first = names.iter().filter(|(project, _)| *project == ProjectId::STORE).count();
        let (store_key, project_keys) = names.split_at(first);
        for batch in store_key.chunks(BATCH).chain(project_keys.chunks(BATCH)) {
            progress(Progress { what: "wrapping keys anew", done, total });
            let mut changes = Vec::new();
            for name in batch {
                match self.rewrapped(*name, &*backend, target) {
                    Ok(change) => changes.extend(change),
                    Err(e) if e.kind() == ErrorKind::Corrupt => {
                        damaged.insert(*name);
                        let (project, generation) = name;
                        let what = format!("generation {generation} of the key of {project}: {e}");
                        report.damaged.push(Finding { what });
                    }
                    Err(e) => return Err(e),
                }
            }
            step("rotate.batch-wrapped");
            let _locked = self.trust_store_key(&*backend, &changes)?;
            report.rewrapped += self.write_batch(target, changes)?;
            step("rotate.batch-written");
            done += batch.len() as u64;
        }
        progress(Progress { what: "wrapping keys anew", done, total });
        Ok(())
    }

    /// Makes a store key known outside of the metadata, where its root key alone proves nothing.
    fn trust_store_key(
        &self,
        backend: &dyn KeyBackend,
        changes: &[(WrappedKey, WrappedKey)],
    ) -> Result<Option<File>> {
        let store_key = changes.iter().find(|(_, new)| new.project_id == ProjectId::STORE);
        match store_key {
            Some((_, new)) if backend.anyone_can_wrap(&new.wrapped) => {
                trusted_key::add(self.key_backends.file(), new).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A key's row as it is and as it will be. Nothing when it is gone, or was wrapped anew meanwhile.
    fn rewrapped(
        &self,
        (project, generation): Name,
        backend: &dyn KeyBackend,
        target: &RootKey,
    ) -> Result<Option<(WrappedKey, WrappedKey)>> {
        let found = self.metadata.reading(|q| keys::all_of_project(&self.keys, q, project))?;
        let row = found.into_iter().find(|row| row.generation == generation);
        let Some(row) = row.filter(|row| row.state != KeyState::Destroyed) else { return Ok(None) };
        if row.backend == target.backend && row.root_key_id == target.root_key_id {
            return Ok(None);
        }
        let context = match project {
            ProjectId::STORE => store_key_context(self.id),
            project => project_key_context(self.id, project, generation),
        };
        let wrapped = self.wrap_anew(&row, backend, target, &context)?;
        let new = WrappedKey {
            backend: target.backend.clone(),
            root_key_id: target.root_key_id.clone(),
            wrapped,
            ..row.clone()
        };
        Ok(Some((row, new)))
    }

    fn wrap_anew(
        &self,
        row: &WrappedKey,
        backend: &dyn KeyBackend,
        target: &RootKey,
        context: &WrapContext,
    ) -> Result<Vec<u8>> {
        let old = self.key_backends.get(&row.backend)?;
        let (from, to) = (&row.root_key_id, &target.root_key_id);
        if let Some(device) = old.device().filter(|device| device.is_device_key(&row.wrapped)) {
            if row.backend != target.backend {
                return Err(cannot_leave(&row.backend));
            }
            return device.rewrap(from, &row.wrapped, to, context);
        }
        let key = old
            .unwrap(from, &row.wrapped, context)
            .map_err(|e| self.explain_unwrap(&row.backend, from, e))?;
        // The old blob goes: the new one must open, and to the same key. When it does not, the new root key is
        // at fault, and the old blob no worse for it.
        let again = |wrapped: &Vec<u8>| backend.unwrap(to, wrapped, context);
        let wrapped = backend.wrap(to, &key, context);
        match wrapped.and_then(|wrapped| Ok((again(&wrapped)?, wrapped))) {
            Ok((same, wrapped)) if same.equals(&key) => Ok(wrapped),
            Ok(_) => Err(gives_other_keys(to, &target.backend)),
            Err(e) if e.kind() == ErrorKind::Corrupt => {
                Err(gives_other_keys(to, &target.backend).with_source(e))
            }
            Err(e) => Err(e),
        }
    }

    /// Writes a batch; a row that was changed meanwhile stays as it is. Returns how many were written.
    fn write_batch(
        self: &Arc<Self>,
        target: &RootKey,
        changes: Vec<(WrappedKey, WrappedKey)>,
    ) -> Result<u64> {
        if changes.is_empty() {
            return Ok(0);
        }
        let (inner, target) = (self.clone(), target.clone());
        self.metadata.writing(move |q| {
            inner.check_metadata(q)?;
            // Replaced meanwhile, it wraps nothing anew; the next look finds its successor.
            if root_keys::active(&inner.keys, q, &target.backend)?.as_ref() != Some(&target) {
                return Ok(0);
            }
            let mut written = 0;
            for (old, new) in &changes {
                let rows = keys::all_of_project(&inner.keys, q, old.project_id)?;
                if rows.contains(old) {
                    new.update(&inner.keys, q)?;
                    written += 1;
                }
            }
            Ok(written)
        })
    }
}

pub(super) fn cannot_leave(key_backend: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("project keys that the token of {key_backend} made cannot leave it"),
        "put what they protect into projects of another backend, then erase these projects",
    )
    .with_backend(key_backend)
}

fn gives_other_keys(root: &RootKeyId, key_backend: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the root key {root} does not give back the keys that it wraps"),
        "check the key backend; nothing was changed",
    )
    .with_backend(key_backend)
}
