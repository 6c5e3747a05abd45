//! Coming back by itself.

use std::time::{Duration, Instant};

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use strongroom_backend::{Error, ErrorKind, Result};

use super::alone::test_alone;
use super::shim::Shim;
use super::{private, random, soft_hsm, started, within};
use crate::harness::{SoftHsm, Spy};
use crate::{Token, TokenSettings, sight};

/// The same module, in other hands.
fn other_part(settings: &TokenSettings) -> Pkcs11 {
    Pkcs11::new(&settings.module).unwrap()
}

test_alone! {
    fn a_logout_by_another_part_of_the_process_is_made_good() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings.clone()).unwrap();
        private(&token).unwrap();
        let other = other_part(&settings);
        let slot = other.get_slots_with_initialized_token().unwrap()[0];
        for _ in 0..3 {
            other.open_rw_session(slot).unwrap().logout().unwrap();
            private(&token).unwrap();
        }
    }
}

test_alone! {
    fn stolen_sessions_are_replaced_by_one_login() {
        let (spy, settings) = started(Spy::on(SoftHsm::start()));
        let token = Token::open(settings.clone()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| private(&token).unwrap()));
            }
        });
        super::neighbours::close_all_sessions(&settings);
        spy.forget();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| private(&token).unwrap()));
            }
        });
        assert_eq!(spy.calls("C_Login"), 1, "no storm");
        assert!(spy.calls("C_OpenSession") <= TokenSettings::SESSIONS);
    }
}

test_alone! {
    fn a_module_that_the_host_finalised_is_initialised_again() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings.clone()).unwrap();
        for _ in 0..3 {
            other_part(&settings).finalize().unwrap();
            private(&token).unwrap();
        }
    }
}

test_alone! {
    fn a_second_connection_finds_what_the_first_one_lost() {
        let (hsm, settings) = soft_hsm();
        let settings = within(Duration::from_secs(1), &settings);
        let first = Token::open(settings.clone()).unwrap();
        hsm.take_away();
        let error = Token::open(settings.clone()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        hsm.give_back();
        let back = Instant::now();
        while let Err(error) = Token::open(settings.clone()) {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            assert!(back.elapsed() < settings.timeout * 2, "not within two timeouts");
            std::thread::sleep(Duration::from_millis(10));
        }
        private(&first).unwrap();
    }
}

test_alone! {
    fn a_token_that_never_was_there_ends_nobodys_sessions() {
        let (spy, settings) = started(Spy::on(SoftHsm::start()));
        let first = Token::open(settings.clone()).unwrap();
        let mut other = settings;
        other.token.label = Some("another".to_string());
        assert!(Token::open(other).is_err());
        private(&first).unwrap();
        assert_eq!(spy.calls("C_Finalize"), 0);
        drop(first);
        assert_eq!(spy.calls("C_Finalize"), 1);
    }
}

test_alone! {
    fn a_token_taken_away_is_found_again_when_it_is_back() {
        let (hsm, settings) = soft_hsm();
        let settings = within(Duration::from_secs(1), &settings);
        let token = Token::open(settings.clone()).unwrap();
        keep(&token, 1).unwrap();
        assert_eq!(kept(&token).unwrap(), 1);
        for _ in 0..2 {
            hsm.take_away();
            // Where the token is not asked, SoftHSM finds nothing and is content.
            assert_eq!(kept(&token).unwrap_err().kind(), ErrorKind::Unavailable);
            let error = keep(&token, 2).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().contains("not there"), "{error}");
            hsm.give_back();
            let back = Instant::now();
            while let Err(error) = kept(&token) {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
                assert!(back.elapsed() < settings.timeout * 2, "not within two timeouts");
                std::thread::sleep(Duration::from_millis(10));
            }
            assert_eq!(kept(&token).unwrap(), 1);
        }
        keep(&token, 2).unwrap();
        assert_eq!(kept(&token).unwrap(), 2);
    }
}

/// Writes an object to the token.
fn keep(token: &Token, number: u8) -> Result<ObjectHandle> {
    token.call(move |held| {
        let class = Attribute::Class(ObjectClass::DATA);
        let private = [Attribute::Token(true), Attribute::Private(true)];
        let data = [class, Attribute::Value(vec![number; 100])];
        Ok(held.create_object(&[&private[..], &data[..]].concat())?)
    })
}

/// How many objects the token has.
fn kept(token: &Token) -> Result<usize> {
    token.call_repeatable(|held| {
        let found = held.find_objects(&[Attribute::Class(ObjectClass::DATA)])?;
        if found.is_empty() {
            sight::is_clear(held)?;
        }
        Ok(found.len())
    })
}

test_alone! {
    fn what_a_token_that_was_taken_away_does_not_find_is_not_believed() {
        let (hsm, settings) = soft_hsm();
        let settings = within(Duration::from_secs(1), &settings);
        let token = Token::open(settings).unwrap();
        keep(&token, 1).unwrap();
        let missing = || {
            token.call(|held| {
                match held.find_objects(&[Attribute::Class(ObjectClass::DATA)])?.len() {
                    0 => Err(Error::new(ErrorKind::NotFound, "no object", "make one").into()),
                    found => Ok(found),
                }
            })
        };
        assert_eq!(missing().unwrap(), 1);
        hsm.take_away();
        assert_eq!(missing().unwrap_err().kind(), ErrorKind::Unavailable);
    }
}

test_alone! {
    fn a_failing_call_is_made_good_and_where_that_is_not_certain_the_next_one_works() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(settings).unwrap();
        // Session handle invalid, not logged in, not initialised, token not present, handle invalid.
        for code in ["0xB3", "0x101", "0x190", "0xE0", "0x60", "0x82"] {
            shim.order("C_GenerateRandom", &format!("{code} once"));
            random(&token).unwrap_or_else(|e| panic!("{code}: {e}"));
            assert!(!shim.waits("C_GenerateRandom"));
        }
        // Session closed, device removed, device error: may come in the middle of the work.
        for (code, name) in
            [("0xB0", "CKR_SESSION_CLOSED"), ("0x32", "CKR_DEVICE_REMOVED"), ("0x30", "CKR_DEVICE_ERROR")]
        {
            shim.order("C_GenerateRandom", &format!("{code} once after"));
            let error = random(&token).unwrap_err();
            assert_eq!((error.kind(), error.native()), (ErrorKind::Timeout, Some(name)));
            random(&token).unwrap();
            shim.order("C_GenerateRandom", &format!("{code} once"));
            random_repeatable(&token).unwrap();
        }
    }
}

fn random_repeatable(token: &Token) -> Result<()> {
    token.call_repeatable(|held| Ok(held.generate_random_slice(&mut [0; 16])?))
}

test_alone! {
    fn work_is_done_again_once_and_no_more() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(settings).unwrap();
        for code in ["0xB3", "0x101", "0xE0", "0x32"] {
            shim.order("C_GenerateRandom", code);
            let error = random_repeatable(&token).unwrap_err();
            assert!(error.native().is_some(), "{error}");
        }
        shim.forget("C_GenerateRandom");
        random(&token).unwrap();
    }
}

test_alone! {
    fn a_stale_handle_is_looked_up_again() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings).unwrap();
        let tries = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = tries.clone();
        let size = token.call(move |held| {
            let key = held.cached(b"key", |session| {
                use cryptoki::{mechanism::Mechanism, object::Attribute};
                // The first find gives a handle that is none.
                if seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                    let key = session.generate_key(&Mechanism::AesKeyGen, &[Attribute::ValueLen(32.into())])?;
                    session.destroy_object(key)?;
                    return Ok::<ObjectHandle, crate::failure::Failure>(key);
                }
                Ok(session.generate_key(&Mechanism::AesKeyGen, &[Attribute::ValueLen(32.into())])?)
            })?;
            Ok(held.get_attributes(key, &[cryptoki::object::AttributeType::Class])?.len())
        });
        assert_eq!(size.unwrap(), 1);
        assert_eq!(tries.load(std::sync::atomic::Ordering::Relaxed), 2);
    }
}

/// The number of the session that does the next call.
fn session_of(token: &Token) -> u64 {
    token.call(|held| Ok(held.handle())).unwrap()
}

test_alone! {
    fn a_session_that_fails_for_no_reason_is_replaced_without_a_login() {
        let (shim, settings) = started(Shim::on(Spy::on(SoftHsm::start())));
        let settings = TokenSettings { sessions: 1, ..settings };
        let token = Token::open(settings.clone()).unwrap();
        let neighbour = Token::open(settings).unwrap();
        private(&neighbour).unwrap();
        let spy = shim.token();
        // General error, function failed, operation not initialised, vendor-defined, unknown.
        for code in ["0x5", "0x6", "0x91", "0x80000001", "0x7fff"] {
            private(&token).unwrap();
            let stale = session_of(&token);
            shim.order_session(stale, code);
            spy.forget();
            let error = private(&token).unwrap_err();
            assert!(error.native().is_some(), "the control: {code} was answered: {error}");
            private(&token).unwrap_or_else(|e| panic!("{code}: {e}"));
            assert_ne!(session_of(&token), stale, "{code}");
            for function in ["C_Login", "C_Initialize", "C_Finalize"] {
                assert_eq!(spy.calls(function), 0, "{code}: {function}");
            }
            private(&neighbour).unwrap();
            // What can be done twice does not even fail.
            shim.order_session(session_of(&token), code);
            random_repeatable(&token).unwrap();
        }
    }
}

test_alone! {
    fn a_session_on_which_known_good_data_do_not_open_is_replaced() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(TokenSettings { sessions: 1, ..settings }).unwrap();
        let before = session_of(&token);
        let refused = |kind| {
            let failure = move || Error::new(kind, "does not open", "look at it").into();
            token.call::<()>(move |_| Err(failure())).unwrap_err();
            session_of(&token)
        };
        // Control: data that are to blame themselves.
        assert_eq!(refused(ErrorKind::Corrupt), before);
        assert_ne!(refused(ErrorKind::Unavailable), before);
    }
}

test_alone! {
    fn a_token_that_fails_on_every_session_gets_no_storm_of_them() {
        let (shim, settings) = started(Shim::on(Spy::on(SoftHsm::start())));
        let settings = TokenSettings { sessions: 1, ..within(Duration::from_secs(60), &settings) };
        let token = Token::open(settings).unwrap();
        shim.order("C_GenerateRandom", "0x5");
        shim.token().forget();
        for _ in 0..20 {
            assert_eq!(random(&token).unwrap_err().native(), Some("CKR_GENERAL_ERROR"));
        }
        assert_eq!(shim.token().calls("C_OpenSession"), 1);
        assert_eq!(shim.token().calls("C_Login"), 0);
        shim.forget("C_GenerateRandom");
        random(&token).unwrap();
    }
}

test_alone! {
    fn a_session_for_whose_successor_the_token_has_no_room_is_closed_first() {
        let (shim, settings) = started(Shim::on(Spy::on(SoftHsm::start())));
        let token = Token::open(TokenSettings { sessions: 1, ..settings }).unwrap();
        shim.order("C_GenerateRandom", "0x5 once");
        random(&token).unwrap_err();
        shim.order("C_OpenSession", "0xB1 once");
        shim.token().forget();
        random(&token).unwrap();
        assert!(!shim.waits("C_OpenSession"), "the control: it had no room once");
        let calls = shim.token().all_calls();
        let count = |name| calls.get(name).copied();
        assert_eq!((count("C_OpenSession"), count("C_CloseSession")), (Some(1), Some(1)), "{calls:?}");
    }
}

test_alone! {
    fn a_lost_token_beside_a_stuck_call_keeps_nobody_waiting() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let hasty = Token::open(within(Duration::from_secs(1), &settings)).unwrap();
        let healthy = Token::open(settings.clone()).unwrap();
        private(&healthy).unwrap();
        shim.order("C_GenerateRandom", "hang");
        assert_eq!(random(&hasty).unwrap_err().kind(), ErrorKind::Timeout);
        // Token not present.
        shim.order("C_GetTokenInfo", "0xE0");
        let patience = Duration::from_secs(40);
        let asked = Instant::now();
        let error = Token::open(within(patience, &settings)).map(drop).unwrap_err();
        assert_eq!(error.native(), Some("CKR_TOKEN_NOT_PRESENT"), "the control: it is lost");
        private(&healthy).unwrap();
        assert!(asked.elapsed() < patience / 2, "nobody waits for a restart that is not to be");
        shim.forget("C_GenerateRandom");
    }
}

test_alone! {
    fn a_module_is_not_restarted_under_a_thread_that_opens_or_closes_a_session() {
        let (shim, settings) = started(Shim::on(Spy::on(SoftHsm::start())));
        let (short, long) = (Duration::from_millis(300), Duration::from_secs(60));
        let first = Token::open(settings.clone()).unwrap();
        let lost = |patience| {
            // Token not present.
            shim.order("C_GetTokenInfo", "0xE0");
            Token::open(within(patience, &settings)).map(drop).unwrap_err();
            shim.forget("C_GetTokenInfo");
            shim.token().calls("C_Finalize")
        };
        for (function, ends) in [("C_OpenSession", false), ("C_CloseSession", true)] {
            let other = ends.then(|| Token::open(within(long, &settings)).unwrap());
            shim.order(function, "hang");
            std::thread::scope(|scope| {
                let works = scope.spawn(|| match other {
                    Some(other) => drop(other),
                    None => drop(Token::open(within(long, &settings)).unwrap()),
                });
                let begun = Instant::now();
                while shim.inside(function) == 0 {
                    assert!(begun.elapsed() < Duration::from_secs(30), "{function}");
                    std::thread::yield_now();
                }
                for _ in 0..2 {
                    assert_eq!(lost(short), 0, "{function}");
                }
                shim.forget(function);
                works.join().unwrap();
            });
        }
        assert_eq!(lost(long), 1, "the control: where nobody is inside, it is restarted");
        drop(first);
    }
}
