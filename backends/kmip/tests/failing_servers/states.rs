//! What a server is told of states, on the wire.

use std::sync::{Arc, Mutex};

use strongroom_backend::PayloadState::{Active, Compromised, Deactivated};
use strongroom_backend::{Backend, ErrorKind, Locator, PayloadState, Reference, Result};

use super::kmip::{Attributes, GENERAL_FAILURE, Said, WRONG_KEY_LIFECYCLE_STATE, operation};
use super::{Site, objects, payload_name};

/// An operation; for Revoke, its reason and whether it says when.
type Told = (u32, Option<u32>, bool);

const ACTIVATED: Told = (operation::ACTIVATE, None, false);
const CEASED: Told = (operation::REVOKE, Some(6), false);
const COMPROMISED: Told = (operation::REVOKE, Some(2), true);

/// Takes an object that is in `state` to another, and gives what the server was told. It refuses for
/// `refused`, if that is a reason, and is in `then` after that.
fn follow(
    state: u32,
    wanted: PayloadState,
    refused: Option<(u32, u32)>,
) -> (Result<()>, Vec<Told>) {
    let site = Site::new();
    let reference = Reference::at(0).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let all = told.clone();
    let name = payload_name(reference);
    let (_server, settings) = site.answered(move |asked| {
        let mut told = all.lock().unwrap();
        match (asked.operation, refused) {
            (operation::LOCATE, _) => Said::Done(&["57"]),
            (operation::GET_ATTRIBUTES, refused) => {
                let then = refused.filter(|_| !told.is_empty()).map_or(state, |(_, then)| then);
                let found = Attributes { state: Some(then), ..Attributes::active("57", &name) };
                Said::Told(found)
            }
            (operation, refused) => {
                let when = asked.has_compromise_date();
                told.push((operation, asked.revocation_reason(), when));
                refused.map_or(Said::Done(&["57"]), |(reason, _)| Said::Refused(reason))
            }
        }
    });
    let objects = objects(settings);
    let followed =
        objects.states().unwrap().follow(reference, &Locator::new(b"57".to_vec()), wanted);
    let told = told.lock().unwrap().clone();
    (followed, told)
}

#[test]
fn each_step_is_told_with_its_reason_and_no_step_twice() {
    let nothing: &[Told] = &[];
    for (state, wanted, expected) in [
        (1, Active, &[ACTIVATED][..]),
        (2, Active, nothing),
        (3, Active, nothing),
        // Its date made it active, and nobody told the server.
        (1, Deactivated, &[ACTIVATED, CEASED]),
        (2, Deactivated, &[CEASED]),
        (3, Deactivated, nothing),
        (4, Deactivated, nothing),
        (1, Compromised, &[COMPROMISED]),
        (2, Compromised, &[COMPROMISED]),
        (3, Compromised, &[COMPROMISED]),
        (4, Compromised, nothing),
    ] {
        let (followed, told) = follow(state, wanted, None);
        followed.unwrap();
        assert_eq!(told, expected, "{state} to {wanted:?}");
    }
}

#[test]
fn a_step_that_is_refused_counts_if_it_was_done_meanwhile() {
    let (followed, told) = follow(2, Deactivated, Some((WRONG_KEY_LIFECYCLE_STATE, 4)));
    followed.unwrap();
    assert_eq!(told, [CEASED]);
    for (reason, kind) in [
        (WRONG_KEY_LIFECYCLE_STATE, ErrorKind::NotActive),
        // The server may have done it all the same.
        (GENERAL_FAILURE, ErrorKind::Timeout),
    ] {
        let (followed, _) = follow(2, Deactivated, Some((reason, 2)));
        assert_eq!(followed.unwrap_err().kind(), kind);
    }
}
