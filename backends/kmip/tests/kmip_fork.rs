//! A forked child may not use the parent's connections, and the parent goes on.

// The child here ends by _exit, so that nothing of the test runs twice.
#![allow(unsafe_code, reason = "fork(2) has no safe form")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::{Site, envelopes, secret};
use strongroom_backend::{Backend, ErrorKind};
use strongroom_kmip::harness::PyKmip;

/// A child that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whether `work` holds in a forked child.
fn holds_in_child(work: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs `work` alone and leaves by _exit; glibc keeps its allocator usable there.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!held)) };
    }
    let (mut status, until) = (0, Instant::now() + PATIENCE);
    // SAFETY: `child` was forked above and is waited for until it has ended; `status` outlives the call.
    while unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } == 0 {
        if Instant::now() > until {
            // SAFETY: `child` has not been waited for, so the number is still its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        thread::sleep(Duration::from_millis(5));
    }
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

#[test]
fn a_forked_child_is_told_so_and_the_parent_goes_on() {
    let server = PyKmip::start();
    let backend = envelopes(server.settings());
    let (site, payload) = (Site::new(), secret(b"correct horse"));
    let locator = backend.store(&site.placement(), &payload).unwrap();
    // The control: the child can fail.
    assert!(!holds_in_child(|| false));
    for _ in 0..3 {
        assert!(holds_in_child(|| {
            let loaded = backend.load(&site.placement(), &locator);
            let told = loaded.is_err_and(|error| error.kind() == ErrorKind::Forked);
            // A program that opens the store again in the child opens its own connections.
            let again = envelopes(server.settings());
            told && again.marker().is_ok()
        }));
        assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
    }
}
