//! Whose session a number is.
//!
//! A module gives the number of a session that is gone to the next one, sooner or later. A thread that
//! still believed in the old one would work in the middle of the new one's work.

use std::collections::HashMap;
use std::ffi::c_ulong;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The numbers of our sessions with a module.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashMap<c_ulong, Weak<AtomicBool>>>);

/// The right to use a session by its number.
pub(crate) struct Claim(Arc<AtomicBool>);

impl Claims {
    /// Takes over a number that the module has just given. Whoever had it before has it no more.
    pub(crate) fn claim(&self, number: c_ulong) -> Claim {
        let mut claims = self.all();
        claims.retain(|_, claim| claim.strong_count() > 0);
        let valid = Arc::new(AtomicBool::new(true));
        if let Some(before) = claims.insert(number, Arc::downgrade(&valid)) {
            void(&before);
        }
        Claim(valid)
    }

    /// All sessions are gone.
    pub(crate) fn void_all(&self) {
        self.all().drain().for_each(|(_, claim)| void(&claim));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<c_ulong, Weak<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn void(claim: &Weak<AtomicBool>) {
    if let Some(valid) = claim.upgrade() {
        valid.store(false, Ordering::Release);
    }
}

impl Claim {
    /// Whether the number still is this session's, as far as our own sessions tell.
    pub(crate) fn is_valid(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_belongs_to_the_session_that_got_it_last() {
        let claims = Claims::default();
        let (one, two) = (claims.claim(1), claims.claim(2));
        assert!(one.is_valid() && two.is_valid());
        let again = claims.claim(1);
        assert!(!one.is_valid() && again.is_valid() && two.is_valid());
        // The old claim goes; the new one stays.
        drop(one);
        assert!(claims.claim(3).is_valid() && again.is_valid());
        claims.void_all();
        assert!(!again.is_valid() && !two.is_valid());
        assert!(claims.claim(1).is_valid());
    }
}
