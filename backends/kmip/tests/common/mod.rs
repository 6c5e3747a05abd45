//! Payloads, and places for them. Not every test uses all of it.
#![allow(dead_code)]

pub(crate) mod python;

use std::sync::Arc;

use strongroom_backend::{
    Locator, PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretBytes, SecretId,
    StoreId, VersionId, host_micros,
};
use strongroom_enveloped::Enveloped;
use strongroom_kmip::{KmipClient, KmipSettings, KmipShelf, Namespace};

/// A place of its own for one payload.
pub(crate) struct Site {
    pub(crate) reference: Reference,
    store: StoreId,
    project: ProjectId,
    secret: SecretId,
    version: VersionId,
    payload_type: PayloadType,
    key: ProjectKey,
}

impl Site {
    pub(crate) fn new() -> Site {
        Site::of(PayloadType::Passphrase)
    }

    pub(crate) fn of(payload_type: PayloadType) -> Site {
        let now = host_micros();
        Site {
            reference: Reference::at(now).unwrap(),
            store: StoreId::random().unwrap(),
            project: ProjectId::random().unwrap(),
            secret: SecretId::at(now).unwrap(),
            version: VersionId::at(now).unwrap(),
            payload_type,
            key: ProjectKey::new(1, SecretBytes::random(32).unwrap()),
        }
    }

    pub(crate) fn placement(&self) -> Placement<'_> {
        Placement {
            reference: self.reference,
            store: self.store,
            project: self.project,
            secret: self.secret,
            version: self.version,
            payload_type: self.payload_type,
            key: &self.key,
        }
    }

    pub(crate) fn target(&self, locator: &Locator) -> (Reference, Locator) {
        (self.reference, locator.clone())
    }
}

pub(crate) fn client(settings: KmipSettings) -> Arc<KmipClient> {
    Arc::new(KmipClient::new(settings).unwrap())
}

pub(crate) fn namespace(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}

/// Envelopes on the server that these settings name.
pub(crate) fn envelopes(settings: KmipSettings) -> Enveloped<KmipShelf> {
    Enveloped::new(KmipShelf::new(client(settings), namespace("test")))
}

pub(crate) fn secret(bytes: &[u8]) -> SecretBytes {
    SecretBytes::copy_of(bytes).unwrap()
}
