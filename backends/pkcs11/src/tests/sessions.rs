//! The pool of sessions.

use std::time::Duration;

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::shim::Shim;
use super::{private, random, soft_hsm, started, within};
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

test_alone! {
    fn threads_block_every_signal_and_end_with_the_token() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings).unwrap();
        let status = token.call(|_| Ok(std::fs::read_to_string("/proc/thread-self/status").unwrap()));
        let status = status.unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_string()
        };
        assert_eq!(field("Name:"), THREAD);
        let blocked = u64::from_str_radix(&field("SigBlk:"), 16).unwrap();
        // All but the two that cannot be blocked and the two that the C library keeps for itself.
        let others = [libc::SIGKILL, libc::SIGSTOP, 32, 33].map(|signal| 1_u64 << (signal - 1));
        assert_eq!(blocked | others.iter().sum::<u64>(), u64::MAX, "{blocked:x}");
        assert_eq!(threads(), 1);
        drop(token);
        // Done with the token, a thread still has to end.
        let dropped = std::time::Instant::now();
        while threads() > 0 {
            assert!(dropped.elapsed() < Duration::from_secs(30));
            std::thread::yield_now();
        }
    }
}

const THREAD: &str = "strongroom-p11";

/// How many threads of ours this process has.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::path::PathBuf| std::fs::read_to_string(task.join("comm"));
    tasks
        .filter(|task| name(task.as_ref().unwrap().path()).is_ok_and(|n| n.trim() == THREAD))
        .count()
}
