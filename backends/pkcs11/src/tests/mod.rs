//! The connection to a token, on a real SoftHSM2.
//!
//! A module is initialised once in a process, and reads its configuration from the environment: each
//! test runs in a process of its own.

mod alone;
mod connecting;
mod hanging;
mod making;
mod neighbours;
mod objects;
mod probing;
mod recovery;
mod remote;
mod sessions;
#[allow(dead_code, unreachable_pub)]
#[path = "../../tests/shim/mod.rs"]
mod shim;

use std::time::Duration;

use crate::failure::Failure;
use crate::harness::{SoftHsm, TestToken};
use crate::{Token, TokenSettings};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use strongroom_backend::Result;

/// A token that this process reaches, and how.
fn started<T: TestToken>(token: T) -> (T, TokenSettings) {
    token.enter();
    let settings = token.settings();
    (token, settings)
}

fn soft_hsm() -> (SoftHsm, TokenSettings) {
    started(SoftHsm::start())
}

fn within(timeout: Duration, settings: &TokenSettings) -> TokenSettings {
    TokenSettings { timeout, ..settings.clone() }
}

/// A call that needs a session only.
fn random(token: &Token) -> Result<[u8; 16]> {
    token.call(|held| {
        let mut bytes = [0; 16];
        held.generate_random_slice(&mut bytes)?;
        Ok(bytes)
    })
}

/// A call that needs a login: it makes a private session object, remembered until the session ends.
fn private(token: &Token) -> Result<()> {
    token.call(|held| {
        held.cached_session_object(b"key", |session| {
            let template = [Attribute::Private(true), Attribute::ValueLen(32.into())];
            session.generate_key(&Mechanism::AesKeyGen, &template).map_err(Failure::from)
        })?;
        held.forget(b"key");
        Ok(())
    })
}
