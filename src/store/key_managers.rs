//! The KMIP servers of a store.

#[cfg(feature = "kmip")]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "kmip")]
use strongroom_kmip::{KmipClient, KmipSettings};

#[cfg(feature = "kmip")]
use crate::{Result, config::KmipConfig};

/// One client for each set of servers, whatever uses it: connections are shared. None connects before it
/// is used.
#[derive(Default)]
pub(super) struct KeyManagers {
    #[cfg(feature = "kmip")]
    known: Mutex<Vec<(KmipSettings, Arc<KmipClient>)>>,
}

#[cfg(feature = "kmip")]
impl KeyManagers {
    /// The client of the servers that a config describes.
    pub(super) fn client(&self, config: &KmipConfig) -> Result<Arc<KmipClient>> {
        let settings = super::kmip::settings(config)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = known.iter().find(|(described, _)| *described == settings) {
            return Ok(client.clone());
        }
        let client = Arc::new(KmipClient::new(settings.clone())?);
        known.push((settings, client.clone()));
        Ok(client)
    }
}
