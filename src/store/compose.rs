//! The one place that names concrete backends: from the config to what it describes.

use std::sync::Arc;

use strongroom_backend::{Backend, KeyBackend, RootKeyId};

use super::Slot;
use super::databases::{self, Access};
use super::key_backends::of_backend;
use super::rotation::add_root_key;
use super::tokens::Tokens;
use crate::config::{
    BackendConfig, KeyConfig, KmipConfig, PlaintextType, SymmetricKeys, TokenConfig,
};
use crate::metadata::Metadata;
#[cfg(not(all(feature = "software", feature = "pkcs11", feature = "kmip")))]
use crate::not_built::not_built;
use crate::{Config, Result};

/// The root key that a new key backend begins with.
const FIRST_ROOT_KEY: &str = "root-1";

/// Opens the metadata database of a config.
pub(super) fn open_metadata(config: &Config) -> Result<Box<dyn Metadata>> {
    databases::metadata(&config.metadata, Access::Open)
}

/// Makes the metadata database of a config.
pub(super) fn create_metadata(config: &Config) -> Result<Box<dyn Metadata>> {
    databases::metadata(&config.metadata, Access::Create)
}

/// Opens every backend of a config.
pub(super) fn open_backends(config: &Config, tokens: &Tokens) -> Result<Vec<Slot>> {
    slots(config, |backend| self::backend(backend, Access::Open, tokens))
}

/// Makes every backend of a config.
pub(super) fn create_backends(config: &Config, tokens: &Tokens) -> Result<Vec<Slot>> {
    slots(config, |backend| self::backend(backend, Access::Create, tokens))
}

/// One backend. What is in a token or on a server needs no making.
fn backend(backend: &BackendConfig, access: Access, tokens: &Tokens) -> Result<Box<dyn Backend>> {
    match backend {
        BackendConfig::Enveloped { shelf, .. } => databases::enveloped(shelf, access),
        BackendConfig::Pkcs11Objects { token, symmetric_keys, .. } => {
            open_token_objects(token, *symmetric_keys, tokens)
        }
        BackendConfig::KmipObjects { server, plaintext_objects, plaintext_type, .. } => {
            let plaintext = plaintext_objects.then_some(*plaintext_type);
            open_kmip_objects(server, plaintext, tokens)
        }
    }
}

fn slots(
    config: &Config,
    make: impl Fn(&BackendConfig) -> Result<Box<dyn Backend>>,
) -> Result<Vec<Slot>> {
    let slot = |(name, backend): (&String, &BackendConfig)| {
        Ok(Slot {
            name: name.clone(),
            backend: make(backend).map_err(|e| of_backend(name, e))?,
            key_backend: config.key_backend_of(name).to_owned(),
            checked: Default::default(),
        })
    };
    config.backends.iter().map(slot).collect()
}

/// A key backend, and its first root key for this store.
pub(super) type Created = (Arc<dyn KeyBackend>, RootKeyId);

/// Opens a key backend. Never makes a key.
pub(super) fn open_key_backend(key: &KeyConfig, tokens: &Tokens) -> Result<Arc<dyn KeyBackend>> {
    #[cfg(not(any(feature = "pkcs11", feature = "kmip")))]
    let _ = tokens;
    match key {
        #[cfg(feature = "software")]
        KeyConfig::Software { keyring, keyring_permissions } => {
            use strongroom_software::SoftwareKeys;
            let permissions = permissions_of(*keyring_permissions);
            Ok(Arc::new(SoftwareKeys::open(std::path::Path::new(keyring), permissions)?))
        }
        #[cfg(not(feature = "software"))]
        KeyConfig::Software { .. } => Err(not_built("software key backend", "software")),
        #[cfg(feature = "pkcs11")]
        KeyConfig::Pkcs11 { token, key_location } => {
            use strongroom_pkcs11::{KeyLocation, Pkcs11Keys};
            let location = match key_location {
                crate::config::KeyLocation::Envelope => KeyLocation::Envelope,
                crate::config::KeyLocation::Device => KeyLocation::Device,
            };
            Ok(Arc::new(Pkcs11Keys::open(tokens.open(token)?, location)?))
        }
        #[cfg(not(feature = "pkcs11"))]
        KeyConfig::Pkcs11 { .. } => Err(not_built("PKCS#11 key backend", "pkcs11")),
        #[cfg(feature = "kmip")]
        KeyConfig::Kmip { server, root_key } => {
            use strongroom_kmip::{KmipKeys, RootKeyUse};
            let root_key_use = match root_key {
                crate::config::RootKeyUse::InServer => RootKeyUse::InServer,
                crate::config::RootKeyUse::Fetched => RootKeyUse::Fetched,
            };
            let client = tokens.key_managers.client(server)?;
            Ok(Arc::new(KmipKeys::new(client, super::kmip::namespace(server)?, root_key_use)))
        }
        #[cfg(not(feature = "kmip"))]
        KeyConfig::Kmip { .. } => Err(not_built("KMIP key backend", "kmip")),
    }
}

/// Whether a key backend is yet to be made before a key can be: a keyring file that is not there.
pub(super) fn is_to_be_made(key: &KeyConfig) -> bool {
    match key {
        KeyConfig::Software { keyring, .. } => {
            std::path::Path::new(keyring).symlink_metadata().is_err()
        }
        KeyConfig::Pkcs11 { .. } | KeyConfig::Kmip { .. } => false,
    }
}

/// Makes a key backend that is not there, with its first root key.
pub(super) fn create_key_backend(
    key: &KeyConfig,
    first: &RootKeyId,
    tokens: &Tokens,
) -> Result<Arc<dyn KeyBackend>> {
    match key {
        #[cfg(feature = "software")]
        KeyConfig::Software { keyring, .. } => {
            let keyring = std::path::Path::new(keyring);
            Ok(Arc::new(strongroom_software::SoftwareKeys::create(keyring, first)?))
        }
        _ => {
            let backend = open_key_backend(key, tokens)?;
            backend.create_root_key(first)?;
            Ok(backend)
        }
    }
}

/// Makes the first root key of a new store, and its key backend where that is not there.
pub(super) fn create_first_key(key: &KeyConfig, tokens: &Tokens) -> Result<Created> {
    if matches!(key, KeyConfig::Software { .. }) {
        let first = RootKeyId::new(FIRST_ROOT_KEY)?;
        return Ok((create_key_backend(key, &first, tokens)?, first));
    }
    let backend = open_key_backend(key, tokens)?;
    let first = add_root_key(&*backend, &[])?;
    Ok((backend, first))
}

#[cfg(feature = "software")]
fn permissions_of(
    permissions: crate::config::KeyringPermissions,
) -> strongroom_software::KeyringPermissions {
    use crate::config::KeyringPermissions as Ours;
    use strongroom_software::KeyringPermissions;
    match permissions {
        Ours::Owner => KeyringPermissions::Owner,
        Ours::Group => KeyringPermissions::Group,
        Ours::Any => KeyringPermissions::Any,
    }
}

#[cfg(feature = "pkcs11")]
fn open_token_objects(
    token: &TokenConfig,
    symmetric_keys: SymmetricKeys,
    tokens: &Tokens,
) -> Result<Box<dyn Backend>> {
    use strongroom_pkcs11::{ObjectKind, ObjectSettings, Pkcs11Objects};
    let symmetric_keys = match symmetric_keys {
        SymmetricKeys::Data => ObjectKind::Data,
        SymmetricKeys::SecretKey => ObjectKind::SecretKey,
    };
    let settings = ObjectSettings { symmetric_keys, ..ObjectSettings::default() };
    Ok(Box::new(Pkcs11Objects::open(tokens.open(token)?, settings)?))
}

#[cfg(not(feature = "pkcs11"))]
fn open_token_objects(_: &TokenConfig, _: SymmetricKeys, _: &Tokens) -> Result<Box<dyn Backend>> {
    Err(not_built("PKCS#11 object backend", "pkcs11"))
}

/// Payloads in the clear where a type for them is given, and else envelopes.
#[cfg(feature = "kmip")]
fn open_kmip_objects(
    server: &KmipConfig,
    plaintext: Option<PlaintextType>,
    tokens: &Tokens,
) -> Result<Box<dyn Backend>> {
    use strongroom_enveloped::Enveloped;
    use strongroom_kmip::{KmipObjects, KmipShelf, PlaintextType as Type};
    let (client, namespace) =
        (tokens.key_managers.client(server)?, super::kmip::namespace(server)?);
    let plaintext = match plaintext {
        None => return Ok(Box::new(Enveloped::new(KmipShelf::new(client, namespace)))),
        Some(PlaintextType::Fitting) => Type::Fitting,
        Some(PlaintextType::SecretData) => Type::SecretData,
        Some(PlaintextType::SymmetricKey) => Type::SymmetricKey,
        Some(PlaintextType::PrivateKey) => Type::PrivateKey,
        Some(PlaintextType::PublicKey) => Type::PublicKey,
        Some(PlaintextType::Certificate) => Type::Certificate,
        Some(PlaintextType::OpaqueObject) => Type::OpaqueObject,
    };
    Ok(Box::new(KmipObjects::new(client, namespace, plaintext)))
}

#[cfg(not(feature = "kmip"))]
fn open_kmip_objects(
    _: &KmipConfig,
    _: Option<PlaintextType>,
    _: &Tokens,
) -> Result<Box<dyn Backend>> {
    Err(not_built("KMIP object backend", "kmip"))
}
