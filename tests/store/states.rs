//! States and dates of versions.

use strongroom::{Change, Dates, ErrorKind, GetOptions, PutOptions, State, Timestamp};

use crate::support::{Fixture, bytes, fixture, kind, path};

const AT: &str = "s/one";

fn with_state(state: State) -> Fixture {
    let f = fixture();
    let later = Timestamp::from_micros(Timestamp::now().micros() + 3_600_000_000);
    let options = PutOptions {
        activates_at: (state == State::PreActive).then_some(later),
        ..Default::default()
    };
    f.session.put(&path(AT), &bytes("x"), &options).unwrap();
    let set = |state| f.session.set_state(&path(AT), 1, state).unwrap();
    match state {
        State::PreActive | State::Active => {}
        State::Deactivated | State::Compromised => set(state),
        State::Destroyed => {
            set(State::Deactivated);
            f.session.destroy(&path(AT), 1).unwrap();
        }
        _ => {
            set(State::Compromised);
            f.session.destroy(&path(AT), 1).unwrap();
        }
    }
    assert_eq!(f.session.versions(&path(AT)).unwrap()[0].state, state);
    f
}

#[test]
fn only_legal_transitions_happen() {
    for from in State::ALL {
        for to in State::ALL {
            let f = with_state(*from);
            // Marking what is compromised as destroyed-compromised is what `destroy` does.
            let by_destroy = *from == State::Compromised && *to == State::DestroyedCompromised;
            let result = f.session.set_state(&path(AT), 1, *to);
            // What is so already is told to the backend again.
            let repeated = from.is_destroyed() && *to == State::Destroyed
                || from == to && !from.is_destroyed();
            if from.may_become(*to) && !by_destroy || repeated {
                result.unwrap_or_else(|e| panic!("{from} to {to}: {e}"));
            } else if !(by_destroy || *from == State::Compromised && *to == State::Destroyed) {
                assert_eq!(kind(result), ErrorKind::Conflict, "{from} to {to}");
            }
        }
    }
}

#[test]
fn each_state_has_its_own_answer_to_a_get() {
    for (state, plain, by_number) in [
        (State::PreActive, Err(ErrorKind::NotActive), Err(ErrorKind::NotActive)),
        (State::Active, Ok(()), Ok(())),
        (State::Deactivated, Err(ErrorKind::NotActive), Ok(())),
        (State::Compromised, Err(ErrorKind::NotActive), Ok(())),
        (State::Destroyed, Err(ErrorKind::Destroyed), Err(ErrorKind::Destroyed)),
        (State::DestroyedCompromised, Err(ErrorKind::Destroyed), Err(ErrorKind::Destroyed)),
    ] {
        let f = with_state(state);
        let get = |version, allow_inactive| {
            let options = GetOptions { version, allow_inactive };
            f.session.get_with(&path(AT), &options).map(|_| ()).map_err(|e| e.kind())
        };
        assert_eq!(get(None, false), plain, "{state}");
        assert_eq!(get(Some(1), false), by_number, "{state}");
        assert_eq!(get(None, true), by_number, "{state}");
    }
}

#[test]
fn the_newest_active_version_is_current() {
    let f = fixture();
    for payload in ["one", "two", "three"] {
        f.put(AT, payload);
    }
    f.session.set_state(&path(AT), 3, State::Compromised).unwrap();
    assert_eq!(f.get(AT).unwrap(), "two");
    assert_eq!(f.session.describe(&path(AT)).unwrap().current, Some(2));
    f.session.set_state(&path(AT), 2, State::Deactivated).unwrap();
    f.session.destroy(&path(AT), 2).unwrap();
    assert_eq!(f.get(AT).unwrap(), "one");
    f.session.set_state(&path(AT), 1, State::Deactivated).unwrap();
    assert_eq!(kind(f.get(AT)), ErrorKind::NotActive);
    assert_eq!(f.session.describe(&path(AT)).unwrap().current, None);
    let options = GetOptions { allow_inactive: true, ..Default::default() };
    assert_eq!(f.session.get_with(&path(AT), &options).unwrap().version, 3);
}

#[test]
fn dates_take_effect_when_they_are_read_and_erase_nothing() {
    let f = fixture();
    f.put(AT, "one");
    let soon = Timestamp::from_micros(Timestamp::now().micros() + 300_000);
    let dates = Dates { expires_at: Change::Set(soon), ..Default::default() };
    f.session.set_dates(&path(AT), 1, &dates).unwrap();
    let options = PutOptions { activates_at: Some(soon), ..Default::default() };
    f.session.put(&path(AT), &bytes("two"), &options).unwrap();
    if let Ok(payload) = f.get(AT) {
        // Read in time: the first version is still current.
        assert!(payload == "one" || Timestamp::now() >= soon);
    }
    while Timestamp::now() < soon {
        std::thread::yield_now();
    }
    assert_eq!(f.get(AT).unwrap(), "two");
    let versions = f.session.versions(&path(AT)).unwrap();
    assert_eq!(versions[0].state, State::Active);
    assert_eq!((versions[1].state, versions[1].expired), (State::Deactivated, true));
    let by_number = GetOptions { version: Some(1), ..Default::default() };
    f.session.get_with(&path(AT), &by_number).unwrap();
    let again = Dates { expires_at: Change::Clear, ..Default::default() };
    assert_eq!(kind(f.session.set_dates(&path(AT), 1, &again)), ErrorKind::Conflict);
    f.session.destroy(&path(AT), 1).unwrap();
}

#[test]
fn an_expired_secret_says_so() {
    let f = fixture();
    f.put(AT, "one");
    let past = Timestamp::from_micros(Timestamp::now().micros() - 1_000_000);
    let dates = Dates { expires_at: Change::Set(past), ..Default::default() };
    f.session.set_dates(&path(AT), 1, &dates).unwrap();
    let error = f.get(AT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert!(error.next().contains("--version 1"), "{error}");
}

#[test]
fn a_version_cannot_expire_before_it_becomes_active() {
    let f = fixture();
    let at = |micros| Some(Timestamp::from_micros(Timestamp::now().micros() + micros));
    let options =
        PutOptions { activates_at: at(2_000_000), expires_at: at(1_000_000), ..Default::default() };
    let put = f.session.put(&path(AT), &bytes("x"), &options);
    assert_eq!(kind(put), ErrorKind::InvalidArgument);
}

#[test]
fn a_clock_far_behind_the_store_expires_and_activates_nothing() {
    let f = fixture();
    f.put(AT, "one");
    let soon = Timestamp::from_micros(Timestamp::now().micros() + 50_000);
    let dates = Dates { expires_at: Change::Set(soon), ..Default::default() };
    f.session.set_dates(&path(AT), 1, &dates).unwrap();
    while Timestamp::now() < soon {
        std::thread::yield_now();
    }
    assert_eq!(kind(f.get(AT)), ErrorKind::Expired);
    assert!(f.store.health().iter().all(|h| h.part != "clock" || h.severity.to_string() == "ok"));
}
