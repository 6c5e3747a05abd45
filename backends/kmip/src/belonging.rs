//! Which objects belong to which payloads: nothing is destroyed or revoked before it was looked at.
//!
//! The identifier in a locator may be another object's by now, because a server that came back from a
//! backup gives its identifiers out again. An operator may have renamed what is ours. And a server, or
//! what stands before it, may answer a search with objects that nobody looked for.

use std::collections::BTreeSet;

use strongroom_backend::{Error, ErrorKind, Reference, Result};

use crate::attributes::{Attribute, Found};
use crate::enumerations::{ObjectType, State};
use crate::failure::Effect;
use crate::locate::attributes_of;
use crate::message::{AfterFailure, Failed, Response};
use crate::namespace::is_of_a_store;
use crate::objects::Objects;
use crate::operations::{GetAttributes, Locate, Request};
use crate::ttlv::Tag;

const WANTED: [Tag; 3] = [Tag::NAME, Tag::STATE, Tag::OBJECT_TYPE];

/// An object that is there.
pub(crate) struct Kept {
    pub(crate) identifier: String,
    /// Where the server tells.
    pub(crate) state: Option<State>,
    /// Whether it is of a type without states.
    pub(crate) is_stateless: bool,
}

/// What there is under some references.
#[derive(Default)]
pub(crate) struct Belonging {
    pub(crate) ours: Vec<Kept>,
    /// An object that may be ours: it has neither a name of ours nor one of another's.
    pub(crate) unclear: Option<String>,
}

/// Whose an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Others,
    Unclear,
}

impl Objects {
    /// The objects of these payloads, however often they are there: under the identifiers that are known,
    /// and under their names. One round trip, if the names are where the identifiers say.
    pub(crate) fn belonging(&self, payloads: &[(Reference, Option<String>)]) -> Result<Belonging> {
        let names: Vec<String> =
            payloads.iter().map(|(reference, _)| self.namespace.payload(*reference)).collect();
        let known: BTreeSet<&str> =
            payloads.iter().filter_map(|(_, known)| known.as_deref()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let (located, looked_at) = self.look_up(&names, &known)?;
        let unknown: Vec<String> =
            located.into_iter().filter(|found| !known.contains(&&found[..])).collect();
        let looked_at_too = attributes_of(&self.client, &unknown, &WANTED)?;
        let known = known.into_iter().map(str::to_string).zip(looked_at);
        let (mut belonging, mut unnamed) = (Belonging::default(), Vec::new());
        for (identifier, found) in known.chain(unknown.into_iter().zip(looked_at_too)) {
            let Some(found) = found else { continue };
            match among(&found.names, &names) {
                Whose::Ours => belonging.ours.push(kept(identifier, &found)),
                Whose::Others => {}
                Whose::Unclear => unnamed.push(kept(identifier, &found)),
            }
        }
        self.look_closer(unnamed, &names, &mut belonging)?;
        Ok(belonging)
    }

    /// What has these names, as the server says, and what it tells of these identifiers.
    fn look_up(
        &self,
        names: &[String],
        known: &[&str],
    ) -> Result<(BTreeSet<String>, Vec<Option<Found>>)> {
        let attributes: Vec<_> = names.iter().map(|name| [Attribute::Name(name)]).collect();
        let by_name: Vec<_> =
            attributes.iter().map(|attributes| Locate { attributes, offset: 0 }).collect();
        let by_identifier: Vec<_> =
            known.iter().map(|identifier| GetAttributes { identifier, wanted: &WANTED }).collect();
        let mut batch: Vec<&dyn Request> = by_name.iter().map(|one| one as _).collect();
        batch.extend(by_identifier.iter().map(|one| one as &dyn Request));
        let response = self.client.batch(&batch, AfterFailure::Continue, Effect::Nothing)?;
        let mut located = BTreeSet::new();
        for at in 0..by_name.len() {
            located.extend(response.answer::<Locate<'_>>(at)?.identifiers);
        }
        let looked_at = (by_name.len()..batch.len()).map(|at| found_at(&response, at));
        Ok((located, looked_at.collect::<Result<_>>()?))
    }

    /// Whose objects are that have no name of a store. One that an operator renamed still has ours as its
    /// Application Specific Information, where the server takes that.
    fn look_closer(
        &self,
        unnamed: Vec<Kept>,
        names: &[String],
        belonging: &mut Belonging,
    ) -> Result<()> {
        let identifiers: Vec<String> = unnamed.iter().map(|kept| kept.identifier.clone()).collect();
        let wanted = [Tag::APPLICATION_SPECIFIC_INFORMATION];
        let told = match attributes_of(&self.client, &identifiers, &wanted) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                identifiers.iter().map(|_| Some(Found::default())).collect()
            }
            told => told?,
        };
        for (kept, found) in unnamed.into_iter().zip(told) {
            let Some(found) = found else { continue };
            match among(&found.application_data, names) {
                Whose::Ours => belonging.ours.push(kept),
                Whose::Others => {}
                Whose::Unclear => belonging.unclear = Some(kept.identifier),
            }
        }
        Ok(())
    }
}

fn among(found: &[String], names: &[String]) -> Whose {
    if found.iter().any(|name| names.contains(name)) {
        Whose::Ours
    } else if found.iter().any(|name| is_of_a_store(name)) {
        Whose::Others
    } else {
        Whose::Unclear
    }
}

fn kept(identifier: String, found: &Found) -> Kept {
    Kept {
        identifier,
        state: found.state,
        is_stateless: found.object_type == Some(ObjectType::OpaqueObject as u32),
    }
}

/// The attributes at this place of a response. None for an object that is gone; servers may keep the
/// attributes of what they destroyed.
fn found_at(response: &Response, at: usize) -> Result<Option<Found>> {
    match response.answer::<GetAttributes<'_>>(at) {
        Ok(found) => Ok(Some(found).filter(|found| !found.state.is_some_and(State::is_destroyed))),
        Err(Failed::Refused(refusal)) if refusal.is_not_found() => Ok(None),
        Err(failed) => Err(Error::from(failed)),
    }
}
