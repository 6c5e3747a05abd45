//! Payloads as objects of a token, each of the kind that the config asks for.

use strongroom::{DoctorOptions, GetOptions, PutOptions, SecretBytes, SecretType, Session};
use strongroom_backend::{
    Backend, PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretId, StoreId,
    VersionId, host_micros,
};
use strongroom_pkcs11::harness::{TestToken, in_own_process};
use strongroom_pkcs11::{ObjectKind, ObjectSettings, Pkcs11Objects, Token};

use crate::support::{Site, get, path, put};

const KEY: &[u8; 32] = b"thirty-two bytes of a secret key";

/// A store whose symmetric keys become secret keys.
fn with_secret_keys(site: &Site) -> strongroom::Store {
    drop(site.object_store("s"));
    ask_for_secret_keys(site);
    site.open("s").unwrap()
}

fn ask_for_secret_keys(site: &Site) {
    let kind = "kind = \"pkcs11-objects\"\n";
    site.change_config("s", kind, &format!("{kind}symmetric_keys = \"secret-key\"\n"));
}

fn put_key(session: &Session, name: &str, key: &[u8]) {
    let key = SecretBytes::copy_of(key).unwrap();
    let secret_type = Some(SecretType::SymmetricKey);
    session.put(&path(name), &key, &PutOptions { secret_type, ..PutOptions::default() }).unwrap();
}

/// How many data objects and how many secret keys another program finds that are payloads.
fn seen_from_outside(site: &Site) -> [usize; 2] {
    ["data", "secrkey"].map(|kind| {
        let output = site.tool().args(["--list-objects", "--type", kind]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).matches("strongroom payload").count()
    })
}

#[test]
fn a_symmetric_key_is_a_secret_key_where_asked_and_all_else_is_data() {
    let name = "objects::a_symmetric_key_is_a_secret_key_where_asked_and_all_else_is_data";
    in_own_process(name, || {
        let site = Site::new();
        let store = with_secret_keys(&site);
        let session = store.session();
        put(&session, "web1/passphrase", b"correct horse");
        put_key(&session, "web1/key", KEY);
        assert_eq!(seen_from_outside(&site), [1, 1]);
        // Another version is of its secret's type, which nobody has to repeat.
        put(&session, "web1/key", &KEY[..16]);
        assert_eq!(seen_from_outside(&site), [1, 2]);
        drop((session, store));

        let store = site.open("s").unwrap();
        let session = store.session();
        assert_eq!(get(&session, "web1/passphrase"), b"correct horse");
        assert_eq!(get(&session, "web1/key"), &KEY[..16]);
        let first = GetOptions { version: Some(1), ..GetOptions::default() };
        assert!(session.get_with(&path("web1/key"), &first).unwrap().payload.equals(KEY));
        for finding in store.health() {
            assert_ne!(finding.severity, strongroom::Severity::Error, "{finding:?}");
        }
        session.erase(&path("web1/key")).unwrap();
        assert_eq!(seen_from_outside(&site), [1, 0]);
        session.erase(&path("web1/passphrase")).unwrap();
        assert_eq!(seen_from_outside(&site), [0, 0]);
    });
}

#[test]
fn symmetric_keys_from_before_stay_data_and_are_found() {
    in_own_process("objects::symmetric_keys_from_before_stay_data_and_are_found", || {
        let site = Site::new();
        let store = site.object_store("s");
        put_key(&store.session(), "web1/before", KEY);
        assert_eq!(seen_from_outside(&site), [1, 0]);
        drop(store);
        ask_for_secret_keys(&site);
        let store = site.open("s").unwrap();
        let session = store.session();
        put_key(&session, "web1/after", KEY);
        assert_eq!(seen_from_outside(&site), [1, 1]);
        for name in ["web1/before", "web1/after"] {
            assert_eq!(get(&session, name), KEY);
            session.erase(&path(name)).unwrap();
        }
        assert_eq!(seen_from_outside(&site), [0, 0]);
    });
}

/// A payload as a put leaves it that is killed before it writes metadata.
fn stray(objects: &dyn Backend, payload_type: PayloadType) {
    let now = host_micros();
    let key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
    let at = Placement {
        reference: Reference::at(now).unwrap(),
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        secret: SecretId::at(now).unwrap(),
        version: VersionId::at(now).unwrap(),
        payload_type,
        key: &key,
    };
    objects.store(&at, &SecretBytes::copy_of(KEY).unwrap()).unwrap();
}

#[test]
fn doctor_removes_strays_of_both_kinds() {
    in_own_process("objects::doctor_removes_strays_of_both_kinds", || {
        let site = Site::new();
        let store = with_secret_keys(&site);
        let session = store.session();
        put(&session, "web1/passphrase", b"correct horse");
        put_key(&session, "web1/key", KEY);
        let token = Token::open(site.token.settings()).unwrap();
        let symmetric_keys = ObjectKind::SecretKey;
        let settings = ObjectSettings { symmetric_keys, ..ObjectSettings::default() };
        let objects = Pkcs11Objects::open(token, settings).unwrap();
        stray(&objects, PayloadType::SymmetricKey);
        stray(&objects, PayloadType::Opaque);
        assert_eq!(seen_from_outside(&site), [2, 2]);

        let repair = DoctorOptions { repair: true, ..DoctorOptions::default() };
        let found = store.doctor(&repair, &mut |_| {}).unwrap();
        assert_eq!(
            (found.strays, found.strays_left),
            (2, 2),
            "they may be puts under way: {found:?}"
        );
        put(&session, "web1/other", b"written since");
        let found = store.doctor(&repair, &mut |_| {}).unwrap();
        assert_eq!((found.strays, found.strays_removed), (2, 2), "{found:?}");
        assert!(found.damaged.is_empty(), "{found:?}");
        assert_eq!(seen_from_outside(&site), [2, 1]);
        assert_eq!(get(&session, "web1/key"), KEY);
    });
}
