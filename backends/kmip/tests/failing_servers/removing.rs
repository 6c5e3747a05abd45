//! Servers on which it is not plain what is to be destroyed, or whether it was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use strongroom_backend::{Backend, Destroyed, ErrorKind, Locator, Reference, Result};
use strongroom_kmip::KmipSettings;

use super::kmip::{
    Asked, Attributes, FEATURE_NOT_SUPPORTED, GENERAL_FAILURE, ITEM_NOT_FOUND, Said, operation,
};
use super::server::TestServer;
use super::{Site, objects, payload_name};

/// What was revoked and destroyed, in that order.
type Seen = Arc<Mutex<Vec<(u32, String)>>>;

/// A server that has these objects, finds those that a search for any name is to find, and does the rest,
/// unless `said` says otherwise.
fn server(
    site: &Site,
    found: &'static [&'static str],
    objects: Vec<Attributes>,
    said: impl Fn(&Asked) -> Option<Said> + Send + Sync + 'static,
) -> (TestServer, KmipSettings, Seen) {
    let seen = Seen::default();
    let all = seen.clone();
    let objects: BTreeMap<String, Attributes> =
        objects.into_iter().map(|object| (object.identifier.clone(), object)).collect();
    let (server, settings) = site.answered(move |asked| {
        if let Some(said) = said(asked) {
            return said;
        }
        let identifier = asked.identifier.clone().unwrap_or_default();
        match asked.operation {
            operation::LOCATE => Said::Done(found),
            operation::GET_ATTRIBUTES => match objects.get(&identifier) {
                Some(object) => Said::Told(object.clone()),
                None => Said::Refused(ITEM_NOT_FOUND),
            },
            operation => {
                all.lock().unwrap().push((operation, identifier.clone()));
                Said::Told(Attributes { identifier, ..Attributes::default() })
            }
        }
    });
    (server, settings, seen)
}

fn destroyed(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().unwrap();
    seen.iter().filter(|(op, _)| *op == operation::DESTROY).map(|(_, id)| id.clone()).collect()
}

fn destroy(settings: KmipSettings, reference: Reference, locator: &str) -> Result<Destroyed> {
    objects(settings).destroy(&[(reference, Locator::new(locator.as_bytes().to_vec()))])
}

#[test]
fn what_a_search_finds_without_our_name_is_not_destroyed() {
    let site = Site::new();
    let reference = Reference::at(0).unwrap();
    let ours = Attributes::active("57", &payload_name(reference));
    let other = payload_name(Reference::at(1).unwrap());
    for (name, remains) in [("accounting", true), (&other[..], false)] {
        let objects = vec![ours.clone(), Attributes::active("58", name)];
        let (_server, settings, seen) = server(&site, &["57", "58"], objects, |_| None);
        let done = destroy(settings, reference, "").unwrap();
        assert_eq!(destroyed(&seen), ["57"]);
        match done {
            Destroyed::Remains(why) => assert!(remains && why.contains("58"), "{why}"),
            Destroyed::Gone => assert!(!remains, "{name}"),
        }
    }
}

#[test]
fn an_object_that_was_renamed_is_destroyed_where_it_is_ours_for_certain() {
    let site = Site::new();
    let reference = Reference::at(0).unwrap();
    let other = payload_name(Reference::at(1).unwrap());
    let called =
        |name: &str, data: Option<String>| Attributes { data, ..Attributes::active("57", name) };
    let known = called("an operator's", Some(payload_name(reference)));
    for (object, is_destroyed, is_gone) in [
        (known, true, true),
        (called("an operator's", None), false, false),
        // A server that came back from a backup gave the identifier out again.
        (called(&other, None), false, true),
        (called("an operator's", Some(other.clone())), false, true),
    ] {
        let (_server, settings, seen) = server(&site, &[], vec![object], |_| None);
        let done = destroy(settings, reference, "57").unwrap();
        assert_eq!(destroyed(&seen).len(), usize::from(is_destroyed));
        assert_eq!(done == Destroyed::Gone, is_gone, "{done:?}");
    }
}

#[test]
fn an_object_is_revoked_before_it_is_destroyed_and_only_if_it_is_active() {
    let site = Site::new();
    let reference = Reference::at(0).unwrap();
    let both = [operation::REVOKE, operation::DESTROY];
    for (state, expected) in [
        (Some(1), &both[1..]),
        (Some(2), &both),
        (Some(3), &both[1..]),
        (Some(4), &both[1..]),
        (None, &both),
        (Some(5), &[]),
    ] {
        let object = Attributes { state, ..Attributes::active("57", &payload_name(reference)) };
        let (_server, settings, seen) = server(&site, &["57"], vec![object], |_| None);
        assert_eq!(destroy(settings, reference, "57").unwrap(), Destroyed::Gone);
        let seen: Vec<u32> = seen.lock().unwrap().iter().map(|(op, _)| *op).collect();
        assert_eq!(seen, expected, "{state:?}");
    }
}

#[test]
fn the_order_is_asked_for_and_kept_where_the_server_cannot_promise_it() {
    let site = Site::new();
    let reference = Reference::at(0).unwrap();
    for promises in [true, false] {
        let object = Attributes::active("57", &payload_name(reference));
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let all = asked_for.clone();
        let (_server, settings, seen) = server(&site, &["57"], vec![object], move |asked| {
            all.lock().unwrap().push((asked.operation, asked.is_in_order()));
            (asked.is_in_order() && !promises).then_some(Said::Refused(FEATURE_NOT_SUPPORTED))
        });
        assert_eq!(destroy(settings, reference, "57").unwrap(), Destroyed::Gone);
        let seen: Vec<u32> = seen.lock().unwrap().iter().map(|(op, _)| *op).collect();
        assert_eq!(seen, [operation::REVOKE, operation::DESTROY]);
        let in_order = [(operation::REVOKE, true), (operation::DESTROY, true)];
        let alone = [(operation::REVOKE, false), (operation::DESTROY, false)];
        // The control: nothing else needs it.
        let looked = [(operation::LOCATE, false), (operation::GET_ATTRIBUTES, false)];
        let then = if promises { &alone[..0] } else { &alone };
        assert_eq!(*asked_for.lock().unwrap(), [&looked[..], &in_order, then].concat());
    }
}

#[test]
fn what_fails_after_something_was_destroyed_does_not_count_as_without_effect() {
    let site = Site::new();
    // More than go into one message.
    let references: Vec<_> = (0..40).map(|_| Reference::at(0).unwrap()).collect();
    let targets: Vec<_> =
        (0..40).map(|n| (references[n], Locator::new(n.to_string().into_bytes()))).collect();
    for (fails, at, kind, begun) in [
        (operation::DESTROY, "0", ErrorKind::Timeout, true),
        (operation::DESTROY, "5", ErrorKind::Timeout, true),
        (operation::GET_ATTRIBUTES, "39", ErrorKind::Timeout, true),
        // The control: nothing was destroyed before it.
        (operation::GET_ATTRIBUTES, "5", ErrorKind::Unavailable, false),
    ] {
        let ours = |(n, reference): (usize, &Reference)| {
            Attributes::active(&n.to_string(), &payload_name(*reference))
        };
        let all = references.iter().enumerate().map(ours).collect();
        let (_server, settings, seen) = server(&site, &[], all, move |asked| {
            let here = asked.operation == fails && asked.identifier.as_deref() == Some(at);
            here.then_some(Said::Refused(GENERAL_FAILURE))
        });
        let error = objects(settings).destroy(&targets).unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(!destroyed(&seen).is_empty(), begun, "{error:?}");
    }
}
