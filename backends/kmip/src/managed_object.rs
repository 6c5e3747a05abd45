//! Managed objects (KMIP 1.4 section 2.2).

use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use crate::asymmetric::{KeyAlgorithm, private_key, public_key};
use crate::enumerations::{
    AES, OPAQUE, OPAQUE_EXTENSION, ObjectType, PASSWORD, PKCS_8, RAW, SUBJECT_PUBLIC_KEY_INFO,
    X_509, object_type_name,
};
use crate::ttlv::{Encoder, Structure, Tag};

/// An object to be registered: its type and its bytes.
#[derive(Clone, Copy)]
pub(crate) struct ManagedObject<'a> {
    pub(crate) object_type: ObjectType,
    pub(crate) value: &'a [u8],
}

impl ManagedObject<'_> {
    pub(crate) fn encode(&self, to: &mut Encoder) {
        match self.object_type {
            ObjectType::SecretData => to.structure(Tag::SECRET_DATA, |to| {
                to.enumeration(Tag::SECRET_DATA_TYPE, PASSWORD);
                self.key_block(to, OPAQUE, None);
            }),
            ObjectType::SymmetricKey => to.structure(Tag::SYMMETRIC_KEY, |to| {
                let bits = i32::try_from(self.value.len() * 8).unwrap_or(i32::MAX);
                self.key_block(to, RAW, Some(KeyAlgorithm { number: AES, bits }));
            }),
            ObjectType::PrivateKey => to.structure(Tag::PRIVATE_KEY, |to| {
                self.key_block(to, PKCS_8, private_key(self.value));
            }),
            ObjectType::PublicKey => to.structure(Tag::PUBLIC_KEY, |to| {
                self.key_block(to, SUBJECT_PUBLIC_KEY_INFO, public_key(self.value));
            }),
            ObjectType::OpaqueObject => to.structure(Tag::OPAQUE_OBJECT, |to| {
                to.enumeration(Tag::OPAQUE_DATA_TYPE, OPAQUE_EXTENSION);
                to.bytes(Tag::OPAQUE_DATA_VALUE, self.value);
            }),
            ObjectType::Certificate => to.structure(Tag::CERTIFICATE, |to| {
                to.enumeration(Tag::CERTIFICATE_TYPE, X_509);
                to.bytes(Tag::CERTIFICATE_VALUE, self.value);
            }),
        }
    }

    fn key_block(&self, to: &mut Encoder, format: u32, algorithm: Option<KeyAlgorithm>) {
        to.structure(Tag::KEY_BLOCK, |to| {
            to.enumeration(Tag::KEY_FORMAT_TYPE, format);
            to.structure(Tag::KEY_VALUE, |to| to.bytes(Tag::KEY_MATERIAL, self.value));
            if let Some(KeyAlgorithm { number, bits }) = algorithm {
                to.enumeration(Tag::CRYPTOGRAPHIC_ALGORITHM, number);
                to.integer(Tag::CRYPTOGRAPHIC_LENGTH, bits);
            }
        });
    }
}

/// The bytes of the object in the answer to Get, whatever its type is.
pub(crate) fn value_of(payload: Structure<'_>) -> Result<SecretBytes> {
    const IN_KEY_BLOCKS: [Tag; 4] =
        [Tag::SECRET_DATA, Tag::SYMMETRIC_KEY, Tag::PRIVATE_KEY, Tag::PUBLIC_KEY];
    const PLAIN: [(Tag, Tag); 2] =
        [(Tag::OPAQUE_OBJECT, Tag::OPAQUE_DATA_VALUE), (Tag::CERTIFICATE, Tag::CERTIFICATE_VALUE)];
    for tag in IN_KEY_BLOCKS {
        if let Some(object) = payload.find(tag) {
            let block = object.structure()?.get(Tag::KEY_BLOCK)?.structure()?;
            return key_material(block);
        }
    }
    for (tag, value) in PLAIN {
        if let Some(object) = payload.find(tag) {
            return SecretBytes::copy_of(object.structure()?.get(value)?.bytes()?);
        }
    }
    let found = payload.get(Tag::OBJECT_TYPE)?.enumeration()?;
    Err(unusable(&format!("it is a {}", object_type_name(found))))
}

fn key_material(block: Structure<'_>) -> Result<SecretBytes> {
    if block.find(Tag::KEY_WRAPPING_DATA).is_some() {
        return Err(unusable("the server hands it out wrapped only"));
    }
    let value = block.get(Tag::KEY_VALUE)?.structure()?;
    match value.get(Tag::KEY_MATERIAL)?.bytes() {
        Ok(bytes) => SecretBytes::copy_of(bytes),
        // A transparent key: a structure of numbers.
        Err(_) => Err(unusable("its key is not given as bytes")),
    }
}

fn unusable(why: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("an object of the server cannot be used as a payload: {why}"),
        "check its unique identifier with the tools of the server",
    )
}
