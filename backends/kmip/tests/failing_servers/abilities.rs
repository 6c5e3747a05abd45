//! Servers that say with Query what they cannot do.

use std::sync::{Arc, Mutex};

use strongroom_backend::{
    Backend, ErrorKind, KeyBackend, Marker, PayloadType, RootKeyId, SecretBytes, StoreId,
};
use strongroom_kmip::{KmipClient, KmipKeys, KmipObjects, Namespace, PlaintextType, RootKeyUse};

use super::kmip::{OPERATION_NOT_SUPPORTED, Said, object_type, operation, queried};
use super::{Site, at_a_place, says};

const ALL: [u32; 10] = [
    operation::CREATE,
    operation::REGISTER,
    operation::LOCATE,
    operation::GET,
    operation::GET_ATTRIBUTES,
    operation::ACTIVATE,
    operation::REVOKE,
    operation::DESTROY,
    operation::ENCRYPT,
    operation::DECRYPT,
];

fn all_but(left_out: u32) -> Vec<u32> {
    ALL.into_iter().filter(|operation| *operation != left_out).collect()
}

#[test]
fn what_a_server_does_not_keep_is_secret_data_there() {
    let site = Site::new();
    let (key, secret) = (object_type::SYMMETRIC_KEY, object_type::SECRET_DATA);
    let cases: [(Option<&'static [u32]>, u32); 4] = [
        (Some(&[object_type::SECRET_DATA]), secret),
        (Some(&[object_type::SYMMETRIC_KEY, object_type::SECRET_DATA]), key),
        // One that does not tell, or knows no Query, may keep everything.
        (Some(&[]), key),
        (None, key),
    ];
    for (kept, expected) in cases {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = seen.clone();
        let (_server, settings) = site.answered(move |asked| {
            let registered = asked.object_type().filter(|_| asked.operation == operation::REGISTER);
            all.lock().unwrap().push((asked.operation, registered));
            match (asked.operation, kept) {
                (operation::QUERY, Some(kept)) => Said::Answered(queried(&ALL, kept)),
                (operation::QUERY, None) => Said::Refused(OPERATION_NOT_SUPPORTED),
                _ => Said::Done(&["57"]),
            }
        });
        let client = Arc::new(KmipClient::new(settings).unwrap());
        let namespace = Namespace::new("test").unwrap();
        let objects = KmipObjects::new(client, namespace, PlaintextType::SymmetricKey);
        let payload = SecretBytes::copy_of(&[7; 32]).unwrap();
        for _ in 0..2 {
            at_a_place(|at| {
                assert_eq!(at.payload_type, PayloadType::Passphrase);
                objects.store(at, &payload).unwrap()
            });
        }
        let seen = seen.lock().unwrap();
        let registered: Vec<u32> = seen.iter().filter_map(|(_, registered)| *registered).collect();
        assert_eq!(registered, [expected, expected], "{kept:?}");
        let queries = seen.iter().filter(|(asked, _)| *asked == operation::QUERY).count();
        assert_eq!(queries, 1, "it is asked once");
    }
}

#[test]
fn a_server_that_lacks_an_operation_is_refused_before_anything_is_made() {
    let site = Site::new();
    let marker = Marker { store: StoreId::random().unwrap(), epoch: 1 };
    let root = RootKeyId::new("root-1").unwrap();
    let answered = |operations: Vec<u32>| {
        site.answered(move |asked| match asked.operation {
            operation::QUERY => Said::Answered(queried(&operations, &[])),
            operation::LOCATE if asked.together == 1 => Said::Done(&[]),
            _ => Said::Done(&["57"]),
        })
    };
    for (left_out, name, root_key_use) in [
        (operation::ENCRYPT, "Encrypt", RootKeyUse::InServer),
        (operation::GET, "Get", RootKeyUse::Fetched),
    ] {
        for (operations, works) in [(all_but(left_out), false), (ALL.to_vec(), true)] {
            let (_server, settings) = answered(operations);
            let client = Arc::new(KmipClient::new(settings).unwrap());
            let keys = KmipKeys::new(client, Namespace::new("test").unwrap(), root_key_use);
            match works {
                true => keys.create_root_key(&root).unwrap(),
                false => {
                    let error = keys.create_root_key(&root).unwrap_err();
                    says(&error, ErrorKind::Unsupported, &format!("what this needs: {name}"));
                }
            }
        }
    }
    for (operations, works) in [(all_but(operation::REVOKE), false), (ALL.to_vec(), true)] {
        let (_server, settings) = answered(operations);
        let made = super::objects(settings).set_marker(None, marker);
        match works {
            true => made.unwrap(),
            false => says(&made.unwrap_err(), ErrorKind::Unsupported, "what this needs: Revoke"),
        }
    }
}
