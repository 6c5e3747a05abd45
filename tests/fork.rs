//! A forked child: the parent's handles say so, the parent's secrets are zero, and the parent goes on.

// The children here end by _exit, so that nothing of the test runs twice.
#![allow(unsafe_code, reason = "fork(2) has no safe form")]

use std::sync::atomic::{AtomicBool, Ordering};

use strongroom::{ErrorKind, Layout, PutOptions, SecretBytes, Store};

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
    let mut status = 0;
    // SAFETY: `child` was forked above and is waited for once; `status` outlives the call.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(waited, child);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

#[test]
fn a_forked_child_has_neither_the_parents_secrets_nor_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::in_folder(folder.path());
    let store = Store::create(&layout).unwrap();
    let session = store.session();
    let path = "web1/borg".parse().unwrap();
    let put = |payload: &[u8]| {
        session.put(&path, &SecretBytes::copy_of(payload).unwrap(), &PutOptions::default())
    };
    put(b"correct horse").unwrap();
    let small = SecretBytes::copy_of(&[7; 40]).unwrap();
    let large = SecretBytes::copy_of(&[7; 40_000]).unwrap();
    let ordinary = Box::new([7_u8; 40]);

    // The control: ordinary memory is inherited.
    assert!(holds_in_child(|| ordinary.iter().all(|byte| *byte == 7)));
    assert!(!holds_in_child(|| false));
    assert!(holds_in_child(|| small.iter().chain(large.iter()).all(|byte| *byte == 0)));

    // Other threads hold the locks of the secret memory while the child is made.
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drop(SecretBytes::copy_of(&[1; 100]).unwrap());
                }
            });
        }
        for _ in 0..20 {
            assert!(holds_in_child(|| {
                let fresh = SecretBytes::copy_of(&[9; 100]).unwrap();
                fresh.iter().all(|byte| *byte == 9)
            }));
        }
        stop.store(true, Ordering::Relaxed);
    });

    assert!(holds_in_child(|| {
        let forked = |kind| kind == ErrorKind::Forked;
        let refused = session.get(&path).is_err_and(|e| forked(e.kind()))
            && session.erase(&path).is_err_and(|e| forked(e.kind()));
        drop((small, session.clone(), store.clone()));
        let own = Store::open(&layout.config).unwrap();
        refused && own.session().get(&path).unwrap().equals(b"correct horse")
    }));
    assert!(session.get(&path).unwrap().equals(b"correct horse"));
    assert_eq!(put(b"battery staple").unwrap().version, 2);
    assert!(large.iter().all(|byte| *byte == 7));
}
