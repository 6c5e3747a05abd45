//! Destroying objects.

use strongroom_backend::{Destroyed, Error, ErrorKind, Locator, Reference, Result, step};

use crate::KmipClient;
use crate::belonging::Kept;
use crate::enumerations::State;
use crate::failure::{Effect, after_a_change};
use crate::locate::BATCH;
use crate::locators::Place;
use crate::message::{AfterFailure, Outcome, Response};
use crate::objects::Objects;
use crate::operations::{Destroy, Request, Revoke};
use crate::reasons::Refusal;

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
        let (mut destroyed, mut unclear) = (0, None);
        for some in ours.chunks(BATCH / 2) {
            let done = self.belonging(some).and_then(|belonging| {
                unclear = unclear.take().or(belonging.unclear);
                destroy(&self.client, &belonging.ours)
            });
            destroyed += done.map_err(|error| once_begun(destroyed, error))?;
        }
        if let Some(identifier) = unclear {
            return Ok(Destroyed::Remains(may_be_ours(&identifier)));
        }
        if destroyed < ours.len() && self.client.stand_ins() != stand_ins {
            let why = "the first KMIP server did not answer, and another does not have all of them";
            return Ok(Destroyed::Remains(why.into()));
        }
        Ok(Destroyed::Gone)
    }
}

/// Destroys these objects, which are ours for certain, and tells how many of them were still there.
pub(crate) fn remove(client: &KmipClient, identifiers: &[String]) -> Result<usize> {
    let kept = |identifier: &String| Kept {
        identifier: identifier.clone(),
        state: None,
        is_stateless: false,
    };
    destroy(client, &identifiers.iter().map(kept).collect::<Vec<_>>())
}

fn destroy(client: &KmipClient, objects: &[Kept]) -> Result<usize> {
    let mut destroyed = 0;
    for some in objects.chunks(BATCH / 2) {
        destroyed += destroy_some(client, some).map_err(|error| once_begun(destroyed, error))?;
    }
    step("kmip.destroyed");
    Ok(destroyed)
}

fn destroy_some(client: &KmipClient, some: &[Kept]) -> Result<usize> {
    let revoke: Vec<_> = some.iter().map(|kept| Revoke::unneeded(&kept.identifier)).collect();
    let destroy: Vec<_> =
        some.iter().map(|kept| Destroy { identifier: &kept.identifier }).collect();
    let mut batch: Vec<&dyn Request> = Vec::with_capacity(2 * some.len());
    let mut places = Vec::with_capacity(some.len());
    for (at, kept) in some.iter().enumerate() {
        if must_be_revoked(kept) {
            batch.push(&revoke[at]);
        }
        places.push(batch.len());
        batch.push(&destroy[at]);
    }
    let response = client.batch(&batch, AfterFailure::ContinueInOrder, Effect::SameTwice)?;
    let mut destroyed = 0;
    for (at, place) in places.into_iter().enumerate() {
        let mut fate = fate(&response, place)?;
        if fate == Fate::LeftOut {
            let revoke = must_be_revoked(&some[at]).then_some(&revoke[at]);
            fate = destroy_alone(client, revoke, &destroy[at])?;
        }
        match fate {
            Fate::Destroyed => destroyed += 1,
            Fate::NotThere => {}
            Fate::LeftOut => return Err(left_undone()),
        }
    }
    Ok(destroyed)
}

/// An Active object must be revoked before it is destroyed. One that is compromised or deactivated keeps
/// the reason that it has. One whose state is not known refuses to be revoked, if it need not be.
fn must_be_revoked(kept: &Kept) -> bool {
    matches!(kept.state, None | Some(State::Active))
}

/// For a server that stops at the first refusal, whatever it was asked for, or that takes no such batch.
fn destroy_alone(
    client: &KmipClient,
    revoke: Option<&Revoke<'_>>,
    destroy: &Destroy<'_>,
) -> Result<Fate> {
    let alone = |request: &dyn Request| {
        // What was before it in the batch may be done.
        client.batch(&[request], AfterFailure::Stop, Effect::SameTwice).map_err(after_a_change)
    };
    if let Some(revoke) = revoke {
        alone(revoke)?;
    }
    match alone(destroy)?.result(0)? {
        Outcome::Refused(refusal) if !refusal.is_not_found() => Err(refused(refusal)),
        outcome => Ok(fate_of(outcome)?),
    }
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
    fate_of(response.result(at)?)
}

fn fate_of(outcome: Outcome<'_>) -> Result<Fate> {
    match outcome {
        Outcome::Done(_) => Ok(Fate::Destroyed),
        Outcome::Refused(refusal) if refusal.is_not_found() => Ok(Fate::NotThere),
        // It may be the batch that it does not know, and not the operation.
        Outcome::Refused(refusal) if refusal.kind() == ErrorKind::Unsupported => Ok(Fate::LeftOut),
        Outcome::Refused(refusal) => Err(refused(refusal)),
        Outcome::Undone => Ok(Fate::LeftOut),
    }
}

/// A server that failed within may have done it all the same, and has done what came before.
fn refused(refusal: Refusal) -> Error {
    after_a_change(refusal.into_error())
}

/// The error of what comes after something was destroyed: it no longer had no effect.
fn once_begun(destroyed: usize, error: Error) -> Error {
    if destroyed > 0 { after_a_change(error) } else { error }
}

fn may_be_ours(identifier: &str) -> String {
    format!(
        "the object {identifier} of the KMIP server may be one of them, but it no longer has the Name that \
         says so: give it that again, or destroy it, with the server's own tools"
    )
}

fn left_undone() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the KMIP server did not say whether it destroyed an object",
        "try again; look into the server's log",
    )
}
