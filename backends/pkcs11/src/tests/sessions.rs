//! The pool of sessions.

use std::time::Duration;

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::shim::Shim;
use super::{private, random, started, within};
use crate::harness::{SoftHsm, Spy};
use crate::{Token, TokenSettings};

test_alone! {
    fn many_threads_share_a_few_sessions() {
        let (spy, settings) = started(Spy::on(SoftHsm::start()));
        let settings = TokenSettings { sessions: 3, ..settings };
        let token = Token::open(settings).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        random(&token).unwrap();
                        private(&token).unwrap();
                    }
                });
            }
        });
        assert!((1..=3).contains(&spy.calls("C_OpenSession")));
        assert_eq!(spy.calls("C_Login"), 1);
        drop(token);
        assert_eq!(spy.calls("C_OpenSession"), spy.calls("C_CloseSession"));
        assert_eq!((spy.calls("C_Initialize"), spy.calls("C_Finalize")), (1, 1));
    }
}

test_alone! {
    fn a_warm_call_is_the_call_alone() {
        let (spy, settings) = started(Spy::on(SoftHsm::start()));
        let token = Token::open(settings).unwrap();
        spy.forget();
        for _ in 0..10 {
            random(&token).unwrap();
        }
        let calls = spy.all_calls();
        assert_eq!(calls.get("C_GenerateRandom"), Some(&10));
        assert_eq!(calls.len(), 1, "{calls:?}");
    }
}

test_alone! {
    fn a_token_without_sessions_left_makes_calls_wait_for_ours() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(settings.clone()).unwrap();
        shim.order("C_OpenSession", "0xB1");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| private(&token).unwrap()));
            }
        });
        // Control: without any session of our own there is nothing to wait for.
        let error = Token::open(settings.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.native(), Some("CKR_SESSION_COUNT"));
        shim.forget("C_OpenSession");
        Token::open(settings).unwrap();
    }
}

test_alone! {
    fn work_that_waits_for_a_stuck_thread_gets_another_one() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let settings = TokenSettings { sessions: 1, ..settings };
        let token = Token::open(within(Duration::from_secs(1), &settings)).unwrap();
        shim.order("C_GenerateRandom", "hang");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let kind = random(&token).unwrap_err().kind();
                    assert!([ErrorKind::Timeout, ErrorKind::Unavailable].contains(&kind));
                });
            }
        });
        private(&token).unwrap();
        shim.forget("C_GenerateRandom");
    }
}
