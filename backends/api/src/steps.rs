//! Named steps of operations, at which a crash test stops the process.
//!
//! In a shipped build [`step`] is empty; only the feature `test-hooks` gives it a hook.

#[cfg(feature = "test-hooks")]
static HOOK: std::sync::OnceLock<fn(&'static str)> = std::sync::OnceLock::new();

/// Says that the process is at this point. Does nothing without the feature `test-hooks`.
#[inline(always)]
pub fn step(_name: &'static str) {
    #[cfg(feature = "test-hooks")]
    if let Some(hook) = HOOK.get() {
        hook(_name);
    }
}

/// Calls `hook` at every step from now on; the first hook stays.
#[cfg(feature = "test-hooks")]
pub fn on_step(hook: fn(&'static str)) {
    let _ = HOOK.set(hook);
}
