//! Servers on which root keys are not as they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use strongroom_backend::{
    ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, SecretBytes, StoreId, WrapContext,
};
use strongroom_kmip::{KmipClient, KmipKeys, KmipSettings, Namespace, RootKeyUse};

use super::kmip::{
    Asked, Attributes, CRYPTOGRAPHIC_FAILURE, DATA, PERMISSION_DENIED, Said, data, operation,
};
use super::{Site, says};

const PRE_ACTIVE: u32 = 1;
const ACTIVE: u32 = 2;

fn keys(settings: KmipSettings) -> KmipKeys {
    let client = Arc::new(KmipClient::new(settings).unwrap());
    KmipKeys::new(client, Namespace::new("test").unwrap(), RootKeyUse::InServer)
}

fn context() -> WrapContext {
    WrapContext {
        store: StoreId::random().unwrap(),
        project: ProjectId::STORE,
        generation: 1,
        purpose: KeyPurpose::CheckValue,
    }
}

/// "Encrypts" by giving back what it was given.
fn encrypted(asked: &Asked) -> Said {
    let identifier = asked.identifier.as_deref().unwrap();
    Said::Answered(data(identifier, &asked.value(DATA).unwrap()))
}

#[test]
fn a_server_that_cannot_encrypt_now_says_nothing_of_a_wrapped_key() {
    let site = Site::new();
    let (root, context) = (RootKeyId::new("root-1").unwrap(), context());
    let key = SecretBytes::random(32).unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let is_broken = broken.clone();
    let altered = |asked: &Asked| asked.value(DATA).unwrap()[0] == 0xFF;
    let (_server, settings) = site.answered(move |asked| match asked.operation {
        operation::LOCATE => Said::Done(&["57"]),
        operation::ENCRYPT | operation::DECRYPT if is_broken.load(Ordering::SeqCst) => {
            Said::Refused(CRYPTOGRAPHIC_FAILURE)
        }
        operation::DECRYPT if altered(asked) => Said::Refused(CRYPTOGRAPHIC_FAILURE),
        _ => encrypted(asked),
    });
    let keys = keys(settings);
    let mut key_that_is_not_ff = key;
    key_that_is_not_ff[0] = 0;
    let mut blob = keys.wrap(&root, &key_that_is_not_ff, &context).unwrap();
    assert!(keys.unwrap(&root, &blob, &context).unwrap().equals(&key_that_is_not_ff));

    broken.store(true, Ordering::SeqCst);
    let error = keys.unwrap(&root, &blob, &context).unwrap_err();
    says(&error, ErrorKind::Unavailable, "Cryptographic Failure");
    let error = keys.wrap(&root, &key_that_is_not_ff, &context).unwrap_err();
    says(&error, ErrorKind::Unavailable, "Cryptographic Failure");

    // The control: one that works says it of what was altered.
    broken.store(false, Ordering::SeqCst);
    let first_of_the_data = 8 + 12;
    blob[first_of_the_data] = 0xFF;
    let error = keys.unwrap(&root, &blob, &context).unwrap_err();
    says(&error, ErrorKind::Corrupt, "it was altered");
}

/// A Create that the server carried out after its client had given it up, and had made the key anew.
#[test]
fn a_root_key_is_the_one_that_was_activated_when_two_have_its_name() {
    let site = Site::new();
    let (root, context) = (RootKeyId::new("root-1").unwrap(), context());
    let key = SecretBytes::random(32).unwrap();
    for (states, kind) in [
        ([PRE_ACTIVE, ACTIVE], None),
        ([ACTIVE, ACTIVE], Some(ErrorKind::Conflict)),
        ([PRE_ACTIVE, PRE_ACTIVE], Some(ErrorKind::Conflict)),
    ] {
        let (_server, settings) = site.answered(move |asked| match asked.operation {
            operation::LOCATE => Said::Done(&["57", "58"]),
            operation::GET_ATTRIBUTES => {
                let identifier = asked.identifier.clone().unwrap();
                let state = Some(states[usize::from(identifier == "58")]);
                Said::Told(Attributes { identifier, state, ..Attributes::default() })
            }
            _ if asked.identifier.as_deref() != Some("58") => Said::Refused(PERMISSION_DENIED),
            _ => encrypted(asked),
        });
        let keys = keys(settings);
        let wrapped = keys.wrap(&root, &key, &context);
        match kind {
            None => {
                let opened = keys.unwrap(&root, &wrapped.unwrap(), &context).unwrap();
                assert!(opened.equals(&key));
            }
            Some(kind) => assert_eq!(wrapped.unwrap_err().kind(), kind),
        }
    }
}
