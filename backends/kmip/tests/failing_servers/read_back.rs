//! Servers that give a private key back in another format than it was given.

use std::sync::{Arc, Mutex};

use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use strongroom_backend::{Backend, ErrorKind, Locator, Result, SecretBytes};
use strongroom_kmip::harness::Validity;
use strongroom_kmip::{KmipClient, KmipObjects, KmipSettings, Namespace, PlaintextType};

use super::kmip::{
    Asked, ITEM_NOT_FOUND, OBJECT_ALREADY_EXISTS, PERMISSION_DENIED, Said, object_type, operation,
};
use super::server::TestServer;
use super::{REPEATED, Site, at_a_place};

/// The operations that a server was asked for, with the type of what was to be registered.
type Seen = Arc<Mutex<Vec<(u32, Option<u32>)>>>;

/// A server that makes 57 of what is no Secret Data and 58 of Secret Data, and answers the rest as `said`
/// does. It shows 57 under the name, destroyed or not.
fn server(
    site: &Site,
    said: impl Fn(&Asked) -> Option<Said> + Send + Sync + 'static,
) -> (TestServer, KmipSettings, Seen) {
    let seen = Seen::default();
    let all = seen.clone();
    let (server, settings) = site.answered(move |asked| {
        let registered = asked.object_type().filter(|_| asked.operation == operation::REGISTER);
        if asked.operation != operation::QUERY {
            all.lock().unwrap().push((asked.operation, registered));
        }
        said(asked).unwrap_or(match (asked.operation, registered) {
            (_, Some(object_type::SECRET_DATA)) => Said::Done(&["58"]),
            (operation::LOCATE, _) if asked.object_type() == Some(object_type::SECRET_DATA) => {
                Said::Done(&["57", "58"])
            }
            (operation::ACTIVATE, _) => Said::Done(&["58"]),
            _ => Said::Done(&["57"]),
        })
    });
    (server, settings, seen)
}

/// A key in PKCS#8.
fn key(site: &Site) -> SecretBytes {
    let issued = site.authority.client(site.folder.path(), "key", Validity::Now);
    let key = PrivateKeyDer::from_pem_file(issued.key).unwrap();
    SecretBytes::copy_of(key.secret_der()).unwrap()
}

fn put(settings: KmipSettings, payload: &SecretBytes) -> Result<Locator> {
    let client = Arc::new(KmipClient::new(settings).unwrap());
    let namespace = Namespace::new("test").unwrap();
    let objects = KmipObjects::new(client, namespace, PlaintextType::PrivateKey);
    at_a_place(|at| objects.store(at, payload))
}

fn registered(seen: &Seen) -> Vec<u32> {
    seen.lock().unwrap().iter().filter_map(|(_, registered)| *registered).collect()
}

const AS_A_KEY: [(u32, Option<u32>); 3] = [
    (operation::REGISTER, Some(object_type::PRIVATE_KEY)),
    (operation::LOCATE, None),
    (operation::GET, None),
];

#[test]
fn a_key_that_comes_back_as_it_was_stays_a_key() {
    let site = Site::new();
    let key = key(&site);
    let same = key.to_vec();
    let (_server, settings, seen) = server(&site, move |asked| match asked.operation {
        operation::GET => Some(Said::Given("57", same.clone())),
        operation::ACTIVATE => Some(Said::Done(&["57"])),
        _ => None,
    });
    assert_eq!(put(settings, &key).unwrap().as_bytes(), b"57");
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, [&AS_A_KEY[..], &[(operation::ACTIVATE, None)]].concat());
}

#[test]
fn a_key_that_comes_back_otherwise_is_secret_data() {
    let site = Site::new();
    let key = key(&site);
    let others: [fn() -> Said; 3] = [
        || Said::Given("57", b"the same key in PKCS#1".to_vec()),
        // In no form that can be read.
        || Said::Done(&["57"]),
        || Said::Refused(PERMISSION_DENIED),
    ];
    for other in others {
        let (_server, settings, seen) =
            server(&site, move |asked| (asked.operation == operation::GET).then(other));
        assert_eq!(put(settings, &key).unwrap().as_bytes(), b"58");
        let instead = [
            (operation::REVOKE, None),
            (operation::DESTROY, None),
            (operation::REGISTER, Some(object_type::SECRET_DATA)),
            (operation::LOCATE, None),
            (operation::ACTIVATE, None),
        ];
        assert_eq!(*seen.lock().unwrap(), [&AS_A_KEY[..], &instead].concat());
    }
}

#[test]
fn a_key_that_may_still_be_there_is_not_put_again() {
    let site = Site::new();
    let key = key(&site);
    for (refused, kind) in [
        (None, ErrorKind::Timeout),
        (Some(ITEM_NOT_FOUND), ErrorKind::Timeout),
        (Some(PERMISSION_DENIED), ErrorKind::Denied),
    ] {
        let (_server, mut settings, seen) = server(&site, move |asked| match asked.operation {
            operation::GET => Some(Said::Given("57", b"the same key in PKCS#1".to_vec())),
            operation::DESTROY => Some(refused.map_or(Said::Silence, Said::Refused)),
            _ => None,
        });
        if refused.is_none() {
            settings.timeout = REPEATED;
        }
        let error = put(settings, &key).unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(registered(&seen), [object_type::PRIVATE_KEY], "{error:?}");
    }
}

#[test]
fn a_server_that_frees_no_name_says_what_to_configure() {
    let site = Site::new();
    let key = key(&site);
    let (_server, settings, _) = server(&site, |asked| match asked.operation {
        operation::GET => Some(Said::Given("57", b"the same key in PKCS#1".to_vec())),
        operation::REGISTER if asked.object_type() == Some(object_type::SECRET_DATA) => {
            Some(Said::Refused(OBJECT_ALREADY_EXISTS))
        }
        _ => None,
    });
    let error = put(settings, &key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(error.next().contains("plaintext_type"), "{error:?}");
}
