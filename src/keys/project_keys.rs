//! Unwrapped project keys, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strongroom_backend::{ProjectId, ProjectKey};

use crate::Result;

/// The most keys that are kept.
const KEPT: usize = 10_000;

/// How long a key is kept.
const LIFETIME: Duration = Duration::from_secs(300);

/// How long a key is used without asking the metadata whether it still may be.
const STALENESS: Duration = Duration::from_secs(1);

/// A bounded cache of project keys, in secret memory.
pub(crate) struct ProjectKeys {
    kept: Mutex<Kept>,
}

struct Kept {
    keys: HashMap<(ProjectId, u32), Entry>,
    swept: Instant,
}

struct Entry {
    key: Arc<ProjectKey>,
    loaded: Instant,
    checked: Instant,
}

/// What the cache has.
pub(crate) enum Found {
    Fresh(Arc<ProjectKey>),
    /// To be used only once the metadata has confirmed it.
    Stale(Arc<ProjectKey>),
    Nothing,
}

impl ProjectKeys {
    pub(crate) fn new() -> ProjectKeys {
        let kept = Kept { keys: HashMap::new(), swept: Instant::now() };
        ProjectKeys { kept: Mutex::new(kept) }
    }

    /// A generation of a project's key: from the cache, or by `confirm` (may a key that is at hand
    /// still be used?) and `load`.
    pub(crate) fn get(
        &self,
        project: ProjectId,
        generation: u32,
        confirm: impl FnOnce() -> Result<()>,
        load: impl FnOnce() -> Result<ProjectKey>,
    ) -> Result<Arc<ProjectKey>> {
        match self.find(project, generation) {
            Found::Fresh(key) => Ok(key),
            Found::Stale(key) => {
                confirm().inspect_err(|_| self.forget(project))?;
                self.kept().confirmed(project, generation);
                Ok(key)
            }
            Found::Nothing => {
                let key = Arc::new(load()?);
                self.kept().insert(project, generation, key.clone());
                Ok(key)
            }
        }
    }

    /// Drops every key of a project.
    pub(crate) fn forget(&self, project: ProjectId) {
        self.kept().keys.retain(|(owner, _), _| *owner != project);
    }

    fn find(&self, project: ProjectId, generation: u32) -> Found {
        let now = Instant::now();
        let mut kept = self.kept();
        kept.sweep(now);
        match kept.keys.get(&(project, generation)) {
            Some(e) if now - e.loaded >= LIFETIME => Found::Nothing,
            Some(e) if now - e.checked >= STALENESS => Found::Stale(e.key.clone()),
            Some(e) => Found::Fresh(e.key.clone()),
            None => Found::Nothing,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn confirmed(&mut self, project: ProjectId, generation: u32) {
        if let Some(entry) = self.keys.get_mut(&(project, generation)) {
            entry.checked = Instant::now();
        }
    }

    fn insert(&mut self, project: ProjectId, generation: u32, key: Arc<ProjectKey>) {
        if self.keys.len() >= KEPT {
            self.drop_oldest(KEPT / 10);
        }
        let now = Instant::now();
        self.keys.insert((project, generation), Entry { key, loaded: now, checked: now });
    }

    fn drop_oldest(&mut self, count: usize) {
        let mut ages: Vec<_> = self.keys.iter().map(|(id, e)| (e.loaded, *id)).collect();
        ages.sort_unstable_by_key(|(loaded, _)| *loaded);
        for (_, id) in ages.into_iter().take(count) {
            self.keys.remove(&id);
        }
    }

    /// Wipes what nobody asked for in its lifetime.
    fn sweep(&mut self, now: Instant) {
        if now - self.swept >= LIFETIME / 10 {
            self.keys.retain(|_, entry| now - entry.loaded < LIFETIME);
            self.swept = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, ErrorKind};
    use strongroom_backend::SecretBytes;

    fn key() -> Result<ProjectKey> {
        Ok(ProjectKey::new(1, SecretBytes::random(32)?))
    }

    fn refused() -> Error {
        Error::new(ErrorKind::NotFound, "destroyed", "make another")
    }

    #[test]
    fn a_fresh_key_is_neither_loaded_nor_confirmed_again() {
        let keys = ProjectKeys::new();
        let project = ProjectId::random().unwrap();
        keys.get(project, 1, || unreachable!(), key).unwrap();
        keys.get(project, 1, || unreachable!(), || unreachable!()).unwrap();
    }

    #[test]
    fn a_stale_key_that_is_not_confirmed_is_forgotten() {
        let keys = ProjectKeys::new();
        let project = ProjectId::random().unwrap();
        keys.get(project, 1, || unreachable!(), key).unwrap();
        for entry in keys.kept().keys.values_mut() {
            entry.checked -= STALENESS;
        }
        assert!(keys.get(project, 1, || Err(refused()), key).is_err());
        assert!(keys.get(project, 1, || unreachable!(), || Err(refused())).is_err());
    }

    #[test]
    fn the_cache_never_grows_past_its_bound() {
        let keys = ProjectKeys::new();
        for _ in 0..KEPT + 5 {
            keys.get(ProjectId::random().unwrap(), 1, || unreachable!(), key).unwrap();
        }
        assert!(keys.kept().keys.len() <= KEPT);
    }
}
