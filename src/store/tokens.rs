//! The tokens of a store.

#[cfg(feature = "pkcs11")]
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "pkcs11")]
use strongroom_pkcs11::Token;

#[cfg(feature = "pkcs11")]
use crate::{Result, config::TokenConfig};

/// The tokens that were opened, each once, whatever uses it: sessions are few, and some sources give a
/// PIN once only.
#[derive(Default)]
pub(super) struct Tokens {
    #[cfg(feature = "pkcs11")]
    known: Mutex<Vec<(TokenConfig, Arc<Place>)>>,
}

/// One token, opened or not yet.
#[cfg(feature = "pkcs11")]
type Place = Mutex<Option<Token>>;

#[cfg(feature = "pkcs11")]
impl Tokens {
    /// The token that a config describes. A failure to open it is not remembered.
    pub(super) fn open(&self, config: &TokenConfig) -> Result<Token> {
        let place = self.place(config);
        // Held while it is opened: nobody logs in twice, and whoever needs another token does not wait.
        let mut opened = lock(&place);
        if let Some(token) = &*opened {
            return Ok(token.clone());
        }
        let token = Token::open(super::token::settings(config)?)?;
        *opened = Some(token.clone());
        Ok(token)
    }

    fn place(&self, config: &TokenConfig) -> Arc<Place> {
        let mut known = lock(&self.known);
        if let Some((_, place)) = known.iter().find(|(described, _)| described == config) {
            return place.clone();
        }
        let place = Arc::default();
        known.push((config.clone(), Arc::clone(&place)));
        place
    }
}

#[cfg(feature = "pkcs11")]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "pkcs11"))]
mod tests {
    use strongroom_pkcs11::harness::{SoftHsm, TestToken, in_own_process};
    use strongroom_pkcs11::{PinSource, TokenSettings};

    use super::*;
    use crate::config::PinConfig;

    fn config(settings: TokenSettings) -> TokenConfig {
        let PinSource::File(pin) = &settings.pin else { unreachable!() };
        TokenConfig {
            module: settings.module.to_str().map(str::to_owned),
            pin: pin.to_str().map(|pin| PinConfig::File(pin.to_owned())),
            token: settings.token.label,
            ..TokenConfig::default()
        }
    }

    #[test]
    fn a_token_that_hangs_keeps_nobody_from_another() {
        let name = "store::tokens::tests::a_token_that_hangs_keeps_nobody_from_another";
        in_own_process(name, || {
            let hsm = SoftHsm::start();
            hsm.add_token("other");
            hsm.enter();
            let (hanging, other) = (config(hsm.settings()), config(hsm.settings_of("other")));
            let tokens = Tokens::default();
            let place = tokens.place(&hanging);
            let being_opened = lock(&place);
            tokens.open(&other).unwrap();
            drop(being_opened);
            tokens.open(&hanging).unwrap();
            // Who asks again gets the one that is open.
            assert!(lock(&place).is_some() && Arc::ptr_eq(&place, &tokens.place(&hanging)));
        });
    }
}
