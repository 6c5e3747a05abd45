//! Backends that show the states of payloads to others are told what those of the versions are.
//!
//! The metadata decides: it is written first, and what a backend shows never changes what a get answers.

use strongroom_backend::PayloadState;

use super::Session;
use crate::metadata::projects::Project;
use crate::metadata::versions::Version;
use crate::{Error, ErrorKind, Result, SecretPath, State};

impl Session {
    /// Tells the backend the state of a version, if it is a backend that shows it and a state that it can
    /// be told. `Pending` when that fails.
    pub(super) fn tell_the_backend(
        &self,
        path: &SecretPath,
        project: &Project,
        version: &Version,
    ) -> Result<()> {
        let Some(state) = told(version.state) else { return Ok(()) };
        self.tell(project, version, state).map_err(|e| not_told(path, version, e))
    }

    fn tell(&self, project: &Project, version: &Version, state: PayloadState) -> Result<()> {
        let inner = &self.inner;
        let slot = inner.slot(&project.backend)?;
        let (Some(_), Some(sealed)) = (slot.backend.states(), &version.reference) else {
            return Ok(());
        };
        // A copy of a store says nothing about the payloads that the store goes on using.
        inner.check_is_the_store(slot)?;
        let reference = inner.keys.open_reference(sealed)?;
        let locator = inner.keys.open_locator(reference, version.locator.as_deref())?;
        slot.call("follow", |backend| match backend.states() {
            Some(states) => states.follow(reference, &locator, state),
            None => Ok(()),
        })
    }
}

/// What a backend is told. It begins with whether a version is pre-active, and destroys payloads itself.
fn told(state: State) -> Option<PayloadState> {
    match state {
        State::Active => Some(PayloadState::Active),
        State::Deactivated => Some(PayloadState::Deactivated),
        State::Compromised => Some(PayloadState::Compromised),
        State::PreActive | State::Destroyed | State::DestroyedCompromised => None,
    }
}

fn not_told(path: &SecretPath, version: &Version, error: Error) -> Error {
    let (number, state) = (version.number, version.state);
    Error::new(
        ErrorKind::Pending,
        format!(
            "{path} version {number} is {state} in this store, but its backend has not been told: {error}"
        ),
        format!("tell it again: `strongroom state {path} {state} --version {number}`"),
    )
    .with_source(error)
}
