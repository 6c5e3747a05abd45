//! A real server that is restarted, stopped, shared, old; and certificates that change.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Site, client, envelopes, namespace, secret};
use strongroom_backend::{
    Backend, Destroyed, ErrorKind, KeyBackend, KeyPurpose, Locator, Marker, ProjectId, RootKeyId,
    SecretBytes, Severity, StoreId, WrapContext,
};
use strongroom_enveloped::Enveloped;
use strongroom_kmip::harness::{PyKmip, Validity};
use strongroom_kmip::{
    CredentialSource, KmipKeys, KmipObjects, KmipShelf, PlaintextType, ProtocolVersion, RootKeyUse,
    ServerAddress,
};

/// For operations of which none may fail because the machine is busy.
const LONG: Duration = Duration::from_secs(60);

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        generation: 1,
        purpose: KeyPurpose::ProjectKey,
    }
}

#[test]
fn what_was_stored_outlives_a_kill_of_the_server() {
    let mut server = PyKmip::start();
    let mut settings = server.settings();
    settings.timeout = LONG;
    let backend = envelopes(settings);
    let (site, payload) = (Site::new(), secret(b"correct horse"));
    let locator = backend.store(&site.placement(), &payload).unwrap();
    server.kill();
    server.restart();
    // The connection that was idle is of no more use; nobody notices.
    assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
    // Found by its name alone, too.
    assert!(backend.load(&site.placement(), &Locator::default()).unwrap().equals(&payload));
}

#[test]
fn the_next_server_is_asked_when_one_is_gone_or_stalls() {
    let (mut gone, stalled, server) = (PyKmip::start(), PyKmip::start(), PyKmip::start());
    gone.kill();
    stalled.suspend();
    for before in [gone.address(), stalled.address()] {
        let mut settings = server.settings();
        settings.servers.insert(0, before);
        settings.timeout = Duration::from_secs(8);
        let backend = envelopes(settings);
        let (site, payload) = (Site::new(), secret(b"correct horse"));
        let locator = backend.store(&site.placement(), &payload).unwrap();
        assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
    }
    stalled.resume();
}

#[test]
fn what_a_stand_in_does_not_have_may_be_on_the_first_server() {
    let (mut first, other) = (PyKmip::start(), PyKmip::start());
    let (site, payload) = (Site::new(), secret(b"correct horse"));
    let locator = envelopes(first.settings()).store(&site.placement(), &payload).unwrap();
    first.kill();
    let mut both = other.settings();
    both.servers.insert(0, first.address());
    let backend = envelopes(both);
    let error = backend.load(&site.placement(), &locator).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let destroyed = backend.destroy(&[site.target(&locator)]).unwrap();
    assert!(matches!(destroyed, Destroyed::Remains(_)), "{destroyed:?}");
    // The control: where it is the first, its word counts.
    let alone = envelopes(other.settings());
    let error = alone.load(&site.placement(), &locator).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert_eq!(alone.destroy(&[site.target(&locator)]).unwrap(), Destroyed::Gone);
}

#[test]
fn a_server_that_stops_answering_gives_an_error_in_time_and_recovers() {
    let server = PyKmip::start();
    let mut settings = server.settings();
    settings.timeout = Duration::from_secs(2);
    let backend = envelopes(settings.clone());
    let payload = secret(b"correct horse");
    // A try that was cut short may have taken its reference.
    let (site, stored) = with_patience(|| {
        let site = Site::new();
        let stored = backend.store(&site.placement(), &payload)?;
        Ok((site, stored))
    });
    server.suspend();
    let started = Instant::now();
    let error = backend.load(&site.placement(), &stored).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    server.resume();
    let loaded = with_patience(|| backend.load(&site.placement(), &stored));
    assert!(loaded.equals(&payload));
}

/// What a busy machine fails at within a short timeout, it does in the end.
fn with_patience<T>(mut operation: impl FnMut() -> strongroom_backend::Result<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        match operation() {
            Ok(done) => return done,
            Err(error) => assert!(Instant::now() < until, "{error:?}"),
        }
    }
}

#[test]
fn certificates_are_renewed_under_a_running_program() {
    let mut server = PyKmip::start();
    let mut settings = server.settings();
    settings.timeout = LONG;
    let backend = envelopes(settings.clone());
    let (site, payload) = (Site::new(), secret(b"correct horse"));
    let locator = backend.store(&site.placement(), &payload).unwrap();

    // One that the server refuses shows that the files are read again for a new connection.
    let expired = server.authority().client(server.folder(), "expired", Validity::Past);
    fs::rename(&expired.key, &settings.tls.key).unwrap();
    // The pair does not fit together yet: the one before is used.
    server.restart();
    assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
    fs::rename(&expired.certificate, &settings.tls.certificate).unwrap();
    server.restart();
    let error = backend.load(&site.placement(), &locator).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");

    let renewed = server.folder().join("renewed");
    fs::create_dir(&renewed).unwrap();
    let renewed = server.authority().client(&renewed, "client", Validity::Now);
    fs::rename(&renewed.key, &settings.tls.key).unwrap();
    fs::rename(&renewed.certificate, &settings.tls.certificate).unwrap();
    assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
}

#[test]
fn stores_that_share_a_server_leave_each_other_alone() {
    let server = PyKmip::start();
    let shared = client(server.settings());
    let shelf = |name| Enveloped::new(KmipShelf::new(shared.clone(), namespace(name)));
    let (mine, theirs) = (shelf("mine"), shelf("theirs"));
    let (site, other) = (Site::new(), Site::new());
    let locator = mine.store(&site.placement(), &secret(b"mine")).unwrap();
    theirs.store(&other.placement(), &secret(b"theirs")).unwrap();
    assert_eq!(mine.list(None, 10).unwrap(), [site.reference]);
    assert_eq!(theirs.list(None, 10).unwrap(), [other.reference]);
    assert!(mine.marker().unwrap().is_none() && theirs.marker().unwrap().is_none());
    mine.destroy(&[site.target(&locator), other.target(&Locator::default())]).unwrap();
    assert_eq!(theirs.list(None, 10).unwrap(), [other.reference]);
}

#[test]
fn an_identifier_that_was_given_out_again_is_left_alone() {
    let server = PyKmip::start();
    let mut settings = server.settings();
    settings.timeout = LONG;
    let backend = KmipObjects::new(client(settings), namespace("test"), PlaintextType::SecretData);
    let (before, now) = (Site::new(), Site::new());
    let payload = secret(b"correct horse");
    let locator = backend.store(&now.placement(), &payload).unwrap();
    // What a locator of before a restore of the server names is another payload by now.
    let error = backend.load(&before.placement(), &locator).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    backend.destroy(&[before.target(&locator)]).unwrap();
    assert!(backend.load(&now.placement(), &locator).unwrap().equals(&payload));
    // The control: under its own reference it is destroyed.
    backend.destroy(&[now.target(&locator)]).unwrap();
    let error = backend.load(&now.placement(), &locator).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}

#[test]
fn a_host_name_is_resolved_and_a_credential_sent() {
    use std::os::unix::fs::PermissionsExt;
    let server = PyKmip::start();
    let password_file = server.folder().join("password");
    fs::write(&password_file, "correct horse\n").unwrap();
    fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut settings = server.settings();
    let port = settings.servers[0].port;
    settings.servers = vec![ServerAddress { host: "localhost".into(), port, server_name: None }];
    settings.credential = Some(CredentialSource { username: "fred".into(), password_file });
    let backend = envelopes(settings);
    let (site, payload) = (Site::new(), secret(b"correct horse"));
    let locator = backend.store(&site.placement(), &payload).unwrap();
    assert!(backend.load(&site.placement(), &locator).unwrap().equals(&payload));
}

#[test]
fn the_server_tells_what_it_is() {
    let server = PyKmip::start();
    let info = client(server.settings()).info().unwrap();
    assert_eq!(info.version, ProtocolVersion::V2_0);
    assert_eq!(info.server, server.address().to_string());
    assert!(info.vendor.as_deref().is_some_and(|vendor| vendor.contains("PyKMIP")), "{info:?}");
    assert!(info.operations.iter().any(|operation| operation == "Encrypt"), "{info:?}");
    assert_eq!(info.root_key_use, Some(RootKeyUse::InServer));
    assert!(info.keeps_payloads);

    let mut old = server.settings();
    old.version = Some(ProtocolVersion::V1_3);
    let info = client(old).info().unwrap();
    assert_eq!(info.root_key_use, Some(RootKeyUse::Fetched));
}

#[test]
fn a_server_that_is_too_old_to_encrypt_is_unsupported_and_never_fetched_from() {
    let server = PyKmip::start();
    let keys = |version| {
        let mut settings = server.settings();
        settings.version = version;
        KmipKeys::new(client(settings), namespace("test"), RootKeyUse::InServer)
    };
    let root = RootKeyId::new("root-1").unwrap();
    keys(None).create_root_key(&root).unwrap();
    let (key, context) = (SecretBytes::random(32).unwrap(), context());
    let blob = keys(Some(ProtocolVersion::V1_4)).wrap(&root, &key, &context).unwrap();
    for old in [ProtocolVersion::V1_0, ProtocolVersion::V1_2, ProtocolVersion::V1_3] {
        let error = keys(Some(old)).wrap(&root, &key, &context).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        let error = keys(Some(old)).unwrap(&root, &blob, &context).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    }
    assert!(keys(None).unwrap(&root, &blob, &context).unwrap().equals(&key));
}

#[test]
fn a_server_that_is_gone_is_no_corrupt_key() {
    let mut server = PyKmip::start();
    let mut settings = server.settings();
    settings.timeout = Duration::from_secs(2);
    let keys = KmipKeys::new(client(settings), namespace("test"), RootKeyUse::InServer);
    let (key, context) = (SecretBytes::random(32).unwrap(), context());
    let mut tries = 0;
    // A try that was cut short may have taken its name.
    let (root, blob) = with_patience(|| {
        tries += 1;
        let root = RootKeyId::new(format!("root-{tries}"))?;
        keys.create_root_key(&root)?;
        let blob = keys.wrap(&root, &key, &context)?;
        Ok((root, blob))
    });
    server.kill();
    let error = keys.unwrap(&root, &blob, &context).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[test]
fn a_root_key_is_looked_at() {
    let server = PyKmip::start();
    let shared = client(server.settings());
    let keys = KmipKeys::new(shared.clone(), namespace("test"), RootKeyUse::InServer);
    let root = RootKeyId::new("root-1").unwrap();
    keys.create_root_key(&root).unwrap();
    let findings = keys.check_root_key(&root).unwrap();
    // PyKMIP gives a key to whoever may use it, and says nothing about that.
    assert!(findings.iter().any(|f| f.severity == Severity::Warning), "{findings:?}");
    assert!(findings.iter().all(|f| f.severity != Severity::Error), "{findings:?}");
    let absent = keys.check_root_key(&RootKeyId::new("absent").unwrap()).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);

    let fetched = KmipKeys::new(shared, namespace("other"), RootKeyUse::Fetched);
    fetched.create_root_key(&root).unwrap();
    let held = |f: &strongroom_backend::Health| f.message.contains("software-held");
    assert!(fetched.health().iter().any(held), "{:?}", fetched.health());
}

#[test]
fn a_marker_that_another_process_replaced_is_noticed() {
    let server = PyKmip::start();
    let (one, other) = (envelopes(server.settings()), envelopes(server.settings()));
    let marker = |epoch| Marker { store: StoreId::from_bytes([7; 16]), epoch };
    one.set_marker(None, marker(1)).unwrap();
    assert_eq!(other.marker().unwrap(), Some(marker(1)));
    assert_eq!(one.marker().unwrap(), Some(marker(1)));
    other.set_marker(Some(marker(1)), marker(2)).unwrap();
    assert_eq!(one.marker().unwrap(), Some(marker(2)));
    let late = one.set_marker(Some(marker(1)), marker(3)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
}

#[test]
fn a_server_ends_with_the_process_that_started_it() {
    const HELD: &str = "STRONGROOM_TEST_HOLDS_A_SERVER";
    if std::env::var_os(HELD).is_some() {
        let server = PyKmip::start();
        eprintln!("\nport {}", server.address().port);
        loop {
            std::thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_ends_with_the_process_that_started_it", "--nocapture"])
        .env(HELD, "1")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(holder.stderr.take().unwrap());
    let port = said.lines().find_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok());
    let port: u16 = port.expect("a port");
    let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(answers(), "the control: it runs");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let until = Instant::now() + LONG;
    while answers() {
        assert!(Instant::now() < until, "the server outlives its test");
        std::thread::sleep(Duration::from_millis(20));
    }
}
