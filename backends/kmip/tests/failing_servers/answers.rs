//! Servers that speak KMIP, and answer what they should not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use strongroom_backend::{
    Backend, ErrorKind, KeyBackend, KeyPurpose, Locator, ProjectId, Reference, RootKeyId,
    SecretBytes, StoreId, WrapContext, host_micros,
};
use strongroom_kmip::{KmipClient, KmipKeys, Namespace, RootKeyUse, ServerAddress};

use super::kmip::{
    Attributes, ITEM_NOT_FOUND, OPERATION_NOT_SUPPORTED, PERMISSION_DENIED, Said,
    WRONG_KEY_LIFECYCLE_STATE, operation,
};
use super::server::Answer;
use super::{REPEATED, SHORT, Site, at_a_place, in_time, objects, payload_name, says, store};

#[test]
fn a_server_that_stops_at_the_first_refusal_still_destroys() {
    let site = Site::new();
    for willing in [true, false] {
        let destroyed = Arc::new(AtomicUsize::new(0));
        let counted = destroyed.clone();
        let reference = Reference::at(0).unwrap();
        let ours = Attributes::active("57", &payload_name(reference));
        let (_server, settings) = site.answered(move |asked| match asked.operation {
            operation::LOCATE => Said::Done(&["57"]),
            operation::GET_ATTRIBUTES => Said::Told(ours.clone()),
            operation::REVOKE => Said::Refused(WRONG_KEY_LIFECYCLE_STATE),
            operation::DESTROY if asked.together == 1 && !willing => {
                Said::Refused(PERMISSION_DENIED)
            }
            operation::DESTROY if asked.together == 1 => {
                counted.fetch_add(1, Ordering::SeqCst);
                Said::Done(&["57"])
            }
            _ => Said::LeftOut,
        });
        let done = objects(settings).destroy(&[(reference, Locator::default())]);
        assert_eq!(done.is_ok(), willing, "{done:?}");
        assert_eq!(destroyed.load(Ordering::SeqCst), usize::from(willing));
    }
}

#[test]
fn a_rehearsal_that_cannot_clean_up_leaves_an_object_of_now() {
    let site = Site::new();
    let named = Arc::new(Mutex::new(None));
    let seen = named.clone();
    let (_server, settings) = site.answered(move |asked| match asked.operation {
        operation::REGISTER => {
            let text = String::from_utf8_lossy(&asked.request);
            let (_, name) = text.split_once("strongroom/test/payload/").unwrap();
            *seen.lock().unwrap() = Some(name[..36].replace('-', ""));
            Said::Done(&["57"])
        }
        operation::DESTROY => Said::Refused(PERMISSION_DENIED),
        _ => Said::Done(&["57"]),
    });
    let before = host_micros() / 1_000;
    objects(settings).health();
    let after = host_micros() / 1_000;
    let hex = named.lock().unwrap().take().unwrap();
    let number = u128::from_str_radix(&hex, 16).unwrap();
    let millis = Reference::from_bytes(number.to_be_bytes()).millis();
    assert!((before..=after).contains(&millis), "{before} {millis} {after}");
}

#[test]
fn a_put_that_is_refused_says_so_when_it_cannot_clean_up_either() {
    let site = Site::new();
    let (_server, mut settings) = site.answered(|asked| match asked.operation {
        operation::ACTIVATE => Said::Refused(PERMISSION_DENIED),
        operation::REVOKE | operation::DESTROY => Said::Silence,
        _ => Said::Done(&["57"]),
    });
    settings.timeout = Duration::from_secs(6);
    let error = store(&objects(settings)).expect_err("it was refused");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
}

#[test]
fn an_answer_about_another_object_is_not_taken() {
    let site = Site::new();
    let locator = || Locator::new(b"57".to_vec());
    let cases: [(&'static [&'static str], _); 3] =
        [(&["57"], None), (&["58"], Some("about another object")), (&[], Some("no Unique Ident"))];
    for (told, why) in cases {
        let reference = Reference::at(0).unwrap();
        let ours = Attributes::active("57", &payload_name(reference));
        let (_server, mut settings) = site.answered(move |asked| match asked.operation {
            operation::LOCATE => Said::Done(&["57"]),
            operation::GET_ATTRIBUTES => Said::Told(ours.clone()),
            _ => Said::Done(told),
        });
        if why.is_some() {
            settings.timeout = REPEATED;
        }
        let objects = objects(settings);
        let destroyed = objects.destroy(&[(reference, locator())]);
        assert_eq!(destroyed.is_ok(), why.is_none(), "{destroyed:?}");
        if let (Err(error), Some(why)) = (destroyed, why) {
            // It may be that the right object is gone.
            says(&error, ErrorKind::Timeout, why);
            let error = in_time(|| at_a_place(|at| objects.load(at, &locator())).unwrap_err());
            says(&error, ErrorKind::Unavailable, why);
        }
    }
}

#[test]
fn what_another_key_encrypted_or_decrypted_is_not_taken() {
    let site = Site::new();
    let root = RootKeyId::new("root-1").unwrap();
    let context = WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::STORE,
        generation: 1,
        purpose: KeyPurpose::CheckValue,
    };
    // Its form is right.
    let wrapped = [b"SRM1\x01\x01\0\0", &[0; 97][..]].concat();
    for (told, is_about_it) in [("57", true), ("58", false)] {
        let (_server, mut settings) = site.answered(move |asked| match asked.operation {
            operation::LOCATE => Said::Done(&["57"]),
            operation::ENCRYPT | operation::DECRYPT => Said::Given(told, vec![]),
            _ => Said::Refused(OPERATION_NOT_SUPPORTED),
        });
        if !is_about_it {
            settings.timeout = REPEATED;
        }
        let client = Arc::new(KmipClient::new(settings).unwrap());
        let keys = KmipKeys::new(client, Namespace::new("test").unwrap(), RootKeyUse::InServer);
        let key = SecretBytes::random(32).unwrap();
        let encrypting = in_time(|| keys.wrap(&root, &key, &context).unwrap_err());
        let decrypting = in_time(|| keys.unwrap(&root, &wrapped, &context).unwrap_err());
        for error in [encrypting, decrypting] {
            match is_about_it {
                // The wrapped key is not to blame for an answer that cannot be understood.
                true => says(&error, ErrorKind::Unavailable, "it has no Data"),
                false => says(&error, ErrorKind::Unavailable, "about another object"),
            }
        }
    }
}

#[test]
fn an_old_version_is_spoken_only_with_servers_that_know_no_other() {
    let site = Site::new();
    for (reason, kind) in
        [(OPERATION_NOT_SUPPORTED, None), (PERMISSION_DENIED, Some(ErrorKind::Denied))]
    {
        let spoken = Arc::new(Mutex::new(Vec::new()));
        let seen = spoken.clone();
        let (_server, mut settings) = site.answered(move |asked| match asked.operation {
            operation::DISCOVER_VERSIONS => Said::Refused(reason),
            _ => {
                seen.lock().unwrap().push(asked.version());
                Said::Done(&[])
            }
        });
        settings.version = None;
        let told = objects(settings).marker();
        assert_eq!(told.as_ref().map_err(|error| error.kind()).err(), kind.as_ref().copied());
        let spoken = spoken.lock().unwrap();
        match kind {
            None => assert!(spoken.iter().all(|version| *version == (1, 0)) && !spoken.is_empty()),
            Some(_) => assert!(spoken.is_empty(), "{spoken:?}"),
        }
    }
}

#[test]
fn what_one_server_may_have_done_is_not_forgotten_when_the_next_is_not_there() {
    let site = Site::new();
    for silent in [true, false] {
        let reference = Reference::at(0).unwrap();
        let ours = Attributes::active("57", &payload_name(reference));
        let (_server, mut settings) = site.answered(move |asked| match asked.operation {
            operation::LOCATE => Said::Done(&["57"]),
            operation::GET_ATTRIBUTES => Said::Told(ours.clone()),
            operation::REVOKE | operation::DESTROY if silent => Said::Silence,
            _ => Said::Done(&["57"]),
        });
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        settings.servers.push(address(closed.port()));
        if silent {
            settings.timeout = REPEATED;
        }
        let done = objects(settings).destroy(&[(reference, Locator::default())]);
        match done {
            Ok(_) => assert!(!silent),
            Err(error) => says(&error, ErrorKind::Timeout, ""),
        }
    }
}

/// A put that the first server leaves unanswered: what the second does not have, the first may have.
#[test]
fn a_payload_is_not_put_again_because_a_stand_in_does_not_have_it() {
    let site = Site::new();
    let registered = Arc::new(AtomicUsize::new(0));
    let counted = registered.clone();
    let second = site.server(Answer::Kmip(Arc::new(move |asked| match asked.operation {
        operation::REGISTER => {
            counted.fetch_add(1, Ordering::SeqCst);
            Said::Done(&["1"])
        }
        _ => Said::Done(&[]),
    })));
    let (_first, mut settings) = site.answered(|_| Said::Silence);
    settings.servers.push(address(second.port()));
    settings.timeout = SHORT;
    let error = in_time(|| store(&objects(settings)).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert_eq!(registered.load(Ordering::SeqCst), 0, "{error:?}");
}

/// What the second server does not have, the first may have.
#[test]
fn an_adopted_object_is_not_missing_because_a_stand_in_does_not_have_it() {
    let site = Site::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Made in 1970, with a digest of nothing.
    let locator = Locator::new([&[0; 41][..], b"57"].concat());
    for (first, kind) in [(None, ErrorKind::NotFound), (Some(closed), ErrorKind::Unavailable)] {
        let (_server, mut settings) = site.answered(|_| Said::Refused(ITEM_NOT_FOUND));
        if let Some(closed) = first {
            settings.servers.insert(0, address(closed.port()));
        }
        let objects = objects(settings);
        let adopting = objects.adopt("57").unwrap_err();
        assert_eq!(adopting.kind(), kind, "{adopting:?}");
        let loading = at_a_place(|at| objects.load(at, &locator)).unwrap_err();
        assert_eq!(loading.kind(), kind, "{loading:?}");
    }
}

pub(crate) fn address(port: u16) -> ServerAddress {
    ServerAddress { host: "127.0.0.1".into(), port, server_name: None }
}
