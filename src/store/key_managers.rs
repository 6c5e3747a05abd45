//! The KMIP servers of a store.

use std::sync::{Arc, Mutex, PoisonError};

use strongroom_kmip::{KmipClient, KmipSettings};

use crate::{Result, config::KmipConfig};

/// One client for each set of servers, whatever uses it: connections are shared. None connects before it
/// is used.
#[derive(Default)]
pub(super) struct KeyManagers {
    known: Mutex<Vec<(KmipSettings, Arc<KmipClient>)>>,
}

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
