//! Tampering is `Corrupt`, a broken device is `Unavailable`, and both keep what the token said.

#[allow(dead_code, unreachable_pub, reason = "other tests use more of it")]
mod shim;

use strongroom_backend::{
    DeviceKey, Error, ErrorKind, KeyBackend, KeyPurpose, ProjectId, RootKeyId, Sealed, SecretBytes,
    StoreId, WrapContext,
};
use strongroom_pkcs11::harness::{Nss, SoftHsm, TestToken, in_own_process};
use strongroom_pkcs11::{KeyLocation, Pkcs11Keys, Token};

use shim::Shim;

struct Device {
    keys: Pkcs11Keys,
    root: RootKeyId,
    context: WrapContext,
    key: DeviceKey,
    sealed: Sealed,
}

impl Device {
    fn of(test: &dyn TestToken) -> Device {
        test.enter();
        let token = Token::open(test.settings()).unwrap();
        let root = RootKeyId::new("root-1").unwrap();
        let keys = Pkcs11Keys::create(token, &root, KeyLocation::Device).unwrap();
        let context = WrapContext {
            store: StoreId::random().unwrap(),
            project: ProjectId::random().unwrap(),
            generation: 1,
            purpose: KeyPurpose::ProjectKey,
        };
        let cipher = keys.device().unwrap();
        let wrapped = cipher.create_key(&root, &context).unwrap();
        let key = DeviceKey::new(cipher, root.clone(), wrapped, context);
        let sealed = key.encrypt(b"place", &SecretBytes::copy_of(b"payload").unwrap()).unwrap();
        Device { keys, root, context, key, sealed }
    }

    fn open(&self) -> Result<SecretBytes, Error> {
        self.key.decrypt(b"place", &self.sealed)
    }

    /// Everything that somebody could alter.
    fn altered(&self) -> Vec<(String, Error)> {
        let mut errors = Vec::new();
        let mut refused = |what: String, opened: Result<SecretBytes, Error>| {
            errors.push((what.clone(), opened.expect_err(&what)));
        };
        for at in 0..self.sealed.ciphertext.len() {
            let mut sealed = self.sealed.clone();
            sealed.ciphertext[at] ^= 1;
            refused(format!("byte {at} altered"), self.key.decrypt(b"place", &sealed));
        }
        for len in [0, 1, 15, 16, self.sealed.ciphertext.len() - 1] {
            let mut sealed = self.sealed.clone();
            sealed.ciphertext.truncate(len);
            refused(format!("cut to {len}"), self.key.decrypt(b"place", &sealed));
        }
        let mut sealed = self.sealed.clone();
        sealed.iv[0] ^= 1;
        refused("another IV".into(), self.key.decrypt(b"place", &sealed));
        refused("another place".into(), self.key.decrypt(b"elsewhere", &self.sealed));
        let cipher = self.keys.device().unwrap();
        for at in 8..self.key.wrapped().len() {
            let mut wrapped = self.key.wrapped().to_vec();
            wrapped[at] ^= 1;
            let key = DeviceKey::new(cipher.clone(), self.root.clone(), wrapped, self.context);
            refused(format!("byte {at} of the key"), key.decrypt(b"place", &self.sealed));
        }
        let context = WrapContext { generation: 2, ..self.context };
        let wrapped = self.key.wrapped().to_vec();
        let key = DeviceKey::new(cipher, self.root.clone(), wrapped, context);
        refused("the key of another generation".into(), key.decrypt(b"place", &self.sealed));
        errors
    }
}

fn tampering_is_corrupt(test: &dyn TestToken, native: &str) {
    let device = Device::of(test);
    for (what, error) in device.altered() {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
        assert!(error.native().is_some(), "{what}: {error}");
        if what.starts_with("byte") {
            assert_eq!(error.native(), Some(native), "{what}: {error}");
        }
    }
    assert!(device.open().unwrap().equals(b"payload"), "the control opens");
}

#[test]
fn tampering_is_corrupt_on_softhsm() {
    in_own_process("tampering_is_corrupt_on_softhsm", || {
        tampering_is_corrupt(&SoftHsm::start(), "CKR_GENERAL_ERROR");
    });
}

#[test]
fn tampering_is_corrupt_on_nss() {
    in_own_process("tampering_is_corrupt_on_nss", || {
        tampering_is_corrupt(&Nss::start(), "CKR_ENCRYPTED_DATA_INVALID");
    });
}

#[test]
fn a_broken_device_is_unavailable() {
    in_own_process("a_broken_device_is_unavailable", || {
        let shim = Shim::on(SoftHsm::start());
        let device = Device::of(&shim);
        // CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_ENCRYPTED_DATA_INVALID.
        for (code, native) in [
            ("0x5", "CKR_GENERAL_ERROR"),
            ("0x6", "CKR_FUNCTION_FAILED"),
            ("0x40", "CKR_ENCRYPTED_DATA_INVALID"),
        ] {
            shim.order("C_Decrypt", &format!("{code} after"));
            let error = device.open().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            assert_eq!(error.native(), Some(native), "{error}");
            shim.forget("C_Decrypt");
            assert!(device.open().unwrap().equals(b"payload"), "it opens once the device works");
        }
    });
}

#[test]
fn a_device_that_failed_for_a_moment_opens() {
    in_own_process("a_device_that_failed_for_a_moment_opens", || {
        let shim = Shim::on(SoftHsm::start());
        let device = Device::of(&shim);
        shim.order("C_Decrypt", "0x5 after once");
        assert!(device.open().unwrap().equals(b"payload"));
    });
}

#[test]
fn a_key_that_would_not_come_back_is_not_handed_out() {
    in_own_process("a_key_that_would_not_come_back_is_not_handed_out", || {
        let shim = Shim::on(SoftHsm::start());
        let device = Device::of(&shim);
        let cipher = device.keys.device().unwrap();
        let next = RootKeyId::new("root-2").unwrap();
        device.keys.create_root_key(&next).unwrap();
        let rewrap = || cipher.rewrap(&device.root, device.key.wrapped(), &next, &device.context);
        shim.order("C_WrapKey", "alter");
        for refused in [rewrap(), cipher.create_key(&device.root, &device.context)] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unavailable);
        }
        shim.forget("C_WrapKey");
        let key = DeviceKey::new(cipher.clone(), next.clone(), rewrap().unwrap(), device.context);
        assert!(key.decrypt(b"place", &device.sealed).unwrap().equals(b"payload"));
    });
}
