//! Threads of our own: named, and with every signal blocked.
//!
//! A signal of the host never runs its handler here, and a module that writes to a socket whose other
//! end is gone gets EPIPE, where SIGPIPE would end the host.
#![allow(unsafe_code, reason = "std cannot block signals")]

use std::io;
use std::mem::MaybeUninit;

/// Starts a thread, detached, with all signals blocked.
pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // A thread starts with the mask of the one that made it: blocked only once it runs, it could have
    // caught a signal before.
    let _blocked = Blocked::all();
    std::thread::Builder::new().name(name.to_string()).spawn(body).map(drop)
}

/// All signals blocked for this thread, until dropped.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn all() -> Blocked {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: both sets outlive the calls; sigfillset fills the first, pthread_sigmask the second.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Blocked(before.assume_init())
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: a mask that the kernel gave; the old one is not wanted.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
    }
}
