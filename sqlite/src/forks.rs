//! What lets a forked child open databases that its parent has open.
//!
//! SQLite keeps what it has locked in lists of the process, by device and inode, because POSIX locks
//! belong to processes. A child inherits the lists and none of the locks: it would take its parent's
//! locks for its own, wait for threads that it does not have, and write to a log that the parent, alone
//! by the file's locks, removes. So a child finds every file under another device number: it begins with
//! lists of its own. And nobody forks while another thread changes the lists.
#![allow(unsafe_code, reason = "functions that SQLite calls by their pointers, and fork handlers")]

use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::ffi;
use strongroom_backend::Process;

/// Descriptors of open lock files. A lock belongs to the open file, which a child shares: it would
/// hold the lock for as long as it lives, its parent long dead.
static LOCK_FILES: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// SQLite's own mutexes. Those for applications, 8 to 10, are not ours to hold.
const MUTEXES: [c_int; 9] = [2, 3, 4, 5, 6, 7, 11, 12, 13];

/// Nobody holds one of them for as long as this in all.
const TRIES: usize = 10_000;
const PAUSE: Duration = Duration::from_micros(100);

/// Makes this process ready to fork, before it opens its first database.
pub(crate) fn prepare_for_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        PARENT.store(Process::current().number(), Ordering::Relaxed);
        // SAFETY: the calls have the types of those that they stand for, in the table of the only VFS
        // that is used; nothing is open yet, or was opened under the same numbers.
        unsafe { replace_stat() };
        let _ = mutexes();
        // SAFETY: the three handlers live as long as the library, which is never unloaded.
        unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after_in_child)) };
    });
}

/// The process that sees devices as they are.
static PARENT: AtomicU64 = AtomicU64::new(0);

type SystemCall = unsafe extern "C" fn();
type Stat = unsafe extern "C" fn(*const c_char, *mut libc::stat64) -> c_int;
type Fstat = unsafe extern "C" fn(c_int, *mut libc::stat64) -> c_int;

/// # Safety
/// No other thread uses SQLite's table of system calls.
unsafe fn replace_stat() {
    // SAFETY: the default VFS outlives the process, and takes any function by name.
    unsafe {
        let vfs = ffi::sqlite3_vfs_find(std::ptr::null());
        let Some(set) = vfs.as_ref().and_then(|vfs| vfs.xSetSystemCall) else { return };
        let stat = std::mem::transmute::<Stat, SystemCall>(stat);
        let fstat = std::mem::transmute::<Fstat, SystemCall>(fstat);
        set(vfs, c"stat".as_ptr(), Some(stat));
        set(vfs, c"fstat".as_ptr(), Some(fstat));
    }
}

unsafe extern "C" fn stat(path: *const c_char, found: *mut libc::stat64) -> c_int {
    // SAFETY: what SQLite gives to stat().
    unsafe { renumbered(libc::stat64(path, found), found) }
}

unsafe extern "C" fn fstat(file: c_int, found: *mut libc::stat64) -> c_int {
    // SAFETY: what SQLite gives to fstat().
    unsafe { renumbered(libc::fstat64(file, found), found) }
}

/// Devices have numbers of 32 bits; a child's own number goes above them.
///
/// # Safety
/// `found` was filled if `result` is 0.
unsafe fn renumbered(result: c_int, found: *mut libc::stat64) -> c_int {
    let me = Process::current().number();
    if result == 0 && me != PARENT.load(Ordering::Relaxed) {
        // SAFETY: as the caller promises.
        unsafe { (*found).st_dev ^= me << 32 };
    }
    result
}

/// The mutexes' addresses; SQLite has them for good.
fn mutexes() -> &'static [usize] {
    static ALL: OnceLock<Vec<usize>> = OnceLock::new();
    ALL.get_or_init(|| {
        // SAFETY: a static mutex is given out, not made. NULL without threads, where there is no need.
        let address = |id: &c_int| unsafe { ffi::sqlite3_mutex_alloc(*id) } as usize;
        MUTEXES.iter().map(address).filter(|address| *address != 0).collect()
    })
}

thread_local! {
    static HOLDS_ALL: Cell<bool> = const { Cell::new(false) };
    /// The list of lock files, from before a fork until after it.
    static FORKING: Cell<Option<MutexGuard<'static, Vec<RawFd>>>> = const { Cell::new(None) };
}

/// Takes all mutexes, or none for a moment: whoever has one may want another. One that is never given
/// back is this thread's own, which forks in a signal handler: better that than to hang.
extern "C" fn before() {
    for _ in 0..TRIES {
        let taken = mutexes().iter().take_while(|mutex| is_taken(**mutex)).count();
        if taken == mutexes().len()
            && let Ok(files) = LOCK_FILES.try_lock()
        {
            FORKING.set(Some(files));
            HOLDS_ALL.set(true);
            return;
        }
        give_back(taken);
        std::thread::sleep(PAUSE);
    }
}

/// Notes that no child may have this lock file open.
pub(crate) fn add_lock_file(file: RawFd) {
    prepare_for_forks();
    lock_files().push(file);
}

/// To be called before the file is closed.
pub(crate) fn remove_lock_file(file: RawFd) {
    lock_files().retain(|known| *known != file);
}

fn lock_files() -> MutexGuard<'static, Vec<RawFd>> {
    LOCK_FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts /dev/null into the place of the parent's lock files. Their numbers stay taken: the handles that
/// the child inherited may still close them.
extern "C" fn after_in_child() {
    if let Some(mut files) = FORKING.take() {
        // SAFETY: calls that a child may make, on descriptors that it has.
        unsafe {
            let nowhere = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
            for file in files.drain(..) {
                libc::dup3(nowhere, file, libc::O_CLOEXEC);
            }
            libc::close(nowhere);
        }
    }
    after();
}

extern "C" fn after() {
    if HOLDS_ALL.replace(false) {
        FORKING.take();
        give_back(mutexes().len());
    }
}

fn is_taken(mutex: usize) -> bool {
    // SAFETY: one of SQLite's own, which it has for good.
    unsafe { ffi::sqlite3_mutex_try(mutex as *mut ffi::sqlite3_mutex) == ffi::SQLITE_OK }
}

/// Gives the first ones back, which this thread has taken.
fn give_back(taken: usize) {
    for mutex in mutexes()[..taken].iter().rev() {
        // SAFETY: as above, and this thread has it.
        unsafe { ffi::sqlite3_mutex_leave(*mutex as *mut ffi::sqlite3_mutex) };
    }
}
