//! Which of several copies of a store may store and remove payloads: the one whose epoch its backends carry,
//! in the file that its own row names.
//!
//! A copy knows every payload of its time and none that came later, so what it would take for a stray
//! may be all that there is of somebody's passphrase.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Marker, step};

use super::{Inner, Slot};
use crate::metadata::{Queries, Record, clock, store_row};
use crate::{Error, ErrorKind, Result};

/// How long a backend's marker is taken for what it was.
const STALENESS: Duration = Duration::from_secs(1);

/// When one of those who use it asks again, so that not all have to at the same moment.
const REFRESH: Duration = Duration::from_millis(500);

/// When a backend's marker was found to be that of an epoch.
#[derive(Default)]
pub(crate) struct Checked(Mutex<Known>);

#[derive(Default)]
struct Known {
    found: Option<(Instant, i64)>,
    /// When somebody began to ask.
    asked: Option<Instant>,
}

impl Checked {
    /// Whether the marker need not be asked for at this moment, in this epoch. Whoever hears no has to ask.
    fn is_fresh(&self, now: Instant, epoch: i64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let within = |at: Option<Instant>, time| {
            at.is_some_and(|at| now.saturating_duration_since(at) < time)
        };
        let found = known.found.filter(|(_, of)| *of == epoch).map(|(at, _)| at);
        let others_ask = within(known.asked, REFRESH);
        let fresh = within(found, REFRESH) || within(found, STALENESS) && others_ask;
        if !fresh {
            known.asked = Some(now);
        }
        fresh
    }

    /// Notes that the marker was right when it was asked for.
    fn found(&self, asked: Instant, epoch: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.found.is_none_or(|(at, of)| of != epoch || at < asked) {
            known.found = Some((asked, epoch));
        }
    }
}

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
        let (asking, epoch) = (Instant::now(), self.epoch());
        if slot.checked.is_fresh(asking, epoch) {
            return Ok(());
        }
        // No lock is held meanwhile: of a backend that is away, many find out at the same time.
        self.check_is_the_store(slot)?;
        slot.checked.found(asking, epoch);
        Ok(())
    }

    /// Refuses to take payloads for strays when the metadata's server has another history than the one
    /// in which the store was made or adopted: versions may be missing that were acknowledged.
    pub(super) fn check_history(&self) -> Result<()> {
        let recorded = self.metadata.reading(|q| store_row::load(&self.keys, q))?.file;
        match self.metadata.history()? {
            None => Ok(()),
            now if now == recorded => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Conflict,
                "the metadata server was restored, or a standby took over, since the store was made or \
                 adopted last: a payload that belongs to no version may be of one that was lost there",
                "look whether versions are missing that were acknowledged, and keep a copy of the shelf if \
                 so; then run `strongroom doctor --adopt` once, after which repairing removes such payloads",
            )),
        }
    }

    /// Refuses metadata that is a copy, or that was adopted elsewhere since this handle was opened.
    pub(crate) fn check_metadata(&self, q: &dyn Queries) -> Result<()> {
        let row = store_row::load(&self.keys, q)?;
        if let Some(file) = self.metadata.identity()?
            && row.file != Some(file)
        {
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
        let (inner, mark) = (self.clone(), self.metadata.mark()?);
        self.metadata.writing(move |q| {
            // A stamp from a clock that ran ahead would keep dates from taking effect for long.
            clock::reset(&inner.keys, q)?;
            let mut row = store_row::load(&inner.keys, q)?;
            row.epoch = epoch;
            row.file.clone_from(&mark);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asks_again_before_all_have_to() {
        let (checked, begin) = (Checked::default(), Instant::now());
        assert!(!checked.is_fresh(begin, 1));
        // Nobody waits for who asks: all ask.
        assert!(!checked.is_fresh(begin, 1));
        checked.found(begin, 1);
        assert!(checked.is_fresh(begin, 1) && !checked.is_fresh(begin, 2));
        let later = begin + REFRESH;
        assert!(!checked.is_fresh(later, 1), "the first asks");
        assert!(checked.is_fresh(later, 1), "the others go on");
        assert!(!checked.is_fresh(begin + STALENESS, 1), "without an answer all ask");
        checked.found(later, 1);
        assert!(checked.is_fresh(later, 1));
    }
}
