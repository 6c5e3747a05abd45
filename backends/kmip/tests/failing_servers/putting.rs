//! Servers whose answer to a put is lost, or that cannot take all of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use strongroom_backend::ErrorKind;

use super::kmip::{FEATURE_NOT_SUPPORTED, ITEM_NOT_FOUND, PERMISSION_DENIED, Said, operation};
use super::{Site, objects, store};

/// What `store` puts.
const PAYLOAD: &[u8] = b"correct horse battery staple";

#[test]
fn a_registration_whose_answer_is_lost_is_found_again() {
    let site = Site::new();
    for (there, found) in [(PAYLOAD, true), (&b"another payload"[..], false)] {
        let registered = Arc::new(AtomicUsize::new(0));
        let counted = registered.clone();
        let (_server, settings) = site.answered(move |asked| match asked.operation {
            operation::REGISTER => {
                counted.fetch_add(1, Ordering::SeqCst);
                Said::HangUp
            }
            operation::GET => Said::Given("57", there.to_vec()),
            _ => Said::Done(&["57"]),
        });
        match store(&objects(settings)) {
            Ok(locator) => assert!(found && locator.as_bytes() == b"57"),
            Err(error) => {
                assert!(!found && error.kind() == ErrorKind::AlreadyExists, "{error:?}");
            }
        }
        assert_eq!(registered.load(Ordering::SeqCst), 1);
    }
}

/// Another server may not have yet what the first has registered.
#[test]
fn an_object_that_is_not_found_to_be_activated_may_be_there() {
    let site = Site::new();
    for (reason, kind) in
        [(ITEM_NOT_FOUND, ErrorKind::Timeout), (PERMISSION_DENIED, ErrorKind::Denied)]
    {
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let all = asked_for.clone();
        let (_server, settings) = site.answered(move |asked| {
            all.lock().unwrap().push(asked.operation);
            match asked.operation {
                operation::ACTIVATE => Said::Refused(reason),
                operation::GET => Said::Given("57", PAYLOAD.to_vec()),
                _ => Said::Done(&["57"]),
            }
        });
        let error = store(&objects(settings)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        let asked_for = asked_for.lock().unwrap();
        let count = |wanted| asked_for.iter().filter(|operation| **operation == wanted).count();
        assert_eq!(count(operation::REGISTER), 1);
        // The control: what is refused for certain is taken back.
        assert_eq!(count(operation::DESTROY), usize::from(kind == ErrorKind::Denied));
    }
}

#[test]
fn application_specific_information_that_is_refused_once_is_left_out() {
    let site = Site::new();
    for takes_it in [true, false] {
        let informed = Arc::new(Mutex::new(Vec::new()));
        let all = informed.clone();
        let (_server, settings) = site.answered(move |asked| match asked.operation {
            operation::REGISTER => {
                let is_informed = asked.says("Application Specific Information");
                all.lock().unwrap().push(is_informed);
                match is_informed && !takes_it {
                    true => Said::Refused(FEATURE_NOT_SUPPORTED),
                    false => Said::Done(&["57"]),
                }
            }
            _ => Said::Done(&["57"]),
        });
        let objects = objects(settings);
        for _ in 0..2 {
            store(&objects).unwrap();
        }
        let expected: &[bool] = if takes_it { &[true, true] } else { &[true, false, false] };
        assert_eq!(*informed.lock().unwrap(), expected);
    }
}
