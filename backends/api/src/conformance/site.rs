//! A place of its own for each payload of a check.

use std::ops::Deref;
use std::sync::Arc;

use crate::{
    Backend, DeviceCipher, DeviceKey, KeyPurpose, Locator, PayloadType, Placement, ProjectId,
    ProjectKey, Reference, Result, RootKeyId, SecretBytes, SecretId, StoreId, VersionId,
    WrapContext, host_micros,
};

/// A backend, and where the project keys of its placements come from.
pub(super) struct Subject<'a> {
    backend: &'a dyn Backend,
    device: Option<(&'a Arc<dyn DeviceCipher>, &'a RootKeyId)>,
}

impl<'a> Subject<'a> {
    /// With project keys in this process.
    pub(super) fn new(backend: &'a dyn Backend) -> Subject<'a> {
        Subject { backend, device: None }
    }

    /// With project keys that a device makes under `root`.
    pub(super) fn with_device(
        backend: &'a dyn Backend,
        device: &'a Arc<dyn DeviceCipher>,
        root: &'a RootKeyId,
    ) -> Subject<'a> {
        Subject { backend, device: Some((device, root)) }
    }

    fn project_key(&self, store: StoreId, project: ProjectId) -> Result<ProjectKey> {
        let Some((cipher, root)) = self.device else {
            return Ok(ProjectKey::new(1, SecretBytes::random(32)?));
        };
        let purpose = KeyPurpose::ProjectKey;
        let context = WrapContext { store, project, generation: 1, purpose };
        let wrapped = cipher.create_key(root, &context)?;
        let key = DeviceKey::new(cipher.clone(), root.clone(), wrapped, context);
        Ok(ProjectKey::in_device(1, key))
    }
}

impl<'a> Deref for Subject<'a> {
    type Target = dyn Backend + 'a;

    fn deref(&self) -> &(dyn Backend + 'a) {
        self.backend
    }
}

/// Random ids and a random project key.
pub(super) struct Site {
    pub(super) reference: Reference,
    pub(super) store: StoreId,
    pub(super) project: ProjectId,
    pub(super) secret: SecretId,
    pub(super) version: VersionId,
    pub(super) key: Arc<ProjectKey>,
}

impl Site {
    pub(super) fn new(subject: &Subject<'_>) -> Result<Site> {
        let now = host_micros();
        let (store, project) = (StoreId::random()?, ProjectId::random()?);
        Ok(Site {
            reference: Reference::at(now)?,
            store,
            project,
            secret: SecretId::at(now)?,
            version: VersionId::at(now)?,
            key: Arc::new(subject.project_key(store, project)?),
        })
    }

    pub(super) fn several(subject: &Subject<'_>, count: usize) -> Result<Vec<Site>> {
        (0..count).map(|_| Site::new(subject)).collect()
    }

    pub(super) fn placement(&self) -> Placement<'_> {
        Placement {
            reference: self.reference,
            store: self.store,
            project: self.project,
            secret: self.secret,
            version: self.version,
            payload_type: PayloadType::Opaque,
            key: &self.key,
        }
    }

    /// Stores random bytes here.
    pub(super) fn fill(&self, backend: &Subject<'_>, len: usize) -> Result<(SecretBytes, Locator)> {
        let payload = SecretBytes::random(len)?;
        let locator = backend.store(&self.placement(), &payload)?;
        Ok((payload, locator))
    }
}
