//! Finding objects.

use std::collections::BTreeSet;

use strongroom_backend::{Error, Result};

use crate::KmipClient;
use crate::attributes::{Attribute, Found};
use crate::enumerations::State;
use crate::failure::Effect;
use crate::message::{AfterFailure, Failed};
use crate::operations::{GetAttributes, Locate, Request};
use crate::ttlv::Tag;

/// How many operations go into one message.
pub(crate) const BATCH: usize = 32;

/// The identifiers of all objects that have these attributes.
pub(crate) fn locate(client: &KmipClient, attributes: &[Attribute<'_>]) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        let offset = i32::try_from(before).unwrap_or(i32::MAX);
        let page = client.ask(&Locate { attributes, offset })?;
        found.extend(page.identifiers);
        // Most servers tell everything at once; those that do not say how much there is. A page of
        // nothing new is the last, whatever they say.
        let in_all = page.in_all.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        if found.len() == before || found.len() >= in_all {
            return Ok(found.into_iter().collect());
        }
    }
}

/// What the server tells of these objects, in their order. None for those that are gone.
pub(crate) fn attributes_of(
    client: &KmipClient,
    identifiers: &[String],
    wanted: &[Tag],
) -> Result<Vec<Option<Found>>> {
    let mut all = Vec::with_capacity(identifiers.len());
    for some in identifiers.chunks(BATCH) {
        let asked: Vec<_> =
            some.iter().map(|identifier| GetAttributes { identifier, wanted }).collect();
        let batch: Vec<&dyn Request> = asked.iter().map(|one| one as &dyn Request).collect();
        let response = client.batch(&batch, AfterFailure::Continue, Effect::Nothing)?;
        for at in 0..some.len() {
            all.push(match response.answer::<GetAttributes<'_>>(at) {
                Ok(found) => Some(found).filter(|found| !is_destroyed(found)),
                Err(Failed::Refused(refusal)) if refusal.is_not_found() => None,
                Err(failed) => return Err(Error::from(failed)),
            });
        }
    }
    Ok(all)
}

/// Servers may keep the attributes of what they destroyed.
fn is_destroyed(found: &Found) -> bool {
    matches!(found.state, Some(State::Destroyed | State::DestroyedCompromised))
}
