//! Tokens of several makers, each of which can do something else.

mod common;

use cryptoki::mechanism::MechanismType;
use strongroom_pkcs11::harness::{Nss, SoftHsm, Spy, Tpm, in_own_process};

use common::{has, open};

#[test]
fn softhsm_is_reached() {
    in_own_process("softhsm_is_reached", || {
        let test = Spy::on(SoftHsm::start());
        let token = open(&test);
        assert!(has(&token, MechanismType::AES_GCM));
        assert_eq!(test.calls("C_Login"), 1);
    });
}

#[test]
fn nss_is_reached() {
    in_own_process("nss_is_reached", || {
        let test = Nss::start();
        assert!(has(&open(&test), MechanismType::AES_GCM));
    });
}

#[test]
fn a_tpm_is_reached() {
    in_own_process("a_tpm_is_reached", || {
        let test = Tpm::start();
        let token = open(&test);
        assert!(has(&token, MechanismType::RSA_PKCS_OAEP));
        assert!(!has(&token, MechanismType::AES_GCM));
    });
}
