//! Asking for a payload while the metadata is asked where it is.
//!
//! It most likely is where it was last time. So a get asks a backend behind a network for that first, then
//! the metadata, and waits for both at once. The answer counts only when the checked metadata, read as
//! ever, names the very same place: what is kept under a reference never changes, so it does not matter
//! that it was read a moment too early. Whatever else comes of it, the payload is loaded as if nobody had
//! asked.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{Loading, Locator, Placement, Reference, SecretBytes};

use crate::store::{Inner, Slot};
use crate::{GetOptions, Result, SecretPath};

/// How many paths are remembered at least, and half of how many at most.
const KEPT: usize = 10_000;

/// How long ago the question may have been when its answer is taken. Where the project's key had to come from
/// a slow key manager in between, another process may have erased the payload.
const STALENESS: Duration = Duration::from_secs(1);

/// Where payloads were when they were loaded last, of the paths that were asked for last.
#[derive(Default)]
pub(crate) struct Places {
    known: Mutex<Known>,
}

/// The older ones are dropped all at once when there are too many of the newer.
#[derive(Default)]
struct Known {
    newer: HashMap<SecretPath, Arc<Place>>,
    older: HashMap<SecretPath, Arc<Place>>,
}

#[derive(PartialEq, Eq)]
struct Place {
    backend: String,
    reference: Reference,
    locator: Locator,
}

/// A payload that was asked for.
pub(super) struct Asked<'a> {
    at: Instant,
    place: Arc<Place>,
    loading: Loading<'a>,
}

impl<'a> Asked<'a> {
    /// Asks for what a path had last, if that is known and the backend can be asked. A version of one's own
    /// choice is elsewhere.
    pub(super) fn begin(
        inner: &'a Inner,
        path: &SecretPath,
        options: &GetOptions,
    ) -> Option<Asked<'a>> {
        if options.version.is_some() {
            return None;
        }
        let place = inner.places.as_ref()?.of(path)?;
        let ahead = inner.slot(&place.backend).ok()?.backend.ahead()?;
        let loading = ahead.begin(place.reference, &place.locator)?;
        Some(Asked { at: Instant::now(), place, loading })
    }

    /// What came of it, if it was asked for at this place and anything came back.
    pub(super) fn answer(
        self,
        backend: &str,
        at: &Placement<'_>,
        locator: &Locator,
    ) -> Option<Result<SecretBytes>> {
        let Place { backend: asked, reference, locator: asked_locator } = &*self.place;
        let is_the_place =
            asked == backend && *reference == at.reference && asked_locator == locator;
        if !is_the_place || self.at.elapsed() >= STALENESS {
            return None;
        }
        (self.loading)(at)
    }

    /// A path has nothing any more that could be asked for.
    pub(super) fn nothing_at(inner: &Inner, path: &SecretPath) {
        if let Some(places) = &inner.places {
            places.known().forget(path);
        }
    }
}

impl Places {
    fn of(&self, path: &SecretPath) -> Option<Arc<Place>> {
        self.known().find(path)
    }

    /// Notes where a payload was, if its backend can be asked for it ahead.
    pub(super) fn remember(
        &self,
        path: &SecretPath,
        slot: &Slot,
        reference: Reference,
        locator: Locator,
    ) {
        if slot.backend.ahead().is_none() {
            return;
        }
        let place = Place { backend: slot.name.clone(), reference, locator };
        let mut known = self.known();
        if known.find(path).is_none_or(|found| *found != place) {
            known.insert(path.clone(), Arc::new(place));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&mut self, path: &SecretPath) -> Option<Arc<Place>> {
        if let Some(place) = self.newer.get(path) {
            return Some(place.clone());
        }
        let (path, place) = self.older.remove_entry(path)?;
        self.insert(path, place.clone());
        Some(place)
    }

    fn insert(&mut self, path: SecretPath, place: Arc<Place>) {
        if self.newer.len() >= KEPT {
            self.older = mem::take(&mut self.newer);
        }
        self.newer.insert(path, place);
    }

    fn forget(&mut self, path: &SecretPath) {
        self.newer.remove(path);
        self.older.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_places_are_kept_as_were_used_last_and_no_more_than_twice_that() {
        let mut known = Known::default();
        let path = |n: usize| SecretPath::new("p", &n.to_string()).unwrap();
        let place = |n: u8| {
            let reference = Reference::from_bytes([n; 16]);
            Arc::new(Place { backend: String::new(), reference, locator: Locator::default() })
        };
        for n in 0..10 * KEPT {
            known.insert(path(n), place(n as u8));
            assert!(
                known.find(&path(0)).is_some_and(|found| found == place(0)),
                "used all the time"
            );
            assert!(known.newer.len() + known.older.len() <= 2 * KEPT);
        }
        for n in 9 * KEPT..10 * KEPT {
            let found = known.newer.get(&path(n)).or(known.older.get(&path(n)));
            assert!(found.is_some_and(|found| *found == place(n as u8)));
        }
        assert!(known.find(&path(1)).is_none());
        known.forget(&path(0));
        assert!(known.find(&path(0)).is_none());
    }
}
