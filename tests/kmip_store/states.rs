//! What the states of versions are to somebody who looks at the server with PyKMIP's own client.

use strongroom::{
    Change, Dates, DoctorOptions, ErrorKind, PutOptions, SecretBytes, State, Store, Timestamp,
};

use crate::adopting::{adopt, password, plain_store, python};
use crate::support::{Site, get_version, path, put};

/// The states of the payloads of the store `s`, in the order in which they were put.
fn shown(site: &Site) -> Vec<String> {
    let look = "for found in sorted(client.locate(), key=int):\n\
                \x20   told = client.get_attributes(found, ['Name', 'State'])[1]\n\
                \x20   told = {a.attribute_name.value: a.attribute_value for a in told}\n\
                \x20   if '/s/payload/' in told['Name'].name_value.value:\n\
                \x20       print(told['State'].value.name)";
    python(site, look).lines().map(str::to_string).collect()
}

fn put_for_later(store: &Store, name: &str, payload: &[u8]) {
    let payload = SecretBytes::copy_of(payload).unwrap();
    let later = Timestamp::from_micros(Timestamp::now().micros() + 3_600_000_000);
    let options = PutOptions { activates_at: Some(later), ..PutOptions::default() };
    store.session().put(&path(name), &payload, &options).unwrap();
}

fn states_are_shown(site: &Site, store: &Store) {
    let session = store.session();
    put(&session, "web1/sibling", b"left alone");
    put_for_later(store, "web1/key", b"payload");
    assert_eq!(shown(site), ["ACTIVE", "PRE_ACTIVE"]);
    for (state, expected) in [
        (State::Active, "ACTIVE"),
        (State::Deactivated, "DEACTIVATED"),
        (State::Compromised, "COMPROMISED"),
    ] {
        // What is so already is told again.
        for _ in 0..2 {
            session.set_state(&path("web1/key"), 1, state).unwrap();
        }
        assert_eq!(shown(site), ["ACTIVE", expected]);
        assert_eq!(get_version(&session, "web1/key", 1), b"payload");
    }
    session.destroy(&path("web1/key"), 1).unwrap();
    assert_eq!(shown(site), ["ACTIVE"]);
    assert_eq!(get_version(&session, "web1/sibling", 1), b"left alone");
}

#[test]
fn the_states_of_envelopes_follow_those_of_versions() {
    let site = Site::new();
    let store = site.object_store("s");
    states_are_shown(&site, &store);
}

#[test]
fn the_states_of_plaintext_objects_follow_those_of_versions() {
    let site = Site::new();
    let store = plain_store(&site);
    states_are_shown(&site, &store);
}

#[test]
fn a_date_does_nothing_on_the_server_until_the_server_is_told() {
    let site = Site::new();
    let store = site.object_store("s");
    let session = store.session();
    for name in ["web1/one", "web1/other"] {
        put_for_later(&store, name, b"payload");
        let past = Timestamp::from_micros(Timestamp::now().micros() - 1);
        let dates = Dates { activates_at: Change::Set(past), ..Dates::default() };
        session.set_dates(&path(name), 1, &dates).unwrap();
        assert_eq!(session.versions(&path(name)).unwrap()[0].state, State::Active);
    }
    assert_eq!(shown(&site), ["PRE_ACTIVE", "PRE_ACTIVE"]);
    session.set_state(&path("web1/one"), 1, State::Active).unwrap();
    session.set_state(&path("web1/other"), 1, State::Deactivated).unwrap();
    assert_eq!(shown(&site), ["ACTIVE", "DEACTIVATED"]);
}

#[test]
fn a_state_holds_in_the_store_before_the_server_is_told() {
    let mut site = Site::new();
    put(&site.object_store("s").session(), "web1/key", b"payload");
    site.edit("s", |text| text.replace("call_timeout = 60", "call_timeout = 2"));
    let store = site.open("s").unwrap();
    site.server.kill();
    let session = store.session();
    let error = session.set_state(&path("web1/key"), 1, State::Compromised).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pending, "{error}");
    assert!(
        error.next().contains("`strongroom state web1/key compromised --version 1`"),
        "{error}"
    );
    assert_eq!(session.versions(&path("web1/key")).unwrap()[0].state, State::Compromised);
    drop((session, store));

    site.server.restart();
    site.edit("s", |text| text.replace("call_timeout = 2", "call_timeout = 60"));
    let session = site.open("s").unwrap().session();
    assert_eq!(shown(&site), ["ACTIVE"], "the control: it was not told");
    session.set_state(&path("web1/key"), 1, State::Compromised).unwrap();
    assert_eq!(shown(&site), ["COMPROMISED"]);
}

#[test]
fn what_was_adopted_stays_in_the_state_in_which_it_is() {
    let site = Site::new();
    let store = plain_store(&site);
    let session = store.session();
    let object = password(&site, "first");
    adopt(&session, "web1/luks", &object).unwrap();
    session.set_state(&path("web1/luks"), 1, State::Compromised).unwrap();
    let state = format!(
        "print(client.get_attributes({object:?}, ['State'])[1][0].attribute_value.value.name)"
    );
    assert_eq!(python(&site, &state), "PRE_ACTIVE");
    assert_eq!(get_version(&session, "web1/luks", 1), b"first");
    let report = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty(), "{report:?}");
}
