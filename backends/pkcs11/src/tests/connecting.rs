//! Finding the token and logging in.

use std::io::Write;
use std::os::fd::AsRawFd;

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::shim::Shim;
use super::{random, soft_hsm, started};
use crate::harness::{Nss, SoftHsm};
use crate::{PinSource, Token, TokenChoice, TokenSettings};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};

fn other_pin(settings: &TokenSettings, pin: &str) -> (tempfile::NamedTempFile, TokenSettings) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pin).unwrap();
    let settings =
        TokenSettings { pin: PinSource::File(file.path().to_path_buf()), ..settings.clone() };
    (file, settings)
}

test_alone! {
    fn a_token_is_opened_and_tells_about_itself() {
        let (_hsm, settings) = soft_hsm();
        let token = Token::open(settings.clone()).unwrap();
        assert_eq!(token.token_info().unwrap().label(), SoftHsm::LABEL);
        assert!(token.slot_info().unwrap().token_present());
        assert!(!token.mechanisms().unwrap().is_empty());
        assert_eq!(token.settings(), &settings);
        assert_ne!(random(&token).unwrap(), [0; 16]);
        assert!(!format!("{token:?}").contains(SoftHsm::PIN));
    }
}

test_alone! {
    fn the_token_is_the_one_that_was_chosen_or_none() {
        let (hsm, settings) = soft_hsm();
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
        let (_hsm, settings) = soft_hsm();
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
        let (_hsm, settings) = soft_hsm();
        let (_file, wrong) = other_pin(&settings, "9999");
        let error = Token::open(wrong.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(error.native(), Some("CKR_PIN_INCORRECT"));
        for _ in 0..3 {
            let error = Token::open(wrong.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.what().contains("not tried again"), "{error}");
        }
        // The token counted it, and not more; a right one sets it back.
        assert!(counts_wrong_pins(&settings));
        Token::open(settings.clone()).unwrap();
        assert!(!counts_wrong_pins(&settings));
        Token::open(wrong).unwrap_err();
        assert!(!counts_wrong_pins(&settings), "not tried again");
    }
}

test_alone! {
    fn the_token_counts_one_wrong_pin_however_often_it_is_given() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let (_file, wrong) = other_pin(&settings, "9999");
        Token::open(wrong.clone()).unwrap_err();
        // Whatever would be asked now would be answered otherwise.
        shim.order("C_Login", "0xA4");
        let error = Token::open(wrong).unwrap_err();
        assert_eq!(error.native(), Some("CKR_PIN_INCORRECT"));
        // Control: another PIN is asked for.
        let error = Token::open(settings).unwrap_err();
        assert_eq!(error.native(), Some("CKR_PIN_LOCKED"));
    }
}

test_alone! {
    fn a_login_that_fails_without_a_reason_is_not_repeated() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        let spent = |native| {
            let error = Token::open(settings.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
            assert_eq!(error.native(), native, "{error}");
        };
        shim.order("C_Login", "0x5");
        spent(Some("CKR_GENERAL_ERROR"));
        // It would be let in now, had it not been spent: the token may have counted it.
        shim.forget("C_Login");
        spent(None);
    }
}

test_alone! {
    fn a_pin_that_the_token_took_once_is_tried_again() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        drop(Token::open(settings.clone()).unwrap());
        shim.order("C_Login", "0x5");
        let error = Token::open(settings.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        shim.forget("C_Login");
        Token::open(settings).unwrap();
    }
}

test_alone! {
    fn what_keeps_the_user_out_is_said() {
        let (shim, settings) = started(Shim::on(SoftHsm::start()));
        for (code, name, word) in [
            ("0xA4", "CKR_PIN_LOCKED", "locked"),
            ("0xA3", "CKR_PIN_EXPIRED", "expired"),
            ("0x102", "CKR_USER_PIN_NOT_INITIALIZED", "no user PIN"),
        ] {
            shim.order("C_Login", code);
            let error = Token::open(settings.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert_eq!(error.native(), Some(name));
            assert!(error.what().contains(word) && error.what().contains("\"test\""), "{error}");
        }
        for (code, name) in [("0xE0", "CKR_TOKEN_NOT_PRESENT"), ("0xE1", "CKR_TOKEN_NOT_RECOGNIZED")] {
            shim.order("C_GetTokenInfo", code);
            let error = Token::open(settings.clone()).unwrap_err();
            assert_eq!((error.kind(), error.native()), (ErrorKind::Unavailable, Some(name)));
        }
        shim.forget("C_GetTokenInfo");
        shim.order("C_Login", "0x100");
        Token::open(settings).unwrap();
    }
}

test_alone! {
    fn a_blank_token_and_an_absent_one_say_so() {
        let (hsm, settings) = soft_hsm();
        hsm.take_away();
        let error = Token::open(settings.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("not there"), "{error}");
        // SoftHSM always has one blank token, in its last slot.
        let blank = TokenChoice { slot: Some(0), ..TokenChoice::default() };
        let error = Token::open(TokenSettings { token: blank, ..settings.clone() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("not initialised"), "{error}");
        hsm.give_back();
        Token::open(settings).unwrap();
    }
}

test_alone! {
    fn a_bare_name_is_the_loaders_to_find_and_never_in_the_current_folder() {
        let (_hsm, settings) = soft_hsm();
        let folder = tempfile::tempdir().unwrap();
        // Nothing that the loader knows has this name.
        std::os::unix::fs::symlink(&settings.module, folder.path().join("libstray.so")).unwrap();
        std::env::set_current_dir(folder.path()).unwrap();
        let named = |name: &str| TokenSettings { module: name.into(), ..settings.clone() };
        let error = Token::open(named("libstray.so")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("cannot be loaded"), "{error}");
        random(&Token::open(named("./libstray.so")).unwrap()).unwrap();
    }
}

test_alone! {
    fn a_bare_name_that_the_loader_knows_is_loaded() {
        let (_nss, settings) = started(Nss::start());
        let name = settings.module.file_name().unwrap().into();
        let token = Token::open(TokenSettings { module: name, ..settings }).unwrap();
        assert_eq!(token.token_info().unwrap().label(), Nss::LABEL);
        random(&token).unwrap();
    }
}

test_alone! {
    fn the_pin_of_a_pipe_is_kept_until_a_token_opens_with_it() {
        let (hsm, settings) = soft_hsm();
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(SoftHsm::PIN.as_bytes()).unwrap();
        drop(writer);
        let settings = TokenSettings { pin: PinSource::Descriptor(reader.as_raw_fd()), ..settings };
        hsm.take_away();
        for _ in 0..2 {
            let error = Token::open(settings.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
        hsm.give_back();
        let token = Token::open(settings.clone()).unwrap();
        random(&token).unwrap();
        // From then on the pipe is as empty as it looks.
        assert_eq!(Token::open(settings).unwrap_err().kind(), ErrorKind::Config);
    }
}

/// Whether the first token has seen a wrong PIN since it last saw the right one.
fn counts_wrong_pins(settings: &TokenSettings) -> bool {
    let module = Pkcs11::new(&settings.module).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let counts = module.get_token_info(slot).unwrap().user_pin_count_low();
    module.finalize().unwrap();
    counts
}
