//! What was put on a KMIP server as it is, is nowhere in the memory of the process that put it.
//!
//! A get is not looked at: what rustls has decrypted stays in buffers of its own, which it does not wipe
//! (docs/kmip.md).

// A test says what it has done.
#![allow(clippy::print_stdout)]

#[path = "memory/scan.rs"]
#[allow(dead_code, reason = "the other test that has it uses all of it")]
mod scan;

use std::sync::Arc;

use strongroom_backend::{
    Backend, ErrorKind, PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretBytes,
    SecretId, StoreId, VersionId,
};
use strongroom_kmip::harness::PyKmip;
use strongroom_kmip::{KmipClient, KmipObjects, Namespace, PlaintextType};

use scan::{Masked, Place, assert_nowhere, find};

#[test]
fn a_payload_that_was_put_or_refused_is_not_found_after() {
    let mut server = PyKmip::start();
    let mut settings = server.settings();
    let objects = |settings| {
        let client = Arc::new(KmipClient::new(settings).unwrap());
        KmipObjects::new(client, Namespace::new("memory").unwrap(), PlaintextType::SecretData)
    };
    let put = |objects: &KmipObjects, payload: &SecretBytes| {
        let key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
        objects.store(
            &Placement {
                reference: Reference::at(0).unwrap(),
                store: StoreId::random().unwrap(),
                project: ProjectId::random().unwrap(),
                secret: SecretId::at(0).unwrap(),
                version: VersionId::at(0).unwrap(),
                payload_type: PayloadType::Passphrase,
                key: &key,
            },
            payload,
        )
    };
    let here = objects(settings.clone());
    for len in [64, 5_000, 60_000] {
        let masked = Masked::random(64);
        let mut payload = SecretBytes::zeroed(len).unwrap();
        masked.unmask_into(&mut payload);
        put(&here, &payload).unwrap();
        assert_eq!(find(&masked), [Place::Secret], "the control, {len} bytes");
        drop(payload);
        assert_nowhere(&masked, &format!("put of {len} bytes"));
    }

    server.kill();
    settings.timeout = std::time::Duration::from_secs(1);
    let masked = Masked::random(64);
    let mut payload = SecretBytes::zeroed(64).unwrap();
    masked.unmask_into(&mut payload);
    let error = put(&objects(settings), &payload).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    drop(payload);
    assert_nowhere(&masked, "a put without a server");
}
