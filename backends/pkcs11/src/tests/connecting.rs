//! Finding the token and logging in.

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use crate::harness::{SoftHsm, TestToken};
use crate::{PinSource, Token, TokenChoice, TokenSettings};

fn started() -> (SoftHsm, TokenSettings) {
    let hsm = SoftHsm::start();
    hsm.enter();
    let settings = hsm.settings();
    (hsm, settings)
}

fn other_pin(settings: &TokenSettings, pin: &str) -> (tempfile::NamedTempFile, TokenSettings) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pin).unwrap();
    let settings =
        TokenSettings { pin: PinSource::File(file.path().to_path_buf()), ..settings.clone() };
    (file, settings)
}

test_alone! {
    fn a_token_is_opened_and_tells_about_itself() {
        let (_hsm, settings) = started();
        let token = Token::open(settings.clone()).unwrap();
        assert_eq!(token.token_info().unwrap().label(), SoftHsm::LABEL);
        assert!(token.slot_info().unwrap().token_present());
        assert!(!token.mechanisms().unwrap().is_empty());
        assert_eq!(token.settings(), &settings);
        let random = token.call(|held| {
            let mut bytes = [0; 16];
            held.generate_random_slice(&mut bytes)?;
            Ok(bytes)
        });
        assert_ne!(random.unwrap(), [0; 16]);
        assert!(!format!("{token:?}").contains(SoftHsm::PIN));
    }
}

test_alone! {
    fn the_token_is_the_one_that_was_chosen_or_none() {
        let (hsm, settings) = started();
        hsm.add_token("other");
        let open = |token| Token::open(TokenSettings { token, ..settings.clone() });

        let other = open(TokenChoice { label: Some("other".into()), ..TokenChoice::default() });
        let other = other.unwrap();
        let info = other.token_info().unwrap();
        assert_eq!(info.label(), "other");
        let serial = Some(info.serial_number().to_string());
        let by_serial = open(TokenChoice { serial, ..TokenChoice::default() }).unwrap();
        assert_eq!(by_serial.token_info().unwrap().label(), "other");

        let error = open(TokenChoice::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.what().contains("\"other\"") && error.what().contains("\"test\""), "{error}");

        let missing = TokenChoice { label: Some("lost".into()), ..TokenChoice::default() };
        let error = open(missing).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("\"lost\""), "{error}");
        assert!(error.next().contains("\"other\""), "{error}");
    }
}

test_alone! {
    fn a_module_that_is_none_is_named() {
        let (_hsm, settings) = started();
        for module in ["/nowhere/module.so", "/etc/passwd"] {
            let error = Token::open(TokenSettings { module: module.into(), ..settings.clone() });
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.what().contains(module), "{error}");
        }
    }
}

test_alone! {
    fn a_wrong_pin_is_tried_once() {
        let (_hsm, settings) = started();
        let (_file, wrong) = other_pin(&settings, "9999");
        let error = Token::open(wrong.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(error.native(), Some("CKR_PIN_INCORRECT"));
        for _ in 0..3 {
            let error = Token::open(wrong.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.what().contains("not tried again"), "{error}");
        }
        // Control: the token and its PIN are fine.
        Token::open(settings).unwrap();
    }
}
