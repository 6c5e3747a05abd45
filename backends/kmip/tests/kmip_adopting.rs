//! Objects that others made are adopted by their identifiers, and stay theirs.

mod common;

use common::python::{one_of_each_type, python};
use common::{Site, client, envelopes, namespace, secret};
use strongroom_backend::{
    Adopted, Backend, Destroyed, ErrorKind, KeyBackend, Locator, Reference, Result, RootKeyId,
    Severity, Shelf, host_micros,
};
use strongroom_kmip::harness::{PyKmip, Validity};
use strongroom_kmip::{KmipKeys, KmipObjects, KmipShelf, PlaintextType, RootKeyUse};

fn objects(server: &PyKmip, name: &str) -> KmipObjects {
    KmipObjects::new(client(server.settings()), namespace(name), PlaintextType::Fitting)
}

/// Lets PyKMIP's client make an object, and gives its identifier.
fn made(server: &PyKmip, object: &str) -> String {
    python(server, &format!("print(client.register({object}))"))
}

fn password(server: &PyKmip) -> String {
    made(server, "objects.SecretData(b'correct horse', enums.SecretDataType.PASSWORD)")
}

/// The kind and the words of the error.
fn refused<T>(result: Result<T>) -> (ErrorKind, String) {
    let error = result.map(drop).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn an_object_of_each_type_is_adopted_and_read() {
    let server = PyKmip::start();
    let ours = objects(&server, "one");
    let theirs = objects(&server, "two");
    for typed in one_of_each_type(&server) {
        // As PyKMIP's client makes it, without a name of a store.
        let value = format!("bytes.fromhex({:?})", common::python::hex(&typed.payload));
        let object = match typed.class {
            "SecretData" => {
                format!("objects.SecretData({value}, enums.SecretDataType.PASSWORD)")
            }
            "SymmetricKey" => {
                format!("objects.SymmetricKey(enums.CryptographicAlgorithm.AES, 256, {value})")
            }
            "X509Certificate" => format!("objects.X509Certificate({value})"),
            "OpaqueObject" => {
                format!("objects.OpaqueObject({value}, enums.OpaqueDataType.NONE)")
            }
            "PrivateKey" => format!(
                "objects.PrivateKey(enums.CryptographicAlgorithm.RSA, 2048, {value}, \
                 enums.KeyFormatType.PKCS_8)"
            ),
            _ => format!("objects.PublicKey(enums.CryptographicAlgorithm.RSA, 2048, {value})"),
        };
        let identifier = made(&server, &object);
        let adopted = ours.adopt(&identifier).unwrap();
        assert_eq!((adopted.size, adopted.payload_type), (typed.payload.len(), typed.payload_type));
        // A reader has only the locator. Two stores may have the same object.
        let locator = Locator::new(adopted.locator.as_bytes().to_vec());
        for store in [&ours, &theirs] {
            let loaded = store.load(&Site::new().placement(), &locator).unwrap();
            assert!(loaded.equals(&typed.payload), "{}", typed.class);
        }
    }
}

#[test]
fn what_was_adopted_is_neither_changed_nor_listed_nor_destroyed() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    let identifier = password(&server);
    let look = format!(
        "attributes = client.get_attributes({identifier:?})[1]\n\
         print(sorted((a.attribute_name.value, str(a.attribute_value)) for a in attributes))"
    );
    let before = python(&server, &look);
    let Adopted { locator, .. } = store.adopt(&identifier).unwrap();
    let (site, own) = (Site::new(), Site::new());
    let kept = store.store(&own.placement(), &secret(b"our own")).unwrap();
    assert_eq!(store.list(None, 10).unwrap(), [own.reference], "the control is listed");
    let gone = store.destroy(&[site.target(&locator), own.target(&kept)]).unwrap();
    assert_eq!(gone, Destroyed::Gone);
    assert_eq!(store.list(None, 10).unwrap(), []);
    assert!(store.load(&own.placement(), &kept).is_err(), "the control is gone");
    assert!(store.load(&site.placement(), &locator).unwrap().equals(b"correct horse"));
    assert_eq!(python(&server, &look), before);
}

#[test]
fn an_identifier_that_means_another_object_now_is_not_read() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    let identifier = password(&server);
    let locator = store.adopt(&identifier).unwrap().locator;
    // The locator of an object with the same identifier that was made one second before.
    let mut bytes = locator.as_bytes().to_vec();
    bytes[8] = bytes[8].wrapping_sub(1);
    let site = Site::new();
    let (kind, text) = refused(store.load(&site.placement(), &Locator::new(bytes)));
    assert_eq!(kind, ErrorKind::NotFound, "{text}");
    assert!(store.load(&site.placement(), &locator).unwrap().equals(b"correct horse"));
    python(&server, &format!("client.destroy({identifier:?})"));
    assert_eq!(refused(store.load(&site.placement(), &locator)).0, ErrorKind::NotFound);
}

#[test]
fn an_object_that_holds_something_else_now_is_not_read() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    let locator = store.adopt(&password(&server)).unwrap().locator;
    // The locator of the same object with other bytes: their SHA-256 follows the date.
    let mut bytes = locator.as_bytes().to_vec();
    bytes[9] ^= 1;
    let site = Site::new();
    let (kind, text) = refused(store.load(&site.placement(), &Locator::new(bytes)));
    assert_eq!(kind, ErrorKind::Corrupt, "{text}");
    assert!(text.contains("was changed on the server"), "{text}");
    assert!(store.load(&site.placement(), &locator).unwrap().equals(b"correct horse"));
}

#[test]
fn what_is_not_there_or_not_for_us_is_not_adopted() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    for unknown in ["4711", "no-such-object"] {
        let (kind, text) = refused(store.adopt(unknown));
        assert_eq!(kind, ErrorKind::NotFound, "{text}");
        assert!(text.contains(unknown), "{text}");
    }
    for wrong in ["", "a\nb", "a\0b", &"x".repeat(1_001)] {
        assert_eq!(refused(store.adopt(wrong)).0, ErrorKind::InvalidArgument);
    }
    let stranger = server.authority().client(server.folder(), "stranger", Validity::Now);
    let identifier = password(&server);
    let other = client(server.settings_with(&stranger));
    let other = KmipObjects::new(other, namespace("test"), PlaintextType::Fitting);
    let (kind, text) = refused(other.adopt(&identifier));
    assert_eq!(kind, ErrorKind::Denied, "{text}");
    store.adopt(&identifier).unwrap();
}

#[test]
fn an_object_must_be_usable_when_it_is_adopted() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    let identifier = password(&server);
    python(&server, &format!("client.activate({identifier:?})"));
    store.adopt(&identifier).unwrap();
    for (reason, state) in
        [("CESSATION_OF_OPERATION", "Deactivated"), ("KEY_COMPROMISE", "Compromised")]
    {
        let revoke = format!("enums.RevocationReasonCode.{reason}, {identifier:?}");
        python(&server, &format!("client.revoke({revoke})"));
        let (kind, text) = refused(store.adopt(&identifier));
        assert_eq!(kind, ErrorKind::NotActive, "{text}");
        assert!(text.contains(state), "{text}");
    }
    let split = "objects.SplitKey(enums.CryptographicAlgorithm.AES, 128, b'0123456789abcdef', \
                 split_key_parts=3, key_part_identifier=1, split_key_threshold=2, \
                 split_key_method=enums.SplitKeyMethod.XOR)";
    let (kind, text) = refused(store.adopt(&made(&server, split)));
    assert_eq!(kind, ErrorKind::Unsupported, "{text}");
    assert!(text.contains("Split Key"), "{text}");
}

#[test]
fn what_a_store_made_is_not_adopted() {
    let server = PyKmip::start();
    let store = objects(&server, "test");
    let other = objects(&server, "other");
    let shelf = KmipShelf::new(client(server.settings()), namespace("other"));
    let (own, theirs) = (Site::new(), Site::new());
    let text = |locator: Locator| String::from_utf8(locator.as_bytes().to_vec()).unwrap();
    let own = text(store.store(&own.placement(), &secret(b"our own")).unwrap());
    let theirs = text(other.store(&theirs.placement(), &secret(b"theirs")).unwrap());
    let envelope =
        text(shelf.put(Reference::at(host_micros()).unwrap(), b"an envelope".to_vec()).unwrap());
    let keys = KmipKeys::new(client(server.settings()), namespace("other"), RootKeyUse::Fetched);
    keys.create_root_key(&RootKeyId::new("root-1").unwrap()).unwrap();
    let root = python(&server, "print(*client.locate())");
    let root = root.split(' ').max_by_key(|number| number.parse::<u32>().unwrap()).unwrap();
    let cursed = made(
        &server,
        "objects.SecretData(b'x', enums.SecretDataType.PASSWORD, name='strongroom/\\x1b[2J/')",
    );
    for (identifier, name) in [
        (&own[..], "strongroom/test/payload/"),
        (&theirs, "strongroom/other/payload/"),
        (&envelope, "strongroom/other/payload/"),
        (root, "strongroom/other/root-key/root-1"),
        // What a terminal would obey is left out.
        (&cursed, "strongroom/ [2J/"),
    ] {
        let (kind, text) = refused(store.adopt(identifier));
        assert_eq!(kind, ErrorKind::Conflict, "{text}");
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn envelopes_are_not_made_of_what_others_made() {
    let server = PyKmip::start();
    let store = envelopes(server.settings());
    let (kind, text) = refused(store.adopt(&password(&server)));
    assert_eq!(kind, ErrorKind::Unsupported, "{text}");
    assert!(store.health().iter().all(|finding| finding.severity != Severity::Error));
}
