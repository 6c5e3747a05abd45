//! What is left of trying a token out.

use strongroom_backend::{Backend, Severity};

use super::alone::test_alone;
use super::shim::Shim;
use super::started;
use crate::harness::SoftHsm;
use crate::{ObjectSettings, Pkcs11Objects, Token, payloads};

/// How many probes the token has.
fn probes(token: &Token) -> usize {
    token.call_repeatable(|held| Ok(payloads::labelled(held, b"strongroom probe")?.len())).unwrap()
}

test_alone! {
    fn a_probe_that_was_left_behind_goes_when_the_token_is_tried_again() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let token = Token::open(settings).unwrap();
        let limited = ObjectSettings { payload_limit: Some(1 << 10), ..ObjectSettings::default() };
        let objects = Pkcs11Objects::open(token.clone(), limited).unwrap();
        // As if the process had been killed there.
        shim.order("C_DestroyObject", "0x5 once");
        assert!(objects.health().iter().any(|found| found.severity == Severity::Error));
        assert_eq!(probes(&token), 1, "the control finds it");
        let objects = Pkcs11Objects::open(token.clone(), ObjectSettings::default()).unwrap();
        let limit = objects.capabilities().payload_limit;
        assert_eq!(probes(&token), 0);

        // One that another process removes, because it takes it for such a one, is made anew.
        let objects = Pkcs11Objects::open(token.clone(), ObjectSettings::default()).unwrap();
        // CKR_OBJECT_HANDLE_INVALID.
        shim.order("C_GetAttributeValue", "0x82 once");
        assert_eq!(objects.capabilities().payload_limit, limit);
        assert!(!shim.waits("C_GetAttributeValue"), "the control: it was gone once");
        assert_eq!(probes(&token), 0);
    }
}
