//! Destroying objects.

use strongroom_backend::{Destroyed, Error, ErrorKind, Locator, Reference, Result, step};

use crate::KmipClient;
use crate::attributes::{Attribute, Found};
use crate::enumerations::RevocationReasonCode;
use crate::failure::Effect;
use crate::locate::{BATCH, attributes_of};
use crate::locators::Place;
use crate::message::{AfterFailure, Outcome, Response};
use crate::objects::Objects;
use crate::operations::{Destroy, Locate, Request, Revoke};
use crate::ttlv::Tag;

impl Objects {
    /// Destroys what is kept under these references, however often it is there. What was adopted is
    /// somebody else's, and stays.
    pub(crate) fn remove(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        let stand_ins = self.client.stand_ins();
        let mut ours = Vec::with_capacity(targets.len());
        for (reference, locator) in targets {
            match Place::of(locator)? {
                Place::Adopted(_) => {}
                Place::Ours(identifier) => ours.push((*reference, Some(identifier.to_string()))),
                Place::Unknown => ours.push((*reference, None)),
            }
        }
        let mut destroyed = 0;
        for some in ours.chunks(BATCH) {
            let names: Vec<String> =
                some.iter().map(|(reference, _)| self.namespace.payload(*reference)).collect();
            let mut identifiers = self.located(&names)?;
            let mut others: Vec<String> =
                some.iter().filter_map(|(_, identifier)| identifier.clone()).collect();
            others.retain(|identifier| !identifiers.contains(identifier));
            identifiers.extend(self.with_a_name(others, &names)?);
            identifiers.sort_unstable();
            identifiers.dedup();
            destroyed += remove(&self.client, &identifiers)?;
        }
        if destroyed < ours.len() && self.client.stand_ins() != stand_ins {
            let why = "the first KMIP server did not answer, and another does not have all of them";
            return Ok(Destroyed::Remains(why.into()));
        }
        Ok(Destroyed::Gone)
    }

    /// Those of these objects that have one of these names. The others are not ours to destroy:
    /// `get_named` says how their identifiers come into our locators.
    fn with_a_name(&self, identifiers: Vec<String>, names: &[String]) -> Result<Vec<String>> {
        let found = attributes_of(&self.client, &identifiers, &[Tag::NAME])?;
        let is_ours = |found: &Found| found.names.iter().any(|name| names.contains(name));
        let all = identifiers.into_iter().zip(found);
        Ok(all.filter(|(_, found)| found.as_ref().is_some_and(is_ours)).map(|(id, _)| id).collect())
    }

    fn located(&self, names: &[String]) -> Result<Vec<String>> {
        let attributes: Vec<_> = names.iter().map(|name| [Attribute::Name(name)]).collect();
        let asked: Vec<_> =
            attributes.iter().map(|attributes| Locate { attributes, offset: 0 }).collect();
        let batch: Vec<&dyn Request> = asked.iter().map(|one| one as &dyn Request).collect();
        let response = self.client.batch(&batch, AfterFailure::Continue, Effect::Nothing)?;
        let mut found = Vec::new();
        for at in 0..batch.len() {
            found.extend(response.answer::<Locate<'_>>(at)?.identifiers);
        }
        Ok(found)
    }
}

/// Destroys these objects, and tells how many of them were still there.
pub(crate) fn remove(client: &KmipClient, identifiers: &[String]) -> Result<usize> {
    let mut destroyed = 0;
    for some in identifiers.chunks(BATCH / 2) {
        let reason = RevocationReasonCode::CessationOfOperation;
        let revoke: Vec<_> = some.iter().map(|identifier| Revoke { identifier, reason }).collect();
        let destroy: Vec<_> = some.iter().map(|identifier| Destroy { identifier }).collect();
        let mut batch: Vec<&dyn Request> = Vec::with_capacity(2 * some.len());
        for (revoke, destroy) in revoke.iter().zip(&destroy) {
            // An Active object must be revoked first. One that is not, or has no state, refuses that,
            // and is destroyed all the same.
            batch.push(revoke);
            batch.push(destroy);
        }
        let response = client.batch(&batch, AfterFailure::Continue, Effect::SameTwice)?;
        for (at, (revoke, destroy)) in revoke.iter().zip(&destroy).enumerate() {
            let mut fate = fate(&response, 2 * at + 1)?;
            if fate == Fate::LeftOut {
                fate = destroy_alone(client, revoke, destroy)?;
            }
            match fate {
                Fate::Destroyed => destroyed += 1,
                Fate::NotThere => {}
                Fate::LeftOut => return Err(left_undone()),
            }
        }
    }
    step("kmip.destroyed");
    Ok(destroyed)
}

/// For a server that stops at the first refusal, whatever it was asked for.
fn destroy_alone(client: &KmipClient, revoke: &Revoke<'_>, destroy: &Destroy<'_>) -> Result<Fate> {
    client.batch(&[revoke], AfterFailure::Stop, Effect::SameTwice)?;
    let alone = client.batch(&[destroy], AfterFailure::Stop, Effect::SameTwice)?;
    fate(&alone, 0)
}

/// What became of an object that was to be destroyed.
#[derive(PartialEq, Eq)]
enum Fate {
    Destroyed,
    NotThere,
    /// The server did not even try.
    LeftOut,
}

fn fate(response: &Response, at: usize) -> Result<Fate> {
    match response.result(at)? {
        Outcome::Done(_) => Ok(Fate::Destroyed),
        Outcome::Refused(refusal) if refusal.is_not_found() => Ok(Fate::NotThere),
        Outcome::Refused(refusal) => Err(refusal.into_error()),
        Outcome::Undone => Ok(Fate::LeftOut),
    }
}

fn left_undone() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the KMIP server did not say whether it destroyed an object",
        "try again; look into the server's log",
    )
}
