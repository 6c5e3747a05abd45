//! The marker, as an object.
//!
//! Each new marker is a new object with the next number in its name, and the one before it is destroyed
//! after that. Where names are unique, as the specification wants it, only one of several can take the
//! next number.

use std::sync::{MutexGuard, PoisonError};

use strongroom_backend::{Error, ErrorKind, Marker, Result, StoreId, step};

use crate::attributes::Attribute;
use crate::capabilities::FOR_PAYLOADS;
use crate::client::lagging;
use crate::enumerations::{ObjectType, usage};
use crate::failure::{Effect, after_a_change, outcome_unknown};
use crate::locate::{BATCH, locate};
use crate::managed_object::ManagedObject;
use crate::message::{AfterFailure, Failed};
use crate::objects::Objects;
use crate::operations::{Get, Locate, Register, Request};
use crate::removal::remove;

/// A marker, its number and the identifier of its object.
struct Kept {
    number: u64,
    marker: Marker,
    identifier: String,
}

/// Where a marker is.
#[derive(Clone)]
pub(crate) struct MarkerPlace {
    number: u64,
    identifier: String,
}

impl Objects {
    /// The marker, if one was ever written. As long as the object that it was last read from is there,
    /// it is the newest: whoever writes another one destroys it. `Unavailable` when another server than the
    /// first has none, or an older one than was read before.
    pub(crate) fn marker(&self) -> Result<Option<Marker>> {
        let before = self.marker_read().clone();
        let stand_ins = self.client.stand_ins();
        if let Some(MarkerPlace { number, identifier }) = &before
            && let Some(value) = self.get_named(identifier, &self.namespace.marker(*number))?
        {
            return decode(&value).map(|(_, marker)| Some(marker));
        }
        let all = self.markers()?;
        let found = newest(&all);
        let last = before.map_or(1, |place| place.number);
        if found.is_none_or(|found| found.number < last) && self.client.stood_in(stand_ins) {
            return Err(lagging("does not have the last marker"));
        }
        *self.marker_read() = found.map(|Kept { number, identifier, .. }| MarkerPlace {
            number: *number,
            identifier: identifier.clone(),
        });
        Ok(found.map(|kept| kept.marker))
    }

    fn marker_read(&self) -> MutexGuard<'_, Option<MarkerPlace>> {
        self.marker_read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the marker. `Conflict` when it is not `expected`.
    pub(crate) fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        let _turn = self.turns.wait(self.namespace.markers());
        if expected.is_none() {
            // Before the first payload comes, not when it cannot be destroyed.
            let next = "keep payloads elsewhere; see `strongroom kmip info` for what it has";
            self.client.require(&FOR_PAYLOADS, next)?;
        }
        let stand_ins = self.client.stand_ins();
        let before = self.markers()?;
        let current = newest(&before);
        let is_expected = current.map(|kept| kept.marker) == expected;
        if (current.is_none() || !is_expected) && self.client.stood_in(stand_ins) {
            return Err(lagging("may not have the last marker"));
        }
        if !is_expected {
            return Err(other_marker());
        }
        let number = current.map_or(1, |kept| kept.number + 1);
        self.register_marker(number, marker)?;
        step("kmip.marker-written");
        let old: Vec<String> = before.into_iter().map(|kept| kept.identifier).collect();
        // As long as one of them is there, who read it last takes it for the newest.
        remove(&self.client, &old).map(|_| ()).map_err(after_a_change)
    }

    fn register_marker(&self, number: u64, marker: Marker) -> Result<()> {
        let (name, group) = (self.namespace.marker(number), self.namespace.markers());
        let value = encode(number, marker);
        let register = Register {
            object: ManagedObject { object_type: ObjectType::SecretData, value: &value },
            attributes: &[
                Attribute::Name(&name),
                Attribute::ObjectGroup(&group),
                Attribute::CryptographicUsageMask(usage::VERIFY),
            ],
        };
        let locate = Locate { attributes: &[Attribute::Name(&name)], offset: 0 };
        let batch: [&dyn Request; 2] = [&register, &locate];
        let response = self.client.batch(&batch, AfterFailure::Stop, Effect::Once)?;
        let identifier = match response.answer::<Register<'_>>(0) {
            Ok(identifier) => identifier,
            Err(Failed::Refused(refusal)) if refusal.kind() == ErrorKind::AlreadyExists => {
                return Err(other_marker());
            }
            Err(failed) => return Err(after_a_change(failed.into())),
        };
        let named =
            response.answer::<Locate<'_>>(1).map_err(|failed| outcome_unknown(failed.into()))?;
        if named.identifiers.iter().any(|found| *found != identifier) {
            // Whatever becomes of ours, another is there.
            let _ = remove(&self.client, &[identifier]);
            return Err(other_marker());
        }
        Ok(())
    }

    /// Every marker that is there: one, or more after a crash.
    fn markers(&self) -> Result<Vec<Kept>> {
        let group = self.namespace.markers();
        let identifiers = locate(&self.client, &[Attribute::ObjectGroup(&group)])?;
        let mut all = Vec::new();
        for some in identifiers.chunks(BATCH) {
            let asked: Vec<_> = some.iter().map(|identifier| Get { identifier }).collect();
            let batch: Vec<&dyn Request> = asked.iter().map(|one| one as &dyn Request).collect();
            let response = self.client.batch(&batch, AfterFailure::Continue, Effect::Nothing)?;
            for (at, identifier) in some.iter().enumerate() {
                let value = match response.answer::<Get<'_>>(at) {
                    Ok(value) => value,
                    Err(Failed::Refused(refusal)) if refusal.is_not_found() => continue,
                    Err(failed) => return Err(failed.into()),
                };
                let (number, marker) = decode(&value)?;
                all.push(Kept { number, marker, identifier: identifier.clone() });
            }
        }
        Ok(all)
    }
}

fn newest(all: &[Kept]) -> Option<&Kept> {
    all.iter().max_by_key(|kept| kept.number)
}

/// Number, store id, epoch (`docs/format.md` section 11).
fn encode(number: u64, marker: Marker) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..24].copy_from_slice(marker.store.as_bytes());
    bytes[24..].copy_from_slice(&marker.epoch.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<(u64, Marker)> {
    let damaged = || {
        Error::new(
            ErrorKind::Corrupt,
            format!("the marker on the KMIP server has {} bytes instead of 32", bytes.len()),
            "check who else uses this namespace of the server",
        )
    };
    let bytes: &[u8; 32] = bytes.try_into().map_err(|_| damaged())?;
    let number = u64::from_be_bytes(*bytes.first_chunk().ok_or_else(damaged)?);
    let epoch = i64::from_be_bytes(*bytes.last_chunk().ok_or_else(damaged)?);
    Ok((number, Marker { store: StoreId::from_slice(&bytes[8..24])?, epoch }))
}

fn other_marker() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "the marker on the KMIP server is not the expected one",
        "check that metadata and namespace belong together; another process may have restored the store",
    )
}
