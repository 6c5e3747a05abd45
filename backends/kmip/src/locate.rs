//! Finding objects.

use std::collections::BTreeSet;
use std::time::Instant;

use strongroom_backend::{Error, ErrorKind, Result};

use crate::attributes::{Attribute, Found};
use crate::enumerations::State;
use crate::failure::Effect;
use crate::message::{AfterFailure, Failed};
use crate::operations::{GetAttributes, Locate, LocatePage, Request};
use crate::ttlv::Tag;
use crate::{KmipClient, ProtocolVersion};

/// How many operations go into one message.
pub(crate) const BATCH: usize = 32;

/// The most objects that are found at once. One process cannot use more of them.
const MOST: usize = 500_000;
/// For how many timeouts pages are asked for.
const LONGEST: u32 = 60;

/// The identifiers of all objects that have these attributes, in their order.
pub(crate) fn locate(client: &KmipClient, attributes: &[Attribute<'_>]) -> Result<Vec<String>> {
    let give_up = Instant::now() + LONGEST * client.settings().timeout;
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        let is_last = add_page(client, attributes, &mut found)?;
        if is_last || found.len() == before {
            // A page of nothing new is the last, whatever the server says.
            return Ok(found.into_iter().collect());
        }
        if found.len() > MOST {
            return Err(too_many());
        }
        if Instant::now() > give_up {
            return Err(too_slow(found.len()));
        }
    }
}

/// Asks for what comes after those that were found, and tells whether that was all.
fn add_page(
    client: &KmipClient,
    attributes: &[Attribute<'_>],
    found: &mut BTreeSet<String>,
) -> Result<bool> {
    let offset = i32::try_from(found.len()).unwrap_or(i32::MAX);
    let page = LocatePage(Locate { attributes, offset });
    let answered = client.batch_from(&[&page], AfterFailure::Stop, Effect::Nothing)?;
    let page = answered.response.answer::<LocatePage<'_>>(0)?;
    let is_full = page.identifiers.len() == LocatePage::ITEMS;
    found.extend(page.identifiers);
    if answered.version < ProtocolVersion::V1_3 {
        return Ok(true);
    }
    // A server whose own pages are shorter says how much there is.
    let in_all = page.in_all.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    Ok(!is_full && found.len() >= in_all)
}

fn too_many() -> Error {
    Error::new(
        ErrorKind::TooLarge,
        format!("the KMIP server has more than {MOST} objects of one kind in one namespace"),
        "use several stores, each with a namespace of its own",
    )
}

fn too_slow(found: usize) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "the KMIP server told of {found} objects, one page after the other, and is not done"
        ),
        "raise call_timeout in the config, or the number of objects in one answer on the server",
    )
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
