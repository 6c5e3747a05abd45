//! Tokens that take long to build, need root, or are reached by detours. `docs/hsm-tokens.md` has the
//! table.

mod common;

use strongroom_backend::conformance;
use strongroom_pkcs11::harness::{
    Kryoptic, OpenCryptoki, P11KitProxy, P11KitRemote, SoftHsm, TestToken, in_own_namespaces,
    in_own_process,
};
use strongroom_pkcs11::{ObjectSettings, Pkcs11Objects, Token};

use common::{Found, Root, keeps_every_promise};

#[test]
fn kryoptic_keeps_every_promise() {
    in_own_process("kryoptic_keeps_every_promise", || {
        let found = keeps_every_promise(&Kryoptic::start());
        assert_eq!(found, Found { root: Root::AesGcm, device: true });
    });
}

#[test]
fn objects_of_kryoptic_keep_every_promise() {
    in_own_process("objects_of_kryoptic_keep_every_promise", || {
        let test = Kryoptic::start();
        test.enter();
        let token = Token::open(test.settings()).unwrap();
        let objects = Pkcs11Objects::open(token, ObjectSettings::default()).unwrap();
        let report = conformance::backend(&objects);
        report.require();
        assert_eq!(report.passed().len(), 18);
    });
}

#[test]
fn opencryptoki_keeps_every_promise() {
    in_own_namespaces("opencryptoki_keeps_every_promise", || {
        let found = keeps_every_promise(&OpenCryptoki::start());
        assert_eq!(found, Found { root: Root::RsaOaep, device: false });
    });
}

#[test]
fn a_token_behind_the_p11_kit_proxy_keeps_every_promise() {
    in_own_namespaces("a_token_behind_the_p11_kit_proxy_keeps_every_promise", || {
        let found = keeps_every_promise(&P11KitProxy::on(SoftHsm::start()));
        assert_eq!(found, Found { root: Root::AesGcm, device: true });
    });
}

#[test]
fn a_remote_token_keeps_every_promise() {
    in_own_process("a_remote_token_keeps_every_promise", || {
        let found = keeps_every_promise(&P11KitRemote::on(SoftHsm::start()));
        assert_eq!(found, Found { root: Root::RsaOaep, device: false });
    });
}
