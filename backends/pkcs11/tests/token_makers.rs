//! Tokens of several makers, each of which can do something else. `docs/hsm-tokens.md` has the table.

mod common;

use strongroom_pkcs11::harness::{Nss, SoftHsm, Tpm, in_own_process};

use common::{Found, Root, keeps_every_promise, wraps_and_unwraps};

#[test]
fn softhsm_keeps_every_promise() {
    in_own_process("softhsm_keeps_every_promise", || {
        let found = keeps_every_promise(&SoftHsm::start());
        assert_eq!(found, Found { root: Root::AesGcm, device: true });
    });
}

#[test]
fn nss_keeps_every_promise() {
    in_own_process("nss_keeps_every_promise", || {
        let found = keeps_every_promise(&Nss::start());
        assert_eq!(found, Found { root: Root::AesGcm, device: true });
    });
}

/// What is left out: see the table.
#[test]
fn a_tpm_wraps_and_unwraps() {
    in_own_process("a_tpm_wraps_and_unwraps", || {
        let found = wraps_and_unwraps(&Tpm::start());
        assert_eq!(found, Found { root: Root::RsaOaep, device: false });
    });
}
