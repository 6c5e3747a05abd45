//! The store marker: a private data object of the token.

use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;
use strongroom_backend::{Error, ErrorKind, Marker, StoreId, random_bytes};

use crate::failure::Failure;
use crate::held::Held;
use crate::payloads::{self, ObjectKind};
use crate::sight;

const LABEL: &[u8] = b"strongroom marker";
const LEN: usize = 40;

/// A marker as it was written once. The one with the highest number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    number: u64,
    marker: Marker,
    /// Tells two writers of the same number apart.
    writer: [u8; 8],
}

impl Written {
    /// What replaces `before`.
    pub(crate) fn after(before: Option<Written>, marker: Marker) -> Result<Written, Failure> {
        let number = before.map_or(0, |before| before.number).saturating_add(1);
        Ok(Written { number, marker, writer: random_bytes()? })
    }

    /// The marker.
    pub(crate) fn marker(&self) -> Marker {
        self.marker
    }

    fn to_bytes(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        bytes[..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..24].copy_from_slice(self.marker.store.as_bytes());
        bytes[24..32].copy_from_slice(&self.marker.epoch.to_be_bytes());
        bytes[32..].copy_from_slice(&self.writer);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Written, Failure> {
        let (Some(number), Some(store), Some(epoch), Some(writer), LEN) = (
            bytes.first_chunk(),
            bytes.get(8..24),
            bytes.get(24..).and_then(|rest| rest.first_chunk()),
            bytes.get(32..).and_then(|rest| rest.first_chunk()),
            bytes.len(),
        ) else {
            return Err(Failure::Ours(Error::new(
                ErrorKind::Corrupt,
                "the store marker in the token is damaged",
                "run `strongroom doctor`",
            )));
        };
        let marker =
            Marker { store: StoreId::from_slice(store)?, epoch: i64::from_be_bytes(*epoch) };
        Ok(Written { number: u64::from_be_bytes(*number), marker, writer: *writer })
    }
}

/// The marker that counts. Of two with the same number, which only a crash can leave behind, it is the
/// later one: a marker can only stop metadata that is older from removing things.
pub(crate) fn current(held: &mut Held) -> Result<Option<Written>, Failure> {
    let found = all(held)?.into_iter().map(|(_, written)| written);
    Ok(found.max_by_key(|written| (written.number, written.marker.epoch, written.writer)))
}

/// Writes a marker beside those that are there.
pub(crate) fn write(session: &Session, kind: ObjectKind, written: Written) -> Result<(), Failure> {
    let names = vec![Attribute::Label(LABEL.to_vec())];
    payloads::create_object(session, kind, names, &written.to_bytes())?;
    Ok(())
}

/// Makes a marker that was written the only one. When somebody else wrote at the same time it is
/// removed again, because neither can know whether the other has seen it: `false`.
pub(crate) fn settle(held: &mut Held, mine: Written) -> Result<bool, Failure> {
    let found = all(held)?;
    let rival = |other: &Written| *other != mine && other.number >= mine.number;
    let alone = !found.iter().any(|(_, other)| rival(other));
    for (object, other) in found {
        // The winner removes the others, a loser its own.
        if (other == mine) != alone {
            payloads::remove(held, object)?;
        }
    }
    Ok(alone)
}

fn all(held: &mut Held) -> Result<Vec<(ObjectHandle, Written)>, Failure> {
    let mut markers = Vec::new();
    for object in payloads::labelled(held, LABEL)? {
        match held.get_attributes(object, &[AttributeType::Value]) {
            Ok(attributes) => {
                let value = attributes.iter().find_map(|attribute| match attribute {
                    Attribute::Value(value) => Some(&value[..]),
                    _ => None,
                });
                markers.push((object, Written::from_bytes(value.unwrap_or_default())?));
            }
            // One that was replaced meanwhile.
            Err(TokenError::Pkcs11(RvError::ObjectHandleInvalid, _)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    sight::is_clear(held)?;
    Ok(markers)
}
