//! Getting payloads.

use strongroom_backend::{Error, ErrorKind, Locator, Reference, Result, SecretBytes};

use crate::attributes::Attribute;
use crate::failure::Effect;
use crate::locate::locate;
use crate::locators::Place;
use crate::message::{AfterFailure, Failed};
use crate::objects::Objects;
use crate::operations::{Get, GetAttributes};
use crate::ttlv::Tag;

/// What tells that an object is the one that was asked for.
#[derive(Clone, Copy)]
pub(crate) enum KnownBy {
    /// Its name on the server.
    Name,
    /// Its bytes: an envelope that was sealed for another reference does not open.
    Content,
}

impl Objects {
    /// Brings the bytes back: one round trip where the locator is known. `NotFound` when there are none.
    pub(crate) fn get(
        &self,
        reference: Reference,
        locator: &Locator,
        known_by: KnownBy,
    ) -> Result<SecretBytes> {
        let name = self.namespace.payload(reference);
        let stand_ins = self.client.stand_ins();
        let identifiers = match Place::of(locator)? {
            Place::Ours(identifier) => vec![identifier.to_string()],
            Place::Unknown => locate(&self.client, &[Attribute::Name(&name)])?,
            Place::Adopted(adopted) => {
                return self
                    .get_adopted(&adopted)
                    .map_err(|error| self.unless_it_lags(stand_ins, adopted.identifier, error));
            }
        };
        for identifier in &identifiers {
            let found = match known_by {
                KnownBy::Name => self.get_named(identifier, &name)?,
                KnownBy::Content => self.get_any(identifier)?,
            };
            if let Some(value) = found {
                return Ok(value);
            }
        }
        let missing = Error::new(
            ErrorKind::NotFound,
            format!("the KMIP server has no object {name}"),
            "run `strongroom doctor`; check that it is the right server, and the namespace",
        );
        Err(self.unless_it_lags(stand_ins, &name, missing))
    }

    /// What does not say `NotFound` when another server than the first answered since `stand_ins` were
    /// counted: the first may have what was looked for.
    pub(crate) fn unless_it_lags(&self, stand_ins: u64, object: &str, error: Error) -> Error {
        if error.kind() != ErrorKind::NotFound || self.client.stand_ins() == stand_ins {
            return error;
        }
        Error::new(
            ErrorKind::Unavailable,
            format!("the first KMIP server did not answer, and another has no object {object}"),
            "try again when the first server answers",
        )
    }

    fn get_any(&self, identifier: &str) -> Result<Option<SecretBytes>> {
        match self.client.ask(&Get { identifier }) {
            Ok(value) => Ok(Some(value)),
            Err(Failed::Refused(refusal)) if refusal.is_not_found() => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    /// The bytes of an object, if it is there and has this name.
    ///
    /// A server that came back from a backup gives its identifiers out again, so that the one in a
    /// locator may be another object's by now. The name never is: it is looked at in the same round trip.
    pub(crate) fn get_named(&self, identifier: &str, name: &str) -> Result<Option<SecretBytes>> {
        let get = Get { identifier };
        let get_name = GetAttributes { identifier, wanted: &[Tag::NAME] };
        let response =
            self.client.batch(&[&get, &get_name], AfterFailure::Stop, Effect::Nothing)?;
        let value = match response.answer::<Get<'_>>(0) {
            Ok(value) => value,
            Err(Failed::Refused(refusal)) if refusal.is_not_found() => return Ok(None),
            Err(failed) => return Err(failed.into()),
        };
        let found = match response.answer::<GetAttributes<'_>>(1) {
            Ok(found) => found,
            // Somebody destroyed it in between.
            Err(Failed::Refused(refusal)) if refusal.is_not_found() => return Ok(None),
            Err(failed) => return Err(failed.into()),
        };
        Ok(Some(value).filter(|_| found.names.iter().any(|found| found == name)))
    }
}
