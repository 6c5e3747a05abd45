//! A server that is away, and what is wrong in the config.

use std::time::{Duration, Instant};

use strongroom::{ErrorKind, RootKeyUse};

use crate::support::{Site, get, path, put};

/// Twice the timeout that the test sets, and time for a busy machine.
const BOUND: Duration = Duration::from_secs(20);

#[test]
fn what_needs_no_server_goes_on_while_it_is_away() {
    let mut site = Site::new();
    drop(site.store("s", RootKeyUse::InServer));
    site.edit("s", |text| text.replace("call_timeout = 60", "call_timeout = 5"));
    let store = site.open("s").unwrap();
    let session = store.session();
    put(&session, "web1/key", b"payload");

    site.server.kill();
    // Its project key is in memory.
    assert_eq!(get(&session, "web1/key"), b"payload");
    let started = Instant::now();
    let error = site.open("s").map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());

    site.server.restart();
    // Nothing needs a restart: whoever asks again finds it.
    put(&session, "web2/key", b"another");
    assert_eq!(get(&site.open("s").unwrap().session(), "web2/key"), b"another");
}

#[test]
fn a_root_key_that_is_missing_is_named() {
    let site = Site::new();
    let store = site.store("s", RootKeyUse::InServer);
    put(&store.session(), "web1/key", b"payload");
    drop(store);
    site.edit("s", |text| text.replace("namespace = \"s\"", "namespace = \"empty\""));
    let error = site.open("s").map(drop).unwrap_err();
    assert!(error.to_string().contains("root-1"), "{error}");
    site.edit("s", |text| text.replace("namespace = \"empty\"", "namespace = \"s\""));
    assert_eq!(&site.open("s").unwrap().session().get(&path("web1/key")).unwrap()[..], b"payload");
}
