//! Putting payloads.

use std::sync::atomic::Ordering;

use strongroom_backend::{Error, ErrorKind, Locator, Reference, Result, step};

use crate::attributes::Attribute;
use crate::enumerations::{ObjectType, State, usage};
use crate::failure::{Effect, after_a_change, outcome_unknown};
use crate::locate::{attributes_of, locate};
use crate::locators::Place;
use crate::managed_object::ManagedObject;
use crate::message::{AfterFailure, Failed, Outcome, Response};
use crate::namespace::APPLICATION;
use crate::objects::Objects;
use crate::operations::{Activate, Get, Locate, Register};
use crate::read_back::may_be_converted;
use crate::removal::remove;
use crate::ttlv::Tag;

/// The state in which an object begins, if it is of a type that has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    Active,
    PreActive,
}

impl Objects {
    /// Keeps an object under a reference. `AlreadyExists` when one is kept there.
    pub(crate) fn put(
        &self,
        reference: Reference,
        object: ManagedObject<'_>,
        begin: Begin,
    ) -> Result<Locator> {
        let activate = begin == Begin::Active && has_state(object.object_type);
        let name = self.namespace.payload(reference);
        let _turn = self.turns.wait(name.clone());
        match self.register(&name, object, activate) {
            Err(error) if error.kind() == ErrorKind::Timeout => {}
            done => return done,
        }
        // The server may have it. Only if it has not, it is asked once more.
        let stand_ins = self.client.stand_ins();
        match self.registered_after_all(&name, object, activate) {
            Ok(Some(identifier)) => Ok(Place::Ours(&identifier).locator()),
            // What another server does not have, the one that was asked may have.
            Ok(None) if self.client.stand_ins() != stand_ins => Err(nobody_knows(&name)),
            Ok(None) => self.register(&name, object, activate),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            Err(error) => Err(outcome_unknown(error)),
        }
    }

    /// Registers an object that comes back as it was given, and activates it if that is wanted.
    fn register(&self, name: &str, object: ManagedObject<'_>, activate: bool) -> Result<Locator> {
        let mut identifier = self.register_named(name, object, None)?;
        if !self.gives_back(&identifier, object)? {
            self.take_back(&identifier)?;
            identifier = self.register_secret_data(name, object.value, &identifier)?;
        }
        if activate && let Err(error) = self.activate(&identifier).map_err(after_registration) {
            if error.kind() != ErrorKind::Timeout {
                // An error of this must not pass for one of the object's registration.
                let _ = remove(&self.client, &[identifier]);
            }
            return Err(error);
        }
        Ok(Place::Ours(&identifier).locator())
    }

    /// Registers, and looks whether the name was free but for an object that was just destroyed: servers
    /// may go on showing that one. Tells the identifier.
    pub(crate) fn register_named(
        &self,
        name: &str,
        object: ManagedObject<'_>,
        destroyed: Option<&str>,
    ) -> Result<String> {
        let informed = !self.plain_names.load(Ordering::Relaxed);
        let mut response = self.register_with(name, object, informed)?;
        if informed && response.is_unsupported()? {
            response = self.register_with(name, object, false)?;
            // Only if that was the reason.
            let is_done = matches!(response.result(0)?, Outcome::Done(_));
            self.plain_names.store(is_done, Ordering::Relaxed);
        }
        step("kmip.registered");
        self.judge(name, destroyed, &response)
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

    fn judge(&self, name: &str, destroyed: Option<&str>, response: &Response) -> Result<String> {
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
        let is_free = |found: &String| *found == identifier || Some(&found[..]) == destroyed;
        if !named.identifiers.iter().all(is_free) {
            // Whatever becomes of ours, the name is taken.
            let _ = remove(&self.client, &[identifier]);
            return Err(taken(name));
        }
        Ok(identifier)
    }

    /// The object that a request whose outcome is not known left on the server, if it did.
    fn registered_after_all(
        &self,
        name: &str,
        object: ManagedObject<'_>,
        activate: bool,
    ) -> Result<Option<String>> {
        let found = locate(&self.client, &[Attribute::Name(name)])?;
        for identifier in &found {
            let same = match self.client.ask(&Get { identifier }) {
                Ok(there) => there.equals(object.value),
                Err(Failed::Refused(refusal)) if refusal.is_not_found() => false,
                Err(failed) => return Err(failed.into()),
            };
            if same {
                if activate {
                    self.activate(identifier)?;
                }
                return Ok(Some(identifier.clone()));
            }
        }
        match found.is_empty() {
            true => Ok(None),
            // What has the name may be this key, in another format.
            false if may_be_converted(object.object_type) => Err(of_other_bytes(name)),
            false => Err(taken(name)),
        }
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
}

/// The error of what follows the registration. An object that is not found may be on the server that
/// registered it and not yet on the one that was asked then.
fn after_registration(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => outcome_unknown(error),
        _ => after_a_change(error),
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
        ObjectType::PrivateKey => usage::SIGN,
        _ => usage::VERIFY,
    }
}

fn taken(name: &str) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the KMIP server has an object {name} already"),
        "store under a new reference",
    )
}

fn of_other_bytes(name: &str) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the KMIP server has an object {name} that cannot be read as it was put"),
        "try again; `strongroom doctor --repair` removes what is left of this",
    )
}

fn nobody_knows(name: &str) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the first KMIP server did not answer, and another has no object {name}"),
        "read back what became of it when the first server answers, then try again",
    )
}
