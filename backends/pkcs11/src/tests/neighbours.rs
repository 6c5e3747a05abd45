//! A host that uses the module as well, and forks.
#![allow(unsafe_code, reason = "fork(2), and a function of the module by its pointer")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::{private, random, soft_hsm};
use crate::{Token, TokenSettings};

/// Closes every session of this process with the first token, as another part of it may.
pub(super) fn close_all_sessions(settings: &TokenSettings) {
    let module = Pkcs11::new(&settings.module).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let path = CString::new(settings.module.as_os_str().as_bytes()).unwrap();
    // SAFETY: a module that stays loaded, and a function of it with the type that PKCS#11 gives it.
    let answer = unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        let close = libc::dlsym(library, c"C_CloseAllSessions".as_ptr());
        let close = std::mem::transmute::<*mut libc::c_void, extern "C" fn(u64) -> u64>(close);
        close(slot.id())
    };
    assert_eq!(answer, 0);
}

/// Runs this in a forked child, and tells whether it came to a good end.
fn in_child(body: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    // SAFETY: the child runs what the test gives it and ends without running destructors of others.
    match unsafe { libc::fork() } {
        0 => {
            let good = std::panic::catch_unwind(body).is_ok();
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!good)) }
        }
        child => {
            assert!(child > 0);
            let mut status = 0;
            // SAFETY: `child` was forked above and is waited for once; `status` outlives the call.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}

test_alone! {
    fn a_module_that_the_host_initialised_is_not_finalised() {
        let (_hsm, settings) = soft_hsm();
        let host = Pkcs11::new(&settings.module).unwrap();
        host.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        let slot = host.get_slots_with_initialized_token().unwrap()[0];
        let session = host.open_ro_session(slot).unwrap();
        for _ in 0..2 {
            private(&Token::open(settings.clone()).unwrap()).unwrap();
            session.get_session_info().unwrap();
        }
        host.get_library_info().unwrap();
    }
}

test_alone! {
    fn a_module_that_we_initialised_is_finalised_by_the_last_token() {
        let (_hsm, settings) = soft_hsm();
        let host = Pkcs11::new(&settings.module).unwrap();
        let one = Token::open(settings.clone()).unwrap();
        let two = Token::open(settings.clone()).unwrap();
        let again = two.clone();
        drop(one);
        drop(two);
        host.get_library_info().unwrap();
        private(&again).unwrap();
        drop(again);
        host.get_library_info().unwrap_err();
        private(&Token::open(settings).unwrap()).unwrap();
        host.get_library_info().unwrap_err();
    }
}

test_alone! {
    fn a_forked_child_uses_and_closes_nothing_of_its_parent() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings.clone()).unwrap();
        private(&token).unwrap();
        let good = in_child(|| {
            assert_eq!(random(&token).unwrap_err().kind(), ErrorKind::Forked);
            let own = Token::open(settings.clone()).unwrap();
            private(&own).unwrap();
            drop(own);
            drop(token.clone());
            // SAFETY: the child never uses it again, and neither does it touch its parent's.
            drop(unsafe { std::ptr::read(&token) });
            private(&Token::open(settings.clone()).unwrap()).unwrap();
            let grandchild = in_child(|| private(&Token::open(settings.clone()).unwrap()).unwrap());
            assert!(grandchild);
        });
        assert!(good);
        private(&token).unwrap();
    }
}

test_alone! {
    fn a_child_forked_in_the_middle_of_everything_opens_its_own() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings.clone()).unwrap();
        let busy = AtomicBool::new(true);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while busy.load(Ordering::Relaxed) {
                        let _ = random(&token).unwrap();
                    }
                });
            }
            for _ in 0..20 {
                // What a module does in a child of a parent that was inside it is the module's matter;
                // ours is that nothing waits for ever.
                let good = in_child(|| {
                    assert_eq!(random(&token).unwrap_err().kind(), ErrorKind::Forked);
                });
                assert!(good);
            }
            busy.store(false, Ordering::Relaxed);
        });
        random(&token).unwrap();
    }
}
