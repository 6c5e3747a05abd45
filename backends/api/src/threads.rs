//! Threads of the library's own: named, and with every signal blocked.
//!
//! A signal of the host never runs its handler there, and a write to a socket whose other end is gone
//! gives EPIPE, where SIGPIPE would end the host.
#![allow(unsafe_code, reason = "std cannot block signals")]

use std::io;
use std::mem::MaybeUninit;
use std::thread::{Builder, JoinHandle};

/// Starts a thread in which every signal is blocked, and in all that it starts.
///
/// ```
/// use strongroom_backend::spawn_without_signals;
///
/// spawn_without_signals("strongroom-work", || ())?.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn spawn_without_signals(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    // A thread starts with the mask of the one that made it: blocked only once it runs, it could have
    // caught a signal before.
    let _blocked = Blocked::all();
    Builder::new().name(name.to_owned()).spawn(work)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The signals that this thread blocks, a bit for each.
    fn blocked() -> u64 {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap()
    }

    #[test]
    fn every_signal_is_blocked_in_the_thread_and_none_more_in_its_maker() {
        let before = blocked();
        let (tell, told) = std::sync::mpsc::channel();
        spawn_without_signals("strongroom-test", move || tell.send(blocked()).unwrap()).unwrap();
        // All but the two that cannot be blocked and the two that the C library keeps for itself.
        let others = [libc::SIGKILL, libc::SIGSTOP, 32, 33].map(|signal| 1_u64 << (signal - 1));
        assert_eq!(told.recv().unwrap() | others.iter().sum::<u64>(), u64::MAX);
        assert_eq!(blocked(), before);
        // The control: a thread of std has its maker's mask.
        assert_eq!(std::thread::spawn(blocked).join().unwrap(), before);
    }
}
