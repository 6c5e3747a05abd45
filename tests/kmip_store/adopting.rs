//! Objects that PyKMIP's own client made, as versions.

use std::process::Command;

use strongroom::{DoctorOptions, ErrorKind, PutOptions, SecretType, Session, State, Store};

use crate::support::{Site, get, get_version, path, put};

/// Runs Python with PyKMIP's client in `client`, already open, and gives what it prints.
pub(crate) fn python(site: &Site, program: &str) -> String {
    let tls = site.server.settings().tls;
    let text = format!(
        "from kmip.pie import client as pie, objects\n\
         from kmip import enums\n\
         with pie.ProxyKmipClient(hostname='127.0.0.1', port={}, cert={:?}, key={:?}, ca={:?},\n\
             ssl_version='PROTOCOL_TLSv1_2') as client:\n    {}\n",
        site.server.address().port,
        tls.certificate,
        tls.key,
        tls.ca,
        program.replace('\n', "\n    "),
    );
    let output = Command::new(site.server.python()).arg("-c").arg(text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

/// A password that PyKMIP's client registers.
fn password(site: &Site, text: &str) -> String {
    let object = format!("objects.SecretData({text:?}.encode(), enums.SecretDataType.PASSWORD)");
    python(site, &format!("print(client.register({object}))"))
}

/// What PyKMIP's client reads.
fn read(site: &Site, identifier: &str) -> String {
    python(site, &format!("print(client.get({identifier:?}).value.decode())"))
}

/// A store whose payloads are objects as they are.
fn plain_store(site: &Site) -> Store {
    drop(site.object_store("s"));
    let objects = "kind = \"kmip-objects\"\n";
    let plain = format!("{objects}plaintext_objects = true\n");
    site.edit("s", |text| text.replacen(objects, &plain, 1));
    site.open("s").unwrap()
}

fn adopt(session: &Session, name: &str, identifier: &str) -> strongroom::Result<u32> {
    let adopted = session.adopt(&path(name), identifier, &PutOptions::default());
    adopted.map(|receipt| receipt.version)
}

#[test]
fn what_others_made_is_a_version_and_stays_theirs() {
    let site = Site::new();
    let store = plain_store(&site);
    let session = store.session();
    let (first, second) = (password(&site, "first"), password(&site, "second"));
    assert_eq!(adopt(&session, "web1/luks", &first).unwrap(), 1);
    assert_eq!(put(&session, "web1/luks", b"our own"), 2);
    assert_eq!(adopt(&session, "web1/luks", &second).unwrap(), 3);
    assert_eq!(get(&session, "web1/luks"), b"second");
    drop((session, store));

    let store = site.open("s").unwrap();
    let session = store.session();
    assert_eq!(get_version(&session, "web1/luks", 1), b"first");
    assert_eq!(get_version(&session, "web1/luks", 2), b"our own");
    put(&session, "web1/other", b"written since");
    let repair = DoctorOptions { repair: true, ..DoctorOptions::default() };
    let report = store.doctor(&repair, &mut |_| {}).unwrap();
    assert!(report.damaged.is_empty() && report.strays == 0, "{report:?}");
    assert_eq!(report.versions, 4);

    session.set_state(&path("web1/luks"), 1, State::Deactivated).unwrap();
    session.destroy(&path("web1/luks"), 1).unwrap();
    let own = python(&site, "print(len(client.locate()))");
    session.erase(&path("web1/luks")).unwrap();
    let left = python(&site, "print(len(client.locate()))");
    let number = |text: &str| text.parse::<u32>().unwrap();
    assert_eq!(number(&left) + 1, number(&own), "the one that is ours is gone");
    assert_eq!((read(&site, &first), read(&site, &second)), ("first".into(), "second".into()));
    let report = store.doctor(&repair, &mut |_| {}).unwrap();
    assert_eq!((report.strays, report.pending_erasures), (0, 0), "{report:?}");
}

#[test]
fn what_cannot_be_adopted_is_told_and_leaves_nothing() {
    let site = Site::new();
    let store = plain_store(&site);
    let session = store.session();
    let key = python(&site, "print(client.create(enums.CryptographicAlgorithm.AES, 256))");
    let refused = |name: &str, identifier: &str| {
        let error = adopt(&session, name, identifier).unwrap_err();
        (error.kind(), error.to_string())
    };
    let (kind, text) = refused("web1/key", "no-such-object");
    assert!(kind == ErrorKind::NotFound && text.contains("no-such-object"), "{text}");
    put(&session, "web1/passphrase", b"a passphrase");
    let (kind, text) = refused("web1/passphrase", &key);
    assert!(kind == ErrorKind::Conflict && text.contains("not a passphrase"), "{text}");
    let absent = session.describe(&path("web1/key")).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    // A new secret is what the object is.
    adopt(&session, "web1/key", &key).unwrap();
    assert_eq!(session.describe(&path("web1/key")).unwrap().secret_type, SecretType::SymmetricKey);
    assert_eq!(get(&session, "web1/key").len(), 32);
    // What is destroyed by whoever made it is missing, and that is told.
    python(&site, &format!("client.destroy({key:?})"));
    let gone = session.get(&path("web1/key")).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Corrupt, "{gone}");
    let report = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert_eq!(report.damaged.len(), 1, "{report:?}");
}

#[test]
fn a_store_of_envelopes_adopts_nothing() {
    let site = Site::new();
    let store = site.object_store("s");
    let error = adopt(&store.session(), "web1/luks", &password(&site, "first")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
