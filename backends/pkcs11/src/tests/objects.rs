//! Payloads as objects of the token, when the token fails.

use strongroom_backend::{
    Backend, ErrorKind, PayloadType, Placement, ProjectId, ProjectKey, Reference, SecretBytes,
    SecretId, StoreId, VersionId, host_micros,
};

use super::alone::test_alone;
use super::shim::Shim;
use super::started;
use crate::harness::SoftHsm;
use crate::{ObjectSettings, Pkcs11Objects, Token};

/// A place of its own for each payload.
fn place(key: &ProjectKey) -> Placement<'_> {
    let now = host_micros();
    Placement {
        reference: Reference::at(now).unwrap(),
        store: StoreId::random().unwrap(),
        project: ProjectId::random().unwrap(),
        secret: SecretId::at(now).unwrap(),
        version: VersionId::at(now).unwrap(),
        payload_type: PayloadType::Opaque,
        key,
    }
}

test_alone! {
    fn a_write_that_fails_after_the_object_was_made_leaves_none() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        // Nothing else makes objects then.
        let limited = ObjectSettings { payload_limit: Some(1024), ..ObjectSettings::default() };
        let token = Token::open(settings).unwrap();
        let objects = Pkcs11Objects::open(token, limited).unwrap();
        let key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
        let payload = SecretBytes::copy_of(b"payload").unwrap();
        let store = || objects.store(&place(&key), &payload).unwrap_err();
        // Function failed, device removed, device error.
        for (code, name) in
            [("0x6", "CKR_FUNCTION_FAILED"), ("0x32", "CKR_DEVICE_REMOVED"), ("0x30", "CKR_DEVICE_ERROR")]
        {
            shim.order("C_CreateObject", &format!("{code} after once"));
            let error = store();
            assert!(!shim.waits("C_CreateObject"), "{name}");
            assert_eq!((error.kind(), error.native()), (ErrorKind::Unavailable, Some(name)), "{error}");
            assert_eq!(objects.list(None, 10).unwrap(), [], "{name}: an aborted write leaves no object");
        }

        // Control: where it cannot be withdrawn, it is there, and the outcome is said to be unknown.
        shim.order("C_CreateObject", "0x6 after once");
        shim.order("C_DestroyObject", "0x6");
        assert_eq!(store().kind(), ErrorKind::Timeout);
        assert_eq!(objects.list(None, 10).unwrap().len(), 1);
        shim.forget("C_DestroyObject");
    }
}
