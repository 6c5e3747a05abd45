//! A place of its own for each payload of a check.

use crate::{
    Backend, Locator, Placement, ProjectId, ProjectKey, Reference, Result, SecretBytes, SecretId,
    StoreId, VersionId, host_micros,
};

/// Random ids and a random project key.
pub(super) struct Site {
    pub(super) reference: Reference,
    pub(super) store: StoreId,
    pub(super) project: ProjectId,
    pub(super) secret: SecretId,
    pub(super) version: VersionId,
    pub(super) key: ProjectKey,
}

impl Site {
    pub(super) fn new() -> Result<Site> {
        let now = host_micros();
        Ok(Site {
            reference: Reference::at(now)?,
            store: StoreId::random()?,
            project: ProjectId::random()?,
            secret: SecretId::at(now)?,
            version: VersionId::at(now)?,
            key: ProjectKey::new(1, SecretBytes::random(32)?),
        })
    }

    pub(super) fn several(count: usize) -> Result<Vec<Site>> {
        (0..count).map(|_| Site::new()).collect()
    }

    pub(super) fn placement(&self) -> Placement<'_> {
        Placement {
            reference: self.reference,
            store: self.store,
            project: self.project,
            secret: self.secret,
            version: self.version,
            key: &self.key,
        }
    }

    /// Stores random bytes here.
    pub(super) fn fill(&self, backend: &dyn Backend, len: usize) -> Result<(SecretBytes, Locator)> {
        let payload = SecretBytes::random(len)?;
        let locator = backend.store(&self.placement(), &payload)?;
        Ok((payload, locator))
    }
}
