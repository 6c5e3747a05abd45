//! Which process this is.
//!
//! A process id does not tell: a child in a new namespace can have its parent's, and ids are used again.
#![allow(unsafe_code, reason = "a number in a page that only the kernel can wipe")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::Mapping;
use crate::random_bytes;

/// A process: equal to no parent and no child of it.
///
/// ```
/// use strongroom_backend::Process;
///
/// let opened_by = Process::current();
/// assert_eq!(opened_by, Process::current());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process(u64);

impl Process {
    /// The process that asks. Takes no system call, but for the first time.
    pub fn current() -> Process {
        let Some(token) = token() else { return Process(std::process::id().into()) };
        match token.load(Ordering::Acquire) {
            0 => Process(choose(token)),
            chosen => Process(chosen),
        }
    }
}

impl Process {
    /// A number for this process alone.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// A number in a page that a forked child finds zero. None where the kernel cannot do that: before
/// Linux 4.14.
fn token() -> Option<&'static AtomicU64> {
    static TOKEN: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    *TOKEN.get_or_init(|| {
        let page = Mapping::new(size_of::<AtomicU64>()).ok()?;
        let page = page.forever_if_wiped_on_fork()?.cast::<AtomicU64>();
        // SAFETY: the page is zero, aligned, never unmapped, and only seen as this number.
        Some(unsafe { page.as_ref() })
    })
}

/// Chooses the number of this process, unless another thread has.
fn choose(token: &AtomicU64) -> u64 {
    let random = random_bytes().map_or_else(|_| std::process::id().into(), u64::from_ne_bytes);
    let fresh = random | 1;
    match token.compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => fresh,
        Err(chosen) => chosen,
    }
}
