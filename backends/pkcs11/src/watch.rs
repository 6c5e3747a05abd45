//! Looking for an answer for a moment before sleeping.
//!
//! To sleep and be woken costs half as much as a fast token needs for its whole answer; a slow one does
//! not notice the moment. Where threads are more than cores it would only take time from those that
//! work, so there is one watcher at a time in a process, and none where there is one core.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long it is looked: as long as it takes to wake two threads where that is slow, as on many virtual
/// machines.
const MOMENT: Duration = Duration::from_micros(120);

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Looks until `is_there`, for a moment at most, or not at all.
pub(crate) fn watch(is_there: impl Fn() -> bool) {
    if !has_cores() || TAKEN.swap(true, Ordering::Acquire) {
        return;
    }
    let begun = Instant::now();
    while !is_there() && begun.elapsed() < MOMENT {
        std::hint::spin_loop();
    }
    TAKEN.store(false, Ordering::Release);
}

/// Whether this thread may run on more than one core.
fn has_cores() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| {
        rustix::thread::sched_getaffinity(None).is_ok_and(|cores| cores.count() > 1)
    })
}
