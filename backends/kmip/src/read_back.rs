//! Keys that a server gives back in another format than it was given.
//!
//! A server may choose the format in which it hands a key pair's key out when Get names none; from KMIP 2.1
//! on its choice for RSA is PKCS#1, and for elliptic curves a structure of numbers. Get cannot name
//! one: not every object has a format, and a get knows the identifier alone. So each such key is got
//! back before its put is acknowledged, and kept as Secret Data if it comes back as other bytes.

use strongroom_backend::{Error, ErrorKind, Result};

use crate::enumerations::ObjectType;
use crate::failure::{Effect, after_a_change, outcome_unknown};
use crate::managed_object::ManagedObject;
use crate::message::{AfterFailure, Failed};
use crate::objects::Objects;
use crate::operations::Get;
use crate::removal::remove;

/// Whether servers may hand objects of this type out in another format.
pub(crate) fn may_be_converted(object_type: ObjectType) -> bool {
    matches!(object_type, ObjectType::PrivateKey | ObjectType::PublicKey)
}

impl Objects {
    /// Whether an object that was just registered comes back as it was given.
    pub(crate) fn gives_back(&self, identifier: &str, object: ManagedObject<'_>) -> Result<bool> {
        if !may_be_converted(object.object_type) {
            return Ok(true);
        }
        let get = Get { identifier };
        let response = self
            .client
            .batch(&[&get], AfterFailure::Stop, Effect::Nothing)
            .map_err(outcome_unknown)?;
        match response.answer::<Get<'_>>(0) {
            Ok(value) => Ok(value.equals(object.value)),
            // Another server than the one that has it was asked, or somebody destroyed it.
            Err(Failed::Refused(refusal)) if refusal.is_not_found() => {
                Err(outcome_unknown(refusal.into_error()))
            }
            Err(_) => Ok(false),
        }
    }

    /// Destroys what was just registered. Only when that is certain, the payload may be put otherwise.
    pub(crate) fn take_back(&self, identifier: &str) -> Result<()> {
        match remove(&self.client, &[identifier.to_string()]).map_err(after_a_change)? {
            0 => Err(vanished()),
            _ => Ok(()),
        }
    }

    /// Registers as Secret Data, under a name that a destroyed object had.
    pub(crate) fn register_secret_data(
        &self,
        name: &str,
        value: &[u8],
        destroyed: &str,
    ) -> Result<String> {
        let object = ManagedObject { object_type: ObjectType::SecretData, value };
        self.register_named(name, object, Some(destroyed)).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => name_not_free(),
            _ => error,
        })
    }
}

fn vanished() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the KMIP server has no object any more that was just registered",
        "try again; look into the server's log",
    )
}

fn name_not_free() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the KMIP server gives a key back in another format, and frees no name of a destroyed object",
        "set plaintext_type = \"secret-data\" in the config",
    )
}
