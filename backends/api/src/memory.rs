//! Memory for secrets: locked where the limit allows, left out of core dumps, zero in a forked
//! child, wiped when it is given back.
//!
//! Small allocations share slabs, because locking a page for each of them would cost two system
//! calls a secret and exhaust `RLIMIT_MEMLOCK` at once. Which slot is free is kept outside the
//! slabs: their contents vanish in a forked child.
#![allow(unsafe_code, reason = "pages of the kernel, and slots in them")]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroize;

use crate::{Error, ErrorKind, Process, Result};

/// Slot sizes in bytes. Anything longer gets pages of its own.
const CLASSES: [usize; 4] = [64, 256, 1024, 4096];
const SLAB_BYTES: usize = 16 * 1024;

static LOCKED: AtomicUsize = AtomicUsize::new(0);
static UNLOCKED: AtomicUsize = AtomicUsize::new(0);

/// How much secret memory this process holds, in bytes of address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryStatus {
    /// Bytes that the kernel will not swap out.
    pub locked: usize,
    /// Bytes that could not be locked, because `RLIMIT_MEMLOCK` is reached.
    pub unlocked: usize,
}

/// Reports how much secret memory is locked and how much could not be.
pub fn memory_status() -> MemoryStatus {
    MemoryStatus {
        locked: LOCKED.load(Ordering::Relaxed),
        unlocked: UNLOCKED.load(Ordering::Relaxed),
    }
}

/// A run of secret bytes, zeroed at birth and wiped on drop.
pub(crate) struct Region {
    start: NonNull<u8>,
    len: usize,
    home: Home,
}

enum Home {
    Slot {
        pool: &'static Pool,
        class: usize,
        slab: usize,
        slot: usize,
    },
    /// Held for its drop.
    Pages {
        _mapping: Mapping,
    },
}

// SAFETY: a region owns its bytes alone, and its pool is behind a mutex.
unsafe impl Send for Region {}
// SAFETY: shared access to a region only reads.
unsafe impl Sync for Region {}

impl Region {
    /// `len` zero bytes.
    pub(crate) fn zeroed(len: usize) -> Result<Region> {
        match CLASSES.iter().position(|size| len <= *size) {
            Some(class) => Pool::of_this_process().take(class, len),
            None => {
                let mapping = Mapping::new(len)?;
                Ok(Region { start: mapping.start, len, home: Home::Pages { _mapping: mapping } })
            }
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `start` points at `len` initialised bytes that this region owns until drop.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// Forgets the bytes past `len`, wiping them.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.bytes_mut()[len..].zeroize();
            self.len = len;
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        if let Home::Slot { pool, class, slab, slot } = self.home {
            pool.give_back(class, slab, slot);
        }
    }
}

/// The slabs of one process. A forked child makes its own: the parent's mutex may have been held
/// by a thread that the child does not have.
struct Pool {
    process: Process,
    classes: [Mutex<Vec<Slab>>; CLASSES.len()],
}

struct Slab {
    mapping: Mapping,
    free: Vec<u16>,
}

impl Pool {
    fn of_this_process() -> &'static Pool {
        static NEWEST: AtomicPtr<Pool> = AtomicPtr::new(std::ptr::null_mut());
        let process = Process::current();
        loop {
            let current = NEWEST.load(Ordering::Acquire);
            // SAFETY: a pool that was published is never freed.
            if let Some(pool) = unsafe { current.as_ref() }
                && pool.process == process
            {
                return pool;
            }
            let fresh = Box::into_raw(Box::new(Pool { process, classes: Default::default() }));
            let published =
                NEWEST.compare_exchange(current, fresh, Ordering::AcqRel, Ordering::Acquire);
            if published.is_err() {
                // SAFETY: another thread was faster; nobody else has seen `fresh`.
                drop(unsafe { Box::from_raw(fresh) });
            }
        }
    }

    fn class(&self, class: usize) -> MutexGuard<'_, Vec<Slab>> {
        self.classes[class].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&'static self, class: usize, len: usize) -> Result<Region> {
        let size = CLASSES[class];
        let mut slabs = self.class(class);
        let slab = match slabs.iter().rposition(|slab| !slab.free.is_empty()) {
            Some(slab) => slab,
            None => {
                let slots = (SLAB_BYTES / size) as u16;
                slabs.push(Slab { mapping: Mapping::new(SLAB_BYTES)?, free: (0..slots).collect() });
                slabs.len() - 1
            }
        };
        let Slab { mapping, free } = &mut slabs[slab];
        let Some(slot) = free.pop().map(usize::from) else {
            return Err(out_of_memory(len));
        };
        // SAFETY: `slot * size` is inside the mapping of this slab.
        let start = unsafe { mapping.start.add(slot * size) };
        Ok(Region { start, len, home: Home::Slot { pool: self, class, slab, slot } })
    }

    fn give_back(&self, class: usize, slab: usize, slot: usize) {
        if self.process == Process::current() {
            self.class(class)[slab].free.push(slot as u16);
        }
    }
}

/// Whole pages from the kernel.
pub(crate) struct Mapping {
    start: NonNull<u8>,
    len: usize,
    locked: bool,
    wiped_on_fork: bool,
}

// SAFETY: a mapping is an address range; whoever holds it decides about access.
unsafe impl Send for Mapping {}

impl Mapping {
    pub(crate) fn new(len: usize) -> Result<Mapping> {
        // SAFETY: an anonymous private mapping at an address of the kernel's choice.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(out_of_memory(len));
        }
        // SAFETY: the three calls act on the range that was mapped just now. Failing advice
        // (an old kernel) leaves the memory usable; a failing lock is counted.
        let (wiped_on_fork, locked) = unsafe {
            libc::madvise(start, len, libc::MADV_DONTDUMP);
            let wiped = libc::madvise(start, len, libc::MADV_WIPEONFORK) == 0;
            (wiped, libc::mlock(start, len) == 0)
        };
        if locked { &LOCKED } else { &UNLOCKED }.fetch_add(len, Ordering::Relaxed);
        NonNull::new(start.cast())
            .map(|start| Mapping { start, len, locked, wiped_on_fork })
            .ok_or_else(|| out_of_memory(len))
    }
}

impl Mapping {
    /// Keeps the pages until the process ends, if a forked child finds them zero.
    pub(crate) fn forever_if_wiped_on_fork(self) -> Option<NonNull<u8>> {
        self.wiped_on_fork.then(|| std::mem::ManuallyDrop::new(self).start)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.locked { &LOCKED } else { &UNLOCKED }.fetch_sub(self.len, Ordering::Relaxed);
        // SAFETY: the range was mapped by `new` and nothing points into it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

fn out_of_memory(len: usize) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("no memory for {len} secret bytes"),
        "free memory or raise the limit of this process",
    )
}
