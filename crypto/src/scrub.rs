//! Wiping what cryptographic code leaves on the stack.
//!
//! The cipher works on blocks of plaintext and key in local variables, which stay in the dead part of
//! the stack until something else is called. What is called here overwrites them.

/// More than the frames below a call into the cipher take.
const DEPTH: usize = 8 * 1024;

/// Runs `work` and wipes the stack below this call.
#[inline(never)]
pub(crate) fn scrubbed<T>(work: impl FnOnce() -> T) -> T {
    let result = apart(work);
    wipe();
    result
}

/// A frame of its own, so that nothing of `work` is inlined into a frame that stays.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    let mut depth = [0_u8; DEPTH];
    // Somebody might look at it, for all that the compiler knows.
    std::hint::black_box(&mut depth);
}
