//! The generations of a project's key: how one begins, and when the next has to.

use strongroom_backend::{KeyId, KeyMaterial, ProjectId, ProjectKey, step};

use super::Session;
use crate::keys::{named_if_missing, new_project_key, project_key_context};
use crate::metadata::encryptions::{self, BLOCK};
use crate::metadata::keys::{self, WrappedKey};
use crate::metadata::projects::{self, Project};
use crate::metadata::root_keys::{self, RootKey};
use crate::metadata::{Queries, Record, clock};
use crate::store::Inner;
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// A wrapped key that is in no row yet.
pub(super) struct NewGeneration {
    key_id: KeyId,
    project: ProjectId,
    generation: u32,
    root: RootKey,
    wrapped: Vec<u8>,
}

impl Session {
    /// Makes a key for a project on `backend` and wraps it under the root key that is active now.
    pub(super) fn new_generation(
        &self,
        backend: &str,
        project: ProjectId,
        generation: u32,
    ) -> Result<NewGeneration> {
        let root = self.inner.active_root(self.inner.slot(backend)?)?;
        let context = project_key_context(self.inner.id, project, generation);
        let key_backend = self.inner.key_backends.get(&root.backend)?;
        let wrapped = new_project_key(&*key_backend, &root.root_key_id, &context)
            .map_err(|e| named_if_missing(&root.root_key_id, e))?;
        Ok(NewGeneration { key_id: KeyId::random()?, project, generation, root, wrapped })
    }

    /// Whether a payload may be encrypted under this key. When a device has done all that it may under
    /// one generation, the next begins, and the answer is no.
    pub(super) fn admit_encryption(&self, project: &Project, key: &ProjectKey) -> Result<bool> {
        if matches!(key.material(), KeyMaterial::Bytes(_)) {
            return Ok(true);
        }
        let (id, generation) = (project.project_id, key.generation());
        let grants = &self.inner.device_grants;
        if grants.take(id, generation) {
            return Ok(true);
        }
        let inner = self.inner.clone();
        let granted = self
            .inner
            .metadata
            .writing(move |q| encryptions::grant(&inner.keys, q, id, generation))?;
        step("put.encryptions-granted");
        if !granted {
            self.begin_next_generation(project, generation)?;
            return Ok(false);
        }
        grants.add(id, generation, BLOCK);
        Ok(grants.take(id, generation))
    }

    /// Closes a generation to new payloads and begins the next, unless somebody else has done so.
    fn begin_next_generation(&self, project: &Project, full: u32) -> Result<()> {
        let next = full.checked_add(1).ok_or_else(|| {
            Error::new(
                ErrorKind::Quota,
                format!("the key of project {} has had every generation", project.name),
                "put into another project",
            )
        })?;
        let new = self.new_generation(&project.backend, project.project_id, next)?;
        let inner = self.inner.clone();
        self.inner.metadata.writing(move |q| {
            let now = clock::tick(&inner.keys, q)?.now;
            let Some(mut project) = projects::by_id(&inner.keys, q, new.project)? else {
                return Ok(());
            };
            if project.generation != full || !new.insert(&inner, q, now)? {
                return Ok(());
            }
            let mut old = keys::of_project(&inner.keys, q, new.project, full)?;
            old.state = KeyState::Deactivated;
            old.update(&inner.keys, q)?;
            project.generation = next;
            project.update(&inner.keys, q)
        })?;
        step("put.generation-begun");
        Ok(())
    }
}

impl NewGeneration {
    /// Adds its row. False when the root key that wrapped it is no longer the active one.
    pub(super) fn insert(&self, inner: &Inner, q: &dyn Queries, now: Timestamp) -> Result<bool> {
        if root_keys::active(&inner.keys, q, &self.root.backend)?.as_ref() != Some(&self.root) {
            return Ok(false);
        }
        let row = WrappedKey {
            key_id: self.key_id,
            project_id: self.project,
            generation: self.generation,
            state: KeyState::Active,
            backend: self.root.backend.clone(),
            root_key_id: self.root.root_key_id.clone(),
            wrapped: self.wrapped.clone(),
            created_at: now,
        };
        row.insert(&inner.keys, q).map(|()| true)
    }
}

#[cfg(feature = "test-hooks")]
impl Session {
    /// Counts all but `rest` of the encryptions that a device may do under a project's generation as
    /// done, for the test of its end.
    #[doc(hidden)]
    pub fn spend_encryptions_but(&self, project: &str, rest: u64) -> Result<()> {
        let (inner, project) = (self.inner.clone(), project.to_owned());
        self.inner.metadata.writing(move |q| {
            let project = projects::require(&inner.keys, q, &project)?;
            let (id, generation) = (project.project_id, project.generation);
            encryptions::spend_all_but(&inner.keys, q, id, generation, rest)
        })
    }
}
