//! The states of objects, as they follow those of versions.
//!
//! An object is looked at before it is changed, so what is done already is not done again, and a reason
//! that was given is not replaced by another.

use strongroom_backend::{
    Error, ErrorKind, Locator, PayloadState, Reference, Result, host_micros, step,
};

use crate::belonging::{Belonging, Kept};
use crate::enumerations::State;
use crate::failure::{Effect, after_a_change};
use crate::locate::attributes_of;
use crate::locators::Place;
use crate::message::{AfterFailure, Outcome};
use crate::objects::Objects;
use crate::operations::{Activate, Request, Revoke};
use crate::ttlv::Tag;

impl Objects {
    /// Takes the object of a payload to a state, unless it is in it or further on. What was adopted is
    /// somebody else's, and stays as it is; opaque objects have no state.
    pub(crate) fn follow(
        &self,
        reference: Reference,
        locator: &Locator,
        wanted: PayloadState,
    ) -> Result<()> {
        let known = match Place::of(locator)? {
            Place::Adopted(_) => return Ok(()),
            Place::Ours(identifier) => Some(identifier.to_string()),
            Place::Unknown => None,
        };
        let stand_ins = self.client.stand_ins();
        let Belonging { ours, unclear } = self.belonging(&[(reference, known)])?;
        if ours.is_empty() {
            let name = self.namespace.payload(reference);
            return Err(match unclear {
                Some(identifier) => renamed(&identifier, &name),
                None => self.unless_it_lags(stand_ins, &name, missing(&name)),
            });
        }
        let mut changed = false;
        for kept in ours.iter().filter(|kept| !kept.is_stateless) {
            let taken = self.take(kept, wanted, &mut changed);
            taken.map_err(|error| if changed { after_a_change(error) } else { error })?;
        }
        Ok(())
    }

    fn take(&self, kept: &Kept, wanted: PayloadState, changed: &mut bool) -> Result<()> {
        let identifier = &kept.identifier;
        let activate = Activate { identifier };
        let unneeded = Revoke::unneeded(identifier);
        let compromised = Revoke::compromised(identifier, host_micros() / 1_000_000);
        let (goal, way): (State, &[&dyn Request]) = match (wanted, kept.state) {
            (PayloadState::Active, _) => (State::Active, &[&activate]),
            // Its date has come, and nobody has told the server so far.
            (PayloadState::Deactivated, Some(State::PreActive)) => {
                (State::Deactivated, &[&activate, &unneeded])
            }
            (PayloadState::Deactivated, _) => (State::Deactivated, &[&unneeded]),
            (PayloadState::Compromised, _) => (State::Compromised, &[&compromised]),
        };
        if kept.state.is_some_and(|state| state >= goal) {
            return Ok(());
        }
        for request in way {
            let response = self.client.batch(&[*request], AfterFailure::Stop, Effect::SameTwice)?;
            if let Outcome::Refused(refusal) = response.result(0)? {
                // Somebody else did it meanwhile, or an answer was lost.
                if self.state_of(identifier)?.is_some_and(|state| state >= goal) {
                    return Ok(());
                }
                return Err(after_a_change(refusal.into_error()));
            }
            *changed = true;
            step("kmip.state-taken");
        }
        Ok(())
    }

    fn state_of(&self, identifier: &str) -> Result<Option<State>> {
        let found = attributes_of(&self.client, &[identifier.to_string()], &[Tag::STATE])?;
        Ok(found.into_iter().flatten().find_map(|found| found.state))
    }
}

fn missing(name: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the KMIP server has no object {name}"),
        "run `strongroom doctor`; check that it is the right server, and the namespace",
    )
}

fn renamed(identifier: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("the object {identifier} of the KMIP server is no longer called {name}"),
        "give it that Name again, with the server's own tools",
    )
}
