//! Payloads as objects of the server: put, got, removed and listed. What they hold is the business of
//! [`KmipShelf`](crate::KmipShelf) and [`KmipObjects`](crate::KmipObjects).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use strongroom_backend::{Error, ErrorKind, Locator, Reference, Result, SecretBytes, step};

use crate::attributes::Attribute;
use crate::enumerations::{ObjectType, State, usage};
use crate::failure::{Effect, after_a_change, outcome_unknown};
use crate::locate::{attributes_of, locate};
use crate::managed_object::ManagedObject;
use crate::message::{AfterFailure, Failed, Outcome, Response};
use crate::namespace::APPLICATION;
use crate::operations::{Activate, Get, GetAttributes, Locate, Register};
use crate::removal::remove;
use crate::ttlv::Tag;
use crate::turns::Turns;
use crate::{KmipClient, Namespace};

/// What tells that an object is the one that was asked for.
#[derive(Clone, Copy)]
pub(crate) enum KnownBy {
    /// Its name on the server.
    Name,
    /// Its bytes: an envelope that was sealed for another reference does not open.
    Content,
}

/// The objects of one namespace.
pub(crate) struct Objects {
    pub(crate) client: Arc<KmipClient>,
    pub(crate) namespace: Namespace,
    pub(crate) turns: Turns,
    /// Whether the server has refused Application Specific Information.
    plain_names: AtomicBool,
    /// What the pages of a list have in common: identifiers, and the references in their names.
    pub(crate) listed: Mutex<BTreeMap<String, Option<Reference>>>,
    /// The identifier of the marker that was read last.
    pub(crate) marker_read: Mutex<Option<String>>,
}

impl Objects {
    pub(crate) fn new(client: Arc<KmipClient>, namespace: Namespace) -> Objects {
        Objects {
            client,
            namespace,
            turns: Turns::default(),
            plain_names: AtomicBool::new(false),
            listed: Mutex::default(),
            marker_read: Mutex::default(),
        }
    }

    /// Keeps an object under a reference. `AlreadyExists` when one is kept there.
    pub(crate) fn put(&self, reference: Reference, object: ManagedObject<'_>) -> Result<Locator> {
        let name = self.namespace.payload(reference);
        let _turn = self.turns.wait(name.clone());
        match self.register(&name, object) {
            Err(error) if error.kind() == ErrorKind::Timeout => {}
            done => return done,
        }
        // The server may have it. Only if it has not, it is asked once more.
        match self.registered_after_all(&name, object) {
            Ok(Some(identifier)) => Ok(locator(identifier)),
            Ok(None) => self.register(&name, object),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            Err(error) => Err(outcome_unknown(error)),
        }
    }

    /// Registers, and looks whether the name was free; then activates.
    fn register(&self, name: &str, object: ManagedObject<'_>) -> Result<Locator> {
        let informed = !self.plain_names.load(Ordering::Relaxed);
        let mut response = self.register_with(name, object, informed)?;
        if informed && response.is_unsupported()? {
            response = self.register_with(name, object, false)?;
            // Only if that was the reason.
            let is_done = matches!(response.result(0)?, Outcome::Done(_));
            self.plain_names.store(is_done, Ordering::Relaxed);
        }
        step("kmip.registered");
        self.judge(name, object, &response)
    }

    fn register_with(
        &self,
        name: &str,
        object: ManagedObject<'_>,
        informed: bool,
    ) -> Result<Response> {
        let group = self.namespace.payloads();
        let mut attributes = vec![Attribute::Name(name), Attribute::ObjectGroup(&group)];
        if informed {
            let namespace = APPLICATION;
            attributes.push(Attribute::ApplicationSpecificInformation { namespace, data: name });
        }
        if has_state(object.object_type) {
            attributes.push(Attribute::CryptographicUsageMask(usage_of(object.object_type)));
        }
        let register = Register { object, attributes: &attributes };
        let locate = Locate { attributes: &[Attribute::Name(name)], offset: 0 };
        self.client.batch(&[&register, &locate], AfterFailure::Stop, Effect::Once)
    }

    fn judge(&self, name: &str, object: ManagedObject<'_>, response: &Response) -> Result<Locator> {
        let identifier = match response.answer::<Register<'_>>(0) {
            Ok(identifier) => identifier,
            Err(Failed::Refused(refusal)) if refusal.kind() == ErrorKind::AlreadyExists => {
                return Err(taken(name));
            }
            // A server that failed within may have kept it all the same.
            Err(failed) => return Err(after_a_change(failed.into())),
        };
        let named =
            response.answer::<Locate<'_>>(1).map_err(|failed| outcome_unknown(failed.into()))?;
        let named = named.identifiers;
        if named.iter().any(|found| *found != identifier) {
            // Whatever becomes of ours, the name is taken.
            let _ = remove(&self.client, &[identifier]);
            return Err(taken(name));
        }
        if has_state(object.object_type)
            && let Err(error) = self.activate(&identifier).map_err(after_a_change)
        {
            if error.kind() != ErrorKind::Timeout {
                // An error of this must not pass for one of the object's registration.
                let _ = remove(&self.client, &[identifier]);
            }
            return Err(error);
        }
        Ok(locator(identifier))
    }

    /// The object that a request whose outcome is not known left on the server, if it did.
    fn registered_after_all(
        &self,
        name: &str,
        object: ManagedObject<'_>,
    ) -> Result<Option<String>> {
        let found = locate(&self.client, &[Attribute::Name(name)])?;
        for identifier in &found {
            let same = match self.client.ask(&Get { identifier }) {
                Ok(there) => there.equals(object.value),
                Err(Failed::Refused(refusal)) if refusal.is_not_found() => false,
                Err(failed) => return Err(failed.into()),
            };
            if same {
                if has_state(object.object_type) {
                    self.activate(identifier)?;
                }
                return Ok(Some(identifier.clone()));
            }
        }
        if found.is_empty() { Ok(None) } else { Err(taken(name)) }
    }

    /// Makes an object Active, if it is not.
    fn activate(&self, identifier: &str) -> Result<()> {
        let activate = Activate { identifier };
        let response = self.client.batch(&[&activate], AfterFailure::Stop, Effect::SameTwice)?;
        let Outcome::Refused(refusal) = response.result(0)? else { return Ok(()) };
        // Asked again, because an answer was lost, it is Active already.
        let wanted = [Tag::STATE];
        let found = attributes_of(&self.client, &[identifier.to_string()], &wanted)?;
        if found.into_iter().flatten().any(|found| found.state == Some(State::Active)) {
            return Ok(());
        }
        Err(refusal.into_error())
    }

    /// Brings the bytes back: one round trip where the locator is known. `NotFound` when there are none.
    pub(crate) fn get(
        &self,
        reference: Reference,
        locator: &Locator,
        known_by: KnownBy,
    ) -> Result<SecretBytes> {
        let name = self.namespace.payload(reference);
        let stand_ins = self.client.stand_ins();
        let identifiers = match identifier_in(locator)? {
            Some(identifier) => vec![identifier.to_string()],
            None => locate(&self.client, &[Attribute::Name(&name)])?,
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
        if self.client.stand_ins() != stand_ins {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("the first KMIP server did not answer, and another has no object {name}"),
                "try again when the first server answers",
            ));
        }
        Err(Error::new(
            ErrorKind::NotFound,
            format!("the KMIP server has no object {name}"),
            "run `strongroom doctor`; check that it is the right server, and the namespace",
        ))
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
    fn get_named(&self, identifier: &str, name: &str) -> Result<Option<SecretBytes>> {
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

/// Whether objects of this type have a state and a use: all but opaque ones.
fn has_state(object_type: ObjectType) -> bool {
    object_type != ObjectType::OpaqueObject
}

/// Every cryptographic object must have some use.
fn usage_of(object_type: ObjectType) -> i32 {
    match object_type {
        ObjectType::SymmetricKey => usage::ENCRYPT | usage::DECRYPT,
        _ => usage::VERIFY,
    }
}

fn locator(identifier: String) -> Locator {
    Locator::new(identifier.into_bytes())
}

pub(crate) fn identifier_in(locator: &Locator) -> Result<Option<&str>> {
    let text = std::str::from_utf8(locator.as_bytes()).map_err(|_| {
        Error::new(
            ErrorKind::Corrupt,
            "a locator is no identifier of a KMIP server",
            "run `strongroom doctor`",
        )
    })?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn taken(name: &str) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the KMIP server has an object {name} already"),
        "store under a new reference",
    )
}
