//! Tokens that take long to build, need root, or are reached by detours.

mod common;

use cryptoki::mechanism::MechanismType;
use strongroom_pkcs11::harness::{
    Kryoptic, OpenCryptoki, P11KitProxy, P11KitRemote, SoftHsm, in_own_namespaces, in_own_process,
};

use common::{has, open};

#[test]
fn kryoptic_is_reached() {
    in_own_process("kryoptic_is_reached", || {
        let test = Kryoptic::start();
        assert!(has(&open(&test), MechanismType::AES_GCM));
    });
}

#[test]
fn opencryptoki_is_reached() {
    in_own_namespaces("opencryptoki_is_reached", || {
        let test = OpenCryptoki::start();
        let token = open(&test);
        assert!(has(&token, MechanismType::RSA_PKCS_OAEP));
        assert!(!has(&token, MechanismType::AES_GCM));
    });
}

#[test]
fn a_token_behind_the_p11_kit_proxy_is_reached() {
    in_own_namespaces("a_token_behind_the_p11_kit_proxy_is_reached", || {
        let test = P11KitProxy::on(SoftHsm::start());
        assert!(has(&open(&test), MechanismType::AES_GCM));
    });
}

#[test]
fn a_remote_token_is_reached() {
    in_own_process("a_remote_token_is_reached", || {
        let test = P11KitRemote::on(SoftHsm::start());
        let token = open(&test);
        assert!(has(&token, MechanismType::RSA_PKCS_OAEP));
        assert!(!has(&token, MechanismType::AES_GCM));
    });
}
