//! PINs that a descriptor gave and that opened no token yet.

use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use strongroom_backend::{Result, SecretBytes};

use super::read_pin;
use crate::PinSource;

/// What is behind a descriptor: its number, and the device and inode of the pipe or file.
type Place = (i32, u64, u64);

/// A pipe gives its PIN once. Whoever opened no token with it, because that was away, finds the PIN here
/// at the next try.
#[derive(Default)]
pub(crate) struct Drained(Mutex<Vec<(Place, SecretBytes)>>);

impl Drained {
    /// The PIN from its source, or what the source gave before.
    pub(crate) fn read(&self, source: &PinSource) -> Result<Option<SecretBytes>> {
        let read = read_pin(source);
        let Some(place) = place(source) else { return read };
        let mut kept = self.kept();
        let known = kept.iter().position(|(other, _)| *other == place);
        match (read, known) {
            // The pipe is empty by now.
            (Err(_), Some(at)) => Ok(Some(SecretBytes::copy_of(&kept[at].1)?)),
            (Ok(Some(pin)), known) => {
                let copy = SecretBytes::copy_of(&pin)?;
                match known {
                    Some(at) => kept[at].1 = copy,
                    None => kept.push((place, copy)),
                }
                Ok(Some(pin))
            }
            (read, _) => read,
        }
    }

    /// Forgets what came from the source: a token has taken it, or refused it.
    pub(crate) fn forget(&self, source: &PinSource) {
        if let Some(place) = place(source) {
            self.kept().retain(|(other, _)| *other != place);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Place, SecretBytes)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(source: &PinSource) -> Option<Place> {
    let PinSource::Descriptor(number) = source else { return None };
    let found = std::fs::metadata(format!("/proc/self/fd/{number}")).ok()?;
    Some((*number, found.dev(), found.ino()))
}
