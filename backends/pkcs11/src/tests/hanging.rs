//! A module that does not come back.

use std::time::{Duration, Instant};

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::shim::Shim;
use super::{private, random, started, within};
use crate::Token;
use crate::harness::SoftHsm;

const SHORT: Duration = Duration::from_millis(300);

test_alone! {
    fn a_call_that_hangs_times_out_and_the_rest_goes_on() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(within(SHORT, &settings)).unwrap();
        let patient = Token::open(settings).unwrap();
        shim.order("C_GenerateRandom", "hang");
        for _ in 0..4 {
            private(&patient).unwrap();
            assert_eq!(random(&token).unwrap_err().kind(), ErrorKind::Timeout);
        }
        let asked = Instant::now();
        let error = private(&patient).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(asked.elapsed() < SHORT, "at once");
        assert_eq!(random(&token).unwrap_err().kind(), ErrorKind::Unavailable);

        shim.forget("C_GenerateRandom");
        let ended = Instant::now();
        while private(&patient).is_err() {
            assert!(ended.elapsed() < Duration::from_secs(30));
            std::thread::yield_now();
        }
        random(&patient).unwrap();
        private(&patient).unwrap();
    }
}

test_alone! {
    fn a_token_that_hangs_is_dropped_within_a_bound() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(within(SHORT, &settings)).unwrap();
        shim.order("C_GenerateRandom", "hang");
        random(&token).unwrap_err();
        shim.order("C_CloseSession", "hang");
        private(&token).unwrap();
        let dropped = Instant::now();
        drop(token);
        assert!(dropped.elapsed() < Duration::from_secs(30));
        shim.forget("C_GenerateRandom");
        shim.forget("C_CloseSession");
    }
}

test_alone! {
    fn opening_a_token_that_hangs_times_out() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        for function in ["C_Initialize", "C_GetSlotList", "C_OpenSession", "C_Login"] {
            shim.order(function, "hang");
            let error = Token::open(within(SHORT, &settings)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{function}");
            shim.forget(function);
            let ended = Instant::now();
            while Token::open(settings.clone()).is_err() {
                assert!(ended.elapsed() < Duration::from_secs(30), "{function}");
            }
        }
    }
}

test_alone! {
    fn a_module_that_hangs_while_it_is_restarted_times_out() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(settings.clone()).unwrap();
        private(&token).unwrap();
        for function in ["C_Finalize", "C_Initialize"] {
            shim.token().take_away();
            shim.order(function, "hang");
            let asked = Instant::now();
            // Those who wait for their turn meanwhile have bounds of their own.
            while Token::open(within(SHORT, &settings)).unwrap_err().kind() != ErrorKind::Timeout {
                assert!(asked.elapsed() < Duration::from_secs(30), "{function}");
            }
            shim.forget(function);
            shim.token().give_back();
            let back = Instant::now();
            while Token::open(settings.clone()).is_err() || private(&token).is_err() {
                assert!(back.elapsed() < Duration::from_secs(30), "{function}");
            }
        }
    }
}

test_alone! {
    fn a_dead_pipe_in_the_module_does_not_end_the_host() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        // The test harness of Rust ignores SIGPIPE; most hosts do not.
        default_sigpipe();
        let token = Token::open(settings).unwrap();
        shim.order("C_GenerateRandom", "pipe");
        assert_eq!(random(&token).unwrap_err().native(), Some("CKR_DEVICE_REMOVED"));
        shim.forget("C_GenerateRandom");
        random(&token).unwrap();
    }
}

#[allow(unsafe_code, reason = "signal(2)")]
pub(super) fn default_sigpipe() {
    // SAFETY: the default disposition, in a process of this test's own.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}
