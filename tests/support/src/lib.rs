//! Machinery of Strongroom's crash tests; knows nothing of Strongroom itself.
//!
//! - [`powercut`]: what a disk may hold after the power failed during a recorded run.
//! - [`Victim`]: a process that a test talks to, stops and kills.
//! - [`postgres`]: throw-away PostgreSQL servers.
//! - [`Random`]: seeded choices, so that a failure can be repeated.

pub mod postgres;
pub mod powercut;
mod random;
mod victim;

pub use random::Random;
pub use victim::{THIS_PROGRAM, Victim, hear, tell};

use std::path::Path;

/// A private folder that goes away with the value, in memory where the machine has such a place.
///
/// A killed process leaves nothing in its own memory that a disk would have kept, and a power cut
/// is modelled, so that a real disk would add nothing but time.
///
/// # Panics
/// When no folder can be made.
pub fn fast_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir())
    } else {
        tempfile::tempdir()
    };
    made.expect("a temporary folder")
}
