//! A place with ids that stay the same.

use strongroom_backend::{
    PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretBytes, SecretId, StoreId,
    VersionId,
};

/// The project key of bytes 0x20, 0x21, … in generation 7.
pub(crate) fn project_key() -> ProjectKey {
    let bytes: Vec<u8> = (0x20..0x40).collect();
    ProjectKey::new(7, SecretBytes::copy_of(&bytes).unwrap())
}

/// Store 11…, project 22…, secret 33…, version 44…, and this reference.
pub(crate) fn place(reference: u8, key: &ProjectKey) -> Placement<'_> {
    Placement {
        reference: Reference::from_bytes([reference; 16]),
        store: StoreId::from_bytes([0x11; 16]),
        project: ProjectId::from_bytes([0x22; 16]),
        secret: SecretId::from_bytes([0x33; 16]),
        version: VersionId::from_bytes([0x44; 16]),
        payload_type: PayloadType::Opaque,
        key,
    }
}
