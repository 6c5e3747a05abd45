//! The tokens of a store.

#[cfg(feature = "pkcs11")]
use std::sync::{Mutex, PoisonError};

#[cfg(feature = "pkcs11")]
use strongroom_pkcs11::Token;

#[cfg(feature = "pkcs11")]
use crate::{Result, config::TokenConfig};

/// The tokens that were opened, each once, whatever uses it: sessions are few, and some sources give a
/// PIN once only.
#[derive(Default)]
pub(super) struct Tokens {
    #[cfg(feature = "pkcs11")]
    opened: Mutex<Vec<(TokenConfig, Token)>>,
}

#[cfg(feature = "pkcs11")]
impl Tokens {
    /// The token that a config describes. A failure to open it is not remembered.
    pub(super) fn open(&self, config: &TokenConfig) -> Result<Token> {
        // Held while it is opened: nobody logs in twice.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, token)) = opened.iter().find(|(known, _)| known == config) {
            return Ok(token.clone());
        }
        let token = Token::open(super::token::settings(config)?)?;
        opened.push((config.clone(), token.clone()));
        Ok(token)
    }
}
