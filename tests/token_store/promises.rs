//! The promises of a backend whose project keys stay in a real token.

use strongroom_backend::{KeyBackend, RootKeyId, conformance};
use strongroom_enveloped::{Enveloped, MemoryShelf};
use strongroom_pkcs11::harness::{SoftHsm, TestToken, in_own_process};
use strongroom_pkcs11::{KeyLocation, Pkcs11Keys, Token, TokenSettings};

#[test]
fn an_enveloped_backend_over_a_device_keeps_every_promise() {
    in_own_process("promises::an_enveloped_backend_over_a_device_keeps_every_promise", || {
        let hsm = SoftHsm::start();
        hsm.enter();
        let patient =
            TokenSettings { timeout: std::time::Duration::from_secs(60), ..hsm.settings() };
        let root = RootKeyId::new("root-1").unwrap();
        let token = Token::open(patient).unwrap();
        let keys = Pkcs11Keys::create(token, &root, KeyLocation::Device).unwrap();
        let backend = Enveloped::new(MemoryShelf::default());
        let report = conformance::backend_with_device(&backend, &keys.device().unwrap(), &root);
        report.require();
        assert!(report.skipped().is_empty(), "nothing is left out: {:?}", report.skipped());
    });
}
