//! A token that is away, and what its holder gets wrong.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use strongroom::{ErrorKind, KeyLocation};
use strongroom_pkcs11::harness::in_own_process;

use crate::support::{Site, get, holds_in_child, path, put};

/// Two operation timeouts of 10 seconds: by then a token that is back has been found.
const BOUND: Duration = Duration::from_secs(20);

fn is_away(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Timeout)
}

/// What `work` gives once the token is found again, within the bound.
fn eventually<T>(work: impl Fn() -> strongroom::Result<T>) -> T {
    let started = Instant::now();
    loop {
        match work() {
            Err(e) if is_away(e.kind()) && started.elapsed() < BOUND => {}
            answer => return answer.unwrap(),
        }
    }
}

#[test]
fn what_needs_no_token_goes_on_while_it_is_away() {
    in_own_process("away::what_needs_no_token_goes_on_while_it_is_away", || {
        let site = Site::new();
        let store = site.store("s", KeyLocation::Envelope);
        let session = store.session();
        put(&session, "web1/key", b"payload");
        put(&session, "web2/key", b"payload");
        drop((session, store));
        let store = site.open("s").unwrap();
        let session = store.session();
        assert_eq!(get(&session, "web1/key"), b"payload");

        site.token.take_away();
        // Its project key is in memory.
        assert_eq!(get(&session, "web1/key"), b"payload");
        let started = Instant::now();
        let error = site.open("s").map(drop).unwrap_err();
        assert!(is_away(error.kind()), "{error:?}");
        assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());

        site.token.give_back();
        // Nothing needs a restart: whoever asks again finds it.
        assert_eq!(&eventually(|| session.get(&path("web2/key")))[..], b"payload");
        let opened = eventually(|| site.open("s"));
        assert_eq!(get(&opened.session(), "web1/key"), b"payload");
    });
}

#[test]
fn a_wrong_pin_is_unauthenticated() {
    in_own_process("away::a_wrong_pin_is_unauthenticated", || {
        let site = Site::new();
        drop(site.store("s", KeyLocation::Envelope));
        let file = site.config_file("s");
        let wrong = site.folder().join("wrong");
        std::fs::write(&wrong, "9999\n").unwrap();
        std::fs::set_permissions(&wrong, Permissions::from_mode(0o600)).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let changed = text.replace(&site.pin_file(), wrong.to_str().unwrap());
        assert_ne!(text, changed);
        std::fs::write(&file, changed).unwrap();
        for _ in 0..5 {
            let error = site.open("s").map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
            assert!(!error.to_string().contains("9999"));
        }
        // The token has counted one attempt, so the right PIN still opens.
        std::fs::write(&file, text).unwrap();
        site.open("s").unwrap();
    });
}

/// Takes the root key out of the token, as if another one with its label were there.
fn remove_root_key(site: &Site) {
    let mut command = site.tool();
    command.args(["--delete-object", "--type", "secrkey"]);
    command.args(["--label", "strongroom root key root-1"]);
    let output = command.output().expect("pkcs11-tool of the package opensc");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn names_a_missing_root_key(key_location: KeyLocation) {
    let site = Site::new();
    let store = site.store("s", key_location);
    put(&store.session(), "web1/key", b"payload");
    drop(store);
    // Opened, and with no project key in memory.
    let store = site.open("s").unwrap();
    let session = store.session();
    remove_root_key(&site);
    let payload = strongroom::SecretBytes::copy_of(b"another").unwrap();
    let put = |name| session.put(&path(name), &payload, &Default::default()).map(drop);
    let answers = [session.get(&path("web1/key")).map(drop), put("web1/key"), put("web2/key")];
    for error in answers.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.what().contains("root-1"), "{error}");
    }
}

#[test]
fn a_root_key_that_is_missing_is_named() {
    in_own_process("away::a_root_key_that_is_missing_is_named", || {
        names_a_missing_root_key(KeyLocation::Envelope);
    });
}

#[test]
fn a_root_key_that_is_missing_over_keys_of_a_device_is_named() {
    in_own_process("away::a_root_key_that_is_missing_over_keys_of_a_device_is_named", || {
        names_a_missing_root_key(KeyLocation::Device);
    });
}

#[test]
fn a_forked_child_opens_the_store_anew() {
    in_own_process("away::a_forked_child_opens_the_store_anew", || {
        let site = Site::new();
        let store = site.store("s", KeyLocation::Device);
        put(&store.session(), "web1/key", b"payload");
        assert!(!holds_in_child(|| panic!("the control")));
        assert!(holds_in_child(|| {
            let refused = store.session().get(&path("web1/key")).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Forked);
            let own = site.open("s").unwrap();
            assert_eq!(get(&own.session(), "web1/key"), b"payload");
        }));
        assert_eq!(get(&store.session(), "web1/key"), b"payload");
        put(&store.session(), "web1/key", b"another");
    });
}
