//! No child keeps its parent's connections.
//!
//! A server ends a session, and gives its locks back, when the last descriptor of the connection is
//! closed: a forked child would keep them for as long as it lives, its parent long dead. So a child
//! finds /dev/null in the place of every socket.
#![allow(unsafe_code, reason = "a handler of fork(2), and descriptors by their numbers")]

use std::os::fd::RawFd;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

const FREE: i32 = -1;

/// More sockets than a process ever has. One that found no place is closed with the child.
static SOCKETS: [AtomicI32; 1024] = [const { AtomicI32::new(FREE) }; 1024];

/// A socket's entry; dropped before the socket is closed, so that its number is not another's.
pub(crate) struct Registered(Option<&'static AtomicI32>);

/// Notes that no child may have this socket.
pub(crate) fn register(socket: RawFd) -> Registered {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler lives as long as the library, which is never unloaded.
        unsafe { libc::pthread_atfork(None, None, Some(after_in_child)) };
    });
    let take = |place: &&AtomicI32| {
        place.compare_exchange(FREE, socket, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    Registered(SOCKETS.iter().find(take))
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(place) = self.0 {
            place.store(FREE, Ordering::Release);
        }
    }
}

/// The numbers stay taken: what the child inherited may still close them.
extern "C" fn after_in_child() {
    // SAFETY: calls that a child may make, on descriptors that it has.
    unsafe {
        let nowhere = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        for place in &SOCKETS {
            let socket = place.swap(FREE, Ordering::AcqRel);
            if socket != FREE && nowhere >= 0 {
                libc::dup3(nowhere, socket, libc::O_CLOEXEC);
            }
        }
        libc::close(nowhere);
    }
}
