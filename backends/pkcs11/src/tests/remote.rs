//! A token on the other side of a socket, which dies.

use std::time::{Duration, Instant};

use strongroom_backend::ErrorKind;

use super::alone::test_alone;
use super::hanging::default_sigpipe;
use super::{private, started, within};
use crate::Token;
use crate::harness::{P11KitRemote, SoftHsm};

test_alone! {
    fn a_remote_token_that_dies_ends_nobody_and_is_reached_again() {
        let (remote, settings) = started(P11KitRemote::on(SoftHsm::start()));
        // A client that writes to the dead socket gets SIGPIPE, where that is not blocked.
        default_sigpipe();
        let settings = within(Duration::from_secs(2), &settings);
        let token = Token::open(settings.clone()).unwrap();
        for _ in 0..2 {
            private(&token).unwrap();
            remote.take_away();
            // In the middle of a call, for all that the client knows; then before one.
            let error = private(&token).unwrap_err();
            assert!(error.native().is_some(), "{error:?}");
            for _ in 0..3 {
                let error = private(&token).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            }
            remote.give_back();
            let back = Instant::now();
            while let Err(error) = private(&token) {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
                assert!(back.elapsed() < settings.timeout * 2, "not within two timeouts");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
