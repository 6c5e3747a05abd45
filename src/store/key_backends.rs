//! The key backends of a store, each opened when it is first needed, and kept open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use strongroom_backend::KeyBackend;

use super::compose;
use super::tokens::Tokens;
use crate::config::KeyConfig;
use crate::{Config, Error, ErrorKind, Result};

/// Key backends by their names, which the config gives and the metadata's rows repeat.
pub(crate) struct KeyBackends {
    /// The config, where the store was opened from a file.
    file: Option<PathBuf>,
    tokens: Tokens,
    known: Mutex<BTreeMap<String, Arc<Place>>>,
}

/// One key backend, opened or not yet.
struct Place {
    config: KeyConfig,
    opened: Mutex<Option<Arc<dyn KeyBackend>>>,
}

impl KeyBackends {
    /// Those of a config, which came from `file` if from any, on these tokens and others. Opens none.
    pub(super) fn new(config: &Config, file: Option<&Path>, tokens: Tokens) -> KeyBackends {
        let (file, known) = (file.map(Path::to_path_buf), Mutex::default());
        let backends = KeyBackends { file, tokens, known };
        backends.learn(config);
        backends
    }

    /// The key backend of this name. A failure to open it is not remembered.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<dyn KeyBackend>> {
        let place = self.place(name)?;
        // Held while it is opened: whoever needs the same one waits, nobody logs in twice.
        let mut opened = place.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = &*opened {
            return Ok(backend.clone());
        }
        let backend = compose::open_key_backend(&place.config, &self.tokens)
            .map_err(|e| of_backend(name, e))?;
        *opened = Some(backend.clone());
        Ok(backend)
    }

    /// The name that somebody means: a name, or a kind that only one key backend has.
    pub(super) fn named(&self, name: &str) -> Result<String> {
        if self.place(name).is_ok() {
            return Ok(name.to_owned());
        }
        let known = self.known();
        let of_kind = known.iter().filter(|(_, place)| place.config.kind() == name);
        let of_kind: Vec<&String> = of_kind.map(|(name, _)| name).collect();
        match of_kind[..] {
            [only] => Ok(only.clone()),
            [] => Err(Error::new(
                ErrorKind::Config,
                format!("the config has no key backend {name}"),
                format!("add a table [keys.{name}] to it, or name another key backend"),
            )),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the config has several key backends of the kind {name}"),
                "give the name of one of them",
            )),
        }
    }

    /// The config file, where the store was opened from one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The tokens that are open.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// What the config says of a key backend.
    pub(super) fn described(&self, name: &str) -> Result<KeyConfig> {
        self.place(name).map(|place| place.config.clone())
    }

    fn place(&self, name: &str) -> Result<Arc<Place>> {
        if let Some(place) = self.known().get(name) {
            return Ok(place.clone());
        }
        // Another process may have moved keys since to a key backend that was named for it.
        if let Some(file) = &self.file {
            self.learn(&Config::load(file)?);
        }
        self.known().get(name).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("the config has no key backend {name}, which holds a root key of this store"),
                format!(
                    "add [keys.{name}] to the config again, or the [backends.{name}] whose key it was"
                ),
            )
        })
    }

    /// Adds the key backends of a config. What is known already stays as it is.
    fn learn(&self, config: &Config) {
        let mut known = self.known();
        for (name, key) in config.key_backends() {
            known
                .entry(name)
                .or_insert_with(|| Arc::new(Place { config: key, opened: Mutex::default() }));
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Place>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error with the name of the backend that it is about.
pub(super) fn of_backend(name: &str, error: Error) -> Error {
    match error.backend() {
        None => error.with_backend(name),
        Some(_) => error,
    }
}
