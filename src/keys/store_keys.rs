//! The subkeys of the store key: for row MACs, references, name hashes and backups.

use strongroom_backend::{Locator, ProjectId, Reference, SecretBytes, StoreId};
use strongroom_crypto::{Mac, ReferenceCipher, RowMac, hkdf_expand};

use super::KEY_BYTES;
use crate::Result;

/// What authenticates a store's metadata. It protects no payload.
pub(crate) struct StoreKeys {
    store: StoreId,
    row_mac: SecretBytes,
    name_hash: SecretBytes,
    backup: SecretBytes,
    references: ReferenceCipher,
}

impl StoreKeys {
    /// Derives the subkeys of a store key.
    pub(crate) fn derive(store: StoreId, store_key: &SecretBytes) -> Result<StoreKeys> {
        let subkey = |label: &str, len| {
            hkdf_expand(store_key, &[b"strongroom/store/1/", label.as_bytes()], len)
        };
        Ok(StoreKeys {
            store,
            row_mac: subkey("row-mac", KEY_BYTES)?,
            name_hash: subkey("name-hash", KEY_BYTES)?,
            backup: subkey("backup", KEY_BYTES)?,
            references: ReferenceCipher::new(subkey("reference", 64)?, store)?,
        })
    }

    /// The MAC of a row of `table`, to be fed with its columns.
    pub(crate) fn row_mac(&self, table: &str) -> Result<RowMac> {
        RowMac::new(&self.row_mac, self.store, table)
    }

    /// The MAC of a backup file, to be fed with its bytes.
    pub(crate) fn backup_mac(&self) -> Result<Mac> {
        Mac::new(&self.backup)
    }

    /// What a tombstone keeps of a name.
    pub(crate) fn name_hash(&self, project: ProjectId, name: &str) -> Result<[u8; 32]> {
        let mut mac = Mac::new(&self.name_hash)?;
        mac.update(project.as_bytes());
        mac.update(name.as_bytes());
        Ok(mac.finish())
    }

    pub(crate) fn seal_reference(&self, reference: Reference) -> Result<[u8; 32]> {
        self.references.seal_reference(reference)
    }

    pub(crate) fn open_reference(&self, sealed: &[u8]) -> Result<Reference> {
        self.references.open_reference(sealed)
    }

    pub(crate) fn seal_locator(
        &self,
        reference: Reference,
        locator: &Locator,
    ) -> Result<Option<Vec<u8>>> {
        self.references.seal_locator(reference, locator)
    }

    pub(crate) fn open_locator(
        &self,
        reference: Reference,
        sealed: Option<&[u8]>,
    ) -> Result<Locator> {
        self.references.open_locator(reference, sealed)
    }
}
