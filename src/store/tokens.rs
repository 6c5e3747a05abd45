//! The tokens and key managers of a store.

#[cfg(feature = "pkcs11")]
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "pkcs11")]
use strongroom_pkcs11::Token;

#[cfg(feature = "pkcs11")]
use crate::{Result, config::TokenConfig};

#[cfg(feature = "kmip")]
use super::key_managers::KeyManagers;

/// The tokens that were opened, each once, whatever uses it: sessions are few, and some sources give a
/// PIN once only.
#[derive(Default)]
pub(super) struct Tokens {
    /// The KMIP servers, which are like tokens to all but those who reach them.
    #[cfg(feature = "kmip")]
    pub(super) key_managers: KeyManagers,
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
    use super::*;

    fn labelled(label: &str) -> TokenConfig {
        TokenConfig { token: Some(label.to_owned()), ..TokenConfig::default() }
    }

    #[test]
    fn a_token_that_hangs_keeps_nobody_from_another() {
        let tokens = Tokens::default();
        let hanging = tokens.place(&labelled("hanging"));
        let _opening = lock(&hanging);
        assert!(tokens.place(&labelled("other")).try_lock().is_ok());
        // Who needs the same one waits for it.
        assert!(tokens.place(&labelled("hanging")).try_lock().is_err());
    }
}
