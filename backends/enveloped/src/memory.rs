//! A shelf in memory, for tests and for stores that need not outlive their process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use strongroom_backend::{
    Destroyed, Error, ErrorKind, Health, Locator, Marker, Reference, Result, SecretBytes, Shelf,
};

use crate::errors;

/// Keeps envelopes as long as the process lives.
#[derive(Default)]
pub struct MemoryShelf(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    envelopes: BTreeMap<Reference, Vec<u8>>,
    marker: Option<Marker>,
}

impl MemoryShelf {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for MemoryShelf {
    fn is_durable(&self) -> bool {
        false
    }

    fn put(&self, reference: Reference, envelope: Vec<u8>) -> Result<Locator> {
        use std::collections::btree_map::Entry;
        match self.contents().envelopes.entry(reference) {
            Entry::Occupied(_) => Err(errors::taken(reference)),
            Entry::Vacant(place) => {
                place.insert(envelope);
                Ok(Locator::default())
            }
        }
    }

    fn get(
        &self,
        reference: Reference,
        _: &Locator,
        open: &mut dyn FnMut(&[u8]) -> Result<SecretBytes>,
    ) -> Result<SecretBytes> {
        match self.contents().envelopes.get(&reference) {
            Some(envelope) => open(envelope),
            None => Err(errors::absent(reference)),
        }
    }

    fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        let mut contents = self.contents();
        for (reference, _) in targets {
            contents.envelopes.remove(reference);
        }
        Ok(Destroyed::Gone)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let contents = self.contents();
        let found = contents.envelopes.range((start, Bound::Unbounded)).take(limit);
        Ok(found.map(|(reference, _)| *reference).collect())
    }

    fn marker(&self) -> Result<Option<Marker>> {
        Ok(self.contents().marker)
    }

    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        let mut contents = self.contents();
        if contents.marker != expected {
            return Err(errors::other_marker());
        }
        contents.marker = Some(marker);
        Ok(())
    }

    fn copy_to(&self, _: &Path) -> Result<()> {
        Err(Error::new(
            ErrorKind::Unsupported,
            "a shelf in memory has no file to be copied",
            "use a shelf that is kept",
        ))
    }

    fn health(&self) -> Vec<Health> {
        vec![Health::warning("shelf", "payloads are in memory only and end with this process")]
    }
}
