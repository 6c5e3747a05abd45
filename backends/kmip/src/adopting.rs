//! Objects that others made, as payloads.
//!
//! Nothing is written to them, so nothing is left of an adoption that is cut off, and whoever made them
//! goes on as before. What tells that an identifier means the same object still is the moment at which
//! the server made it (Initial Date): a server that came back from a backup gives its identifiers out
//! again. What tells that its owner put nothing else into it is the SHA-256 of its bytes.

use sha2::{Digest, Sha256};
use strongroom_backend::{Adopted, Error, ErrorKind, PayloadType, Result, SecretBytes};

use crate::attributes::Found;
use crate::enumerations::{ObjectType, State, object_type_name};
use crate::failure::Effect;
use crate::locate::attributes_of;
use crate::locators::{AdoptedObject, IDENTIFIER_LIMIT, Place};
use crate::message::{AfterFailure, Failed};
use crate::namespace;
use crate::objects::Objects;
use crate::operations::{Get, GetAttributes};
use crate::reasons::one_line;
use crate::ttlv::Tag;

impl Objects {
    /// Takes the object with this identifier, if it is one that may be used as a payload.
    pub(crate) fn adopt(&self, identifier: &str) -> Result<Adopted> {
        check_identifier(identifier)?;
        let stand_ins = self.client.stand_ins();
        self.adopt_named(identifier)
            .map_err(|error| self.unless_it_lags(stand_ins, identifier, error))
    }

    fn adopt_named(&self, identifier: &str) -> Result<Adopted> {
        let wanted = [Tag::OBJECT_TYPE, Tag::NAME, Tag::STATE, Tag::INITIAL_DATE];
        let found = attributes_of(&self.client, &[identifier.to_string()], &wanted)?;
        let found = found.into_iter().next().flatten().ok_or_else(|| missing(identifier))?;
        check_nobody_elses(identifier, &found)?;
        check_state(identifier, found.state)?;
        let payload_type = payload_type(identifier, found.object_type)?;
        let initial_date = found.initial_date.ok_or_else(|| undated(identifier))?;
        let value = self.get_made_at(identifier, initial_date)?;
        let digest = digest(&value);
        let locator = Place::Adopted(AdoptedObject { identifier, initial_date, digest }).locator();
        Ok(Adopted { locator, size: value.len(), payload_type })
    }

    /// The bytes of an object that was adopted, in one round trip.
    pub(crate) fn get_adopted(&self, adopted: &AdoptedObject<'_>) -> Result<SecretBytes> {
        let value = self.get_made_at(adopted.identifier, adopted.initial_date)?;
        if digest(&value) == adopted.digest { Ok(value) } else { Err(changed(adopted.identifier)) }
    }

    /// The bytes of an object, if it was made at this moment.
    fn get_made_at(&self, identifier: &str, initial_date: i64) -> Result<SecretBytes> {
        let get = Get { identifier };
        let get_date = GetAttributes { identifier, wanted: &[Tag::INITIAL_DATE] };
        let response =
            self.client.batch(&[&get, &get_date], AfterFailure::Stop, Effect::Nothing)?;
        let gone = |failed| match failed {
            Failed::Refused(refusal) if refusal.is_not_found() => missing(identifier),
            failed => Error::from(failed),
        };
        let value = response.answer::<Get<'_>>(0).map_err(gone)?;
        let found = response.answer::<GetAttributes<'_>>(1).map_err(gone)?;
        if found.initial_date == Some(initial_date) { Ok(value) } else { Err(missing(identifier)) }
    }
}

fn digest(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}

fn check_identifier(identifier: &str) -> Result<()> {
    let is_short = (1..=IDENTIFIER_LIMIT).contains(&identifier.len());
    if is_short && !identifier.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        format!("this is no unique identifier: it has {} bytes", identifier.len()),
        format!("give 1 to {IDENTIFIER_LIMIT} bytes, as the server's own tools show it"),
    ))
}

/// Payloads, markers and root keys of a store are never adopted, by that store or another.
fn check_nobody_elses(identifier: &str, found: &Found) -> Result<()> {
    match found.names.iter().find(|name| namespace::is_of_a_store(name)) {
        None => Ok(()),
        Some(name) => Err(Error::new(
            ErrorKind::Conflict,
            format!("the object {identifier} belongs to a store: it is {}", one_line(name)),
            "adopt objects that no store has made",
        )),
    }
}

/// Opaque objects have no state.
fn check_state(identifier: &str, state: Option<State>) -> Result<()> {
    match state {
        None | Some(State::PreActive | State::Active) => Ok(()),
        Some(state) => Err(Error::new(
            ErrorKind::NotActive,
            format!("the object {identifier} is {}", state.name()),
            "adopt one that is Pre-Active or Active",
        )),
    }
}

fn payload_type(identifier: &str, object_type: Option<u32>) -> Result<PayloadType> {
    let is = |known: ObjectType| object_type == Some(known as u32);
    for (known, payload_type) in [
        (ObjectType::SecretData, PayloadType::Passphrase),
        (ObjectType::SymmetricKey, PayloadType::SymmetricKey),
        (ObjectType::PrivateKey, PayloadType::PrivateKey),
        (ObjectType::PublicKey, PayloadType::PublicKey),
        (ObjectType::Certificate, PayloadType::Certificate),
        (ObjectType::OpaqueObject, PayloadType::Opaque),
    ] {
        if is(known) {
            return Ok(payload_type);
        }
    }
    let what = object_type.map_or_else(|| "of no type".into(), object_type_name);
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("the object {identifier} cannot be a payload: it is {what}"),
        "adopt Secret Data, a key, a certificate or an Opaque Object",
    ))
}

fn missing(identifier: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!(
            "the KMIP server has no object {identifier}, or not for this client, or another by now"
        ),
        "check the unique identifier with the server's own tools, and who may read the object",
    )
}

fn changed(identifier: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the object {identifier} was changed on the server since it was adopted"),
        "ask whoever owns it; if what it holds now is right, adopt it again",
    )
}

fn undated(identifier: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the KMIP server does not say when the object {identifier} was made"),
        "put the payload instead: without an Initial Date nobody knows that it is the same one later",
    )
}
