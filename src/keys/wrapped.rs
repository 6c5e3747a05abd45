//! Wrapped project keys: of bytes that the process sees, or of a key that stays in its device.

use strongroom_backend::{
    DeviceKey, KeyBackend, ProjectKey, Result, RootKeyId, SecretBytes, WrapContext,
};

use super::KEY_BYTES;

/// Makes a project key and wraps it. Where the key backend has a device, the key never leaves that.
pub(crate) fn new_project_key(
    backend: &dyn KeyBackend,
    root: &RootKeyId,
    context: &WrapContext,
) -> Result<Vec<u8>> {
    match backend.device().filter(|_| backend.keeps_keys_in_device()) {
        Some(device) => device.create_key(root, context),
        None => backend.wrap(root, &SecretBytes::random(KEY_BYTES)?, context),
    }
}

/// Opens a wrapped project key, or leaves it to its device.
pub(crate) fn open_project_key(
    backend: &dyn KeyBackend,
    root: &RootKeyId,
    wrapped: &[u8],
    context: &WrapContext,
) -> Result<ProjectKey> {
    if let Some(device) = backend.device().filter(|device| device.is_device_key(wrapped)) {
        let key = DeviceKey::new(device, root.clone(), wrapped.to_vec(), *context);
        return Ok(ProjectKey::in_device(context.generation, key));
    }
    Ok(ProjectKey::new(context.generation, backend.unwrap(root, wrapped, context)?))
}
