//! One at a time for each name.
//!
//! The specification lets no two objects have the same name, but not every server sees to that. We
//! look whether a name is free before and after we take it, and that is safe only if no other thread
//! does the same meanwhile. Other processes use other names: references are random, and root keys and
//! markers are made by one administrator at a time.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The names that are being taken.
#[derive(Default)]
pub(crate) struct Turns {
    taken: Mutex<HashSet<String>>,
    changed: Condvar,
}

/// Keeps others from the name as long as it lives.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    name: String,
}

impl Turns {
    /// Waits until nobody else has the name.
    pub(crate) fn wait(&self, name: String) -> Turn<'_> {
        let mut taken = self.taken();
        while taken.contains(&name) {
            taken = self.changed.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        taken.insert(name.clone());
        Turn { turns: self, name }
    }

    fn taken(&self) -> MutexGuard<'_, HashSet<String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken().remove(&self.name);
        self.turns.changed.notify_all();
    }
}
