//! The states of payloads.

use super::report::{Ending, Outcome, ensure, refused};
use super::site::{Site, Subject};
use crate::PayloadState::{Active, Compromised, Deactivated};
use crate::{ErrorKind, FollowStates, Locator, SecretBytes};

pub(super) fn a_pre_active_payload_comes_back(backend: &Subject<'_>) -> Outcome {
    let (site, payload) = (Site::new(backend)?, SecretBytes::random(40)?);
    let locator = states(backend)?.store_pre_active(&site.placement(), &payload)?;
    let loaded = backend.load(&site.placement(), &locator)?;
    ensure!(loaded.equals(&payload), "another payload came back");
    let again = states(backend)?.store_pre_active(&site.placement(), &payload);
    refused(again, ErrorKind::AlreadyExists, "storing under a reference that is taken")?;
    backend.destroy(&[(site.reference, locator.clone())])?;
    let loaded = backend.load(&site.placement(), &locator);
    refused(loaded, ErrorKind::NotFound, "loading what was destroyed")
}

pub(super) fn a_payload_loads_and_goes_in_every_state(backend: &Subject<'_>) -> Outcome {
    for way in [
        &[Active][..],
        &[Active, Deactivated],
        &[Active, Deactivated, Compromised],
        &[Active, Compromised],
        // Dates make versions active, and nobody tells.
        &[Deactivated],
        &[Compromised],
    ] {
        let (site, payload) = (Site::new(backend)?, SecretBytes::random(40)?);
        let locator = states(backend)?.store_pre_active(&site.placement(), &payload)?;
        for state in way {
            states(backend)?.follow(site.reference, &locator, *state)?;
            let loaded = backend.load(&site.placement(), &locator)?;
            ensure!(loaded.equals(&payload), "another payload came back when {state:?}");
        }
        backend.destroy(&[(site.reference, locator.clone())])?;
        let loaded = backend.load(&site.placement(), &locator);
        refused(loaded, ErrorKind::NotFound, format!("loading what was destroyed after {way:?}"))?;
    }
    Ok(())
}

pub(super) fn a_state_is_followed_again_and_never_back(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let (payload, locator) = site.fill(backend, 40)?;
    for state in [Active, Active, Deactivated, Deactivated, Compromised, Compromised, Active] {
        states(backend)?.follow(site.reference, &locator, state)?;
    }
    // Found without its locator, too.
    states(backend)?.follow(site.reference, &Locator::default(), Compromised)?;
    ensure!(backend.load(&site.placement(), &locator)?.equals(&payload), "another came back");
    backend.destroy(&[(site.reference, locator)])?;
    Ok(())
}

pub(super) fn the_state_of_what_was_never_stored_is_not_found(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let followed = states(backend)?.follow(site.reference, &Locator::default(), Compromised);
    refused(followed, ErrorKind::NotFound, "the state of what was never stored")
}

fn states<'a>(backend: &'a Subject<'_>) -> Result<&'a dyn FollowStates, Ending> {
    let none = || Ending::Failed("the backend says that its payloads have no states".into());
    backend.states().ok_or_else(none)
}
