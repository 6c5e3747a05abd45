//! Which of several copies of a store may store and remove payloads: the one whose epoch its backends carry,
//! in the file that its own row names.
//!
//! A copy knows every payload of its time and none that came later, so what it would take for a stray
//! may be all that there is of somebody's passphrase.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Marker, step};

use super::{Inner, Slot};
use crate::metadata::{Queries, Record, clock, store_row};
use crate::{Error, ErrorKind, Result};

/// How long a backend's marker is taken for what it was.
const STALENESS: Duration = Duration::from_secs(1);

impl Inner {
    /// Refuses to store in a backend, or to remove from it, by metadata that is a copy, or belongs to
    /// another epoch: what one copy stores, another takes for a stray.
    pub(crate) fn check_is_the_store(&self, slot: &Slot) -> Result<()> {
        self.metadata.reading(|q| self.check_metadata(q))?;
        match slot.backend.marker()? {
            Some(marker) if marker == self.marker() => Ok(()),
            Some(marker) if marker.epoch > self.epoch() => Err(copy(&format!(
                "this metadata is older than backend {}, because the store was restored or adopted \
                 elsewhere",
                slot.name
            ))),
            _ => Err(copy(&format!("backend {} belongs to another copy of this store", slot.name))),
        }
    }

    /// As [`check_is_the_store`](Self::check_is_the_store), but asks a backend once a second: for puts,
    /// whose own transaction checks the metadata each time.
    pub(crate) fn check_lately_that_it_is_the_store(&self, slot: &Slot) -> Result<()> {
        let mut checked = slot.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.is_some_and(|(at, epoch)| at.elapsed() < STALENESS && epoch == self.epoch()) {
            return Ok(());
        }
        self.check_is_the_store(slot)?;
        *checked = Some((Instant::now(), self.epoch()));
        Ok(())
    }

    /// Refuses metadata that is a copy, or that was adopted elsewhere since this handle was opened.
    pub(crate) fn check_metadata(&self, q: &dyn Queries) -> Result<()> {
        let row = store_row::load(&self.keys, q)?;
        if row.file != self.metadata.identity()? {
            return Err(copy("the metadata file is a copy"));
        }
        if row.epoch != self.epoch() {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the store was adopted by another process",
                "open it again",
            ));
        }
        Ok(())
    }

    /// Whether the metadata, or a backend, is a copy that removes nothing.
    pub(super) fn is_copy(&self) -> Result<bool> {
        for slot in self.slots() {
            match self.check_is_the_store(slot) {
                Err(e) if e.kind() == ErrorKind::Conflict => return Ok(true),
                other => other?,
            }
        }
        Ok(false)
    }

    /// Makes this copy of the store the one that may remove payloads, and no other.
    ///
    /// The backends learn of it first: what a crash leaves behind removes nothing, and can be adopted
    /// again.
    pub(super) fn begin_epoch(self: &Arc<Self>) -> Result<()> {
        let mut newest = self.epoch();
        for slot in self.slots() {
            newest = newest.max(slot.backend.marker()?.map_or(newest, |marker| marker.epoch));
        }
        let epoch = self.metadata.now()?.max(newest + 1);
        for slot in self.slots() {
            let now = slot.backend.marker()?;
            slot.backend.set_marker(now, Marker { store: self.id, epoch })?;
        }
        step("epoch.markers-written");
        let inner = self.clone();
        self.metadata.writing(move |q| {
            // A stamp from a clock that ran ahead would keep dates from taking effect for long.
            clock::reset(&inner.keys, q)?;
            let mut row = store_row::load(&inner.keys, q)?;
            row.epoch = epoch;
            row.file = inner.metadata.identity()?;
            row.update(&inner.keys, q)
        })?;
        self.epoch.store(epoch, Ordering::Release);
        step("epoch.begun");
        Ok(())
    }
}

fn copy(what: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("{what}: it stores and removes nothing"),
        "if this is the copy that you go on with, run `strongroom doctor --adopt` once",
    )
}
