//! Tokens that take long to build, need root, or are reached by detours. `docs/hsm-tokens.md` has the
//! table.

mod common;

use strongroom_pkcs11::harness::{
    Kryoptic, OpenCryptoki, P11KitProxy, P11KitRemote, SoftHsm, in_own_namespaces, in_own_process,
};

use common::{Found, Root, keeps_every_promise};

#[test]
fn kryoptic_keeps_every_promise() {
    in_own_process("kryoptic_keeps_every_promise", || {
        let found = keeps_every_promise(&Kryoptic::start());
        assert_eq!(found, Found { root: Root::AesGcm, device: true });
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
