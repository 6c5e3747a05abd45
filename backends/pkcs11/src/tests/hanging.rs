//! A module that does not come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::shim::Shim;
use super::{private, random, soft_hsm, started, within};
use crate::harness::SoftHsm;
use crate::{Token, TokenSettings};

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
    fn at_most_four_threads_are_stuck_in_a_module_however_many_tokens_it_has() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        shim.token().add_token("other");
        let settings = within(Duration::from_secs(2), &settings);
        let mut others = settings.clone();
        others.token.label = Some("other".into());
        let tokens = [Token::open(settings).unwrap(), Token::open(others).unwrap()];
        shim.order("C_GenerateRandom", "hang");
        let mut most = 0;
        let kinds = std::thread::scope(|scope| {
            let ask = |token| scope.spawn(move || random(token).unwrap_err().kind());
            let mut all = tokens.iter().flat_map(|token| [token; 4]);
            let mut asked: Vec<_> = all.next().map(ask).into_iter().collect();
            // The others come when no answer was given for a moment.
            while shim.inside("C_GenerateRandom") == 0 {
                std::thread::yield_now();
            }
            asked.extend(all.map(ask));
            while !asked.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                most = most.max(shim.inside("C_GenerateRandom"));
            }
            asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        });
        let count = |kind| kinds.iter().filter(|other| **other == kind).count();
        assert_eq!(most, 4, "{kinds:?}");
        assert_eq!((count(ErrorKind::Timeout), count(ErrorKind::Unavailable)), (4, 4));
        shim.forget("C_GenerateRandom");
    }
}

test_alone! {
    fn more_than_four_work_at_once_in_a_module_that_answers() {
        let (_hsm, settings) = soft_hsm();
        let settings = TokenSettings { sessions: 8, ..settings };
        let token = Token::open(settings).unwrap();
        let begun = Instant::now();
        let inside = Arc::new(AtomicUsize::new(0));
        let mut together = 0;
        // Eight that stay until all are in, unless some are kept out for longer than a moment.
        while together < 8 && begun.elapsed() < Duration::from_secs(30) {
            std::thread::scope(|scope| {
                let stay = || {
                    let inside = inside.clone();
                    token.call(move |_| Ok(all_in(&inside, 8))).unwrap()
                };
                let stays: Vec<_> = (0..8).map(|_| scope.spawn(stay)).collect();
                together = stays.into_iter().map(|stay| stay.join().unwrap()).max().unwrap();
            });
        }
        assert_eq!(together, 8);
    }
}

/// Waits until so many are in, for a moment at most. How many there were.
fn all_in(inside: &AtomicUsize, wanted: usize) -> usize {
    let begun = Instant::now();
    let mut most = inside.fetch_add(1, Ordering::AcqRel) + 1;
    while most < wanted && begun.elapsed() < Duration::from_millis(200) {
        std::thread::yield_now();
        most = most.max(inside.load(Ordering::Acquire));
    }
    inside.fetch_sub(1, Ordering::AcqRel);
    most
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
