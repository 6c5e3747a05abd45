//! Which store is meant, and how much is said about it.

use std::path::{Path, PathBuf};

use clap::Args;
use strongroom::{Config, Result, Session, Store};

use crate::exit;

/// The name of the config in the folder of a store.
const CONFIG: &str = "strongroom.toml";

/// What lies beside the config of a store with an RSA root key: the wrapped store key, without which
/// neither the store nor a backup of it can be opened.
const STORE_KEY: &str = "store-key.toml";

/// The wrapped store key beside a config, where the store has one.
pub(crate) fn store_key_beside(config: &Path) -> Option<PathBuf> {
    Some(config.with_file_name(STORE_KEY)).filter(|path| path.exists())
}

/// The options that every subcommand has.
#[derive(Args)]
pub(crate) struct Place {
    /// The config of the store, or the folder with its strongroom.toml.
    ///
    /// Without it: $STRONGROOM_CONFIG, $XDG_CONFIG_HOME/strongroom/strongroom.toml (~/.config when
    /// that is not set), /etc/strongroom/strongroom.toml; the first that exists.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Say nothing on standard error about what was done; warnings and errors stay.
    #[arg(short, long, global = true)]
    quiet: bool,
}

impl Place {
    /// Opens the store.
    pub(crate) fn store(&self) -> Result<Store> {
        Store::open(&self.config()?)
    }

    /// The config that is meant.
    pub(crate) fn config(&self) -> Result<PathBuf> {
        let in_folder = self.config.as_ref().filter(|path| path.is_dir());
        let in_folder = in_folder.map(|folder| folder.join(CONFIG));
        Config::find(in_folder.as_deref().or(self.config.as_deref()))
    }

    /// The wrapped store key beside the config, where the store has one.
    pub(crate) fn store_key(&self) -> Option<PathBuf> {
        self.config().ok().and_then(|config| store_key_beside(&config))
    }

    /// Opens the store as its local owner.
    pub(crate) fn session(&self) -> Result<Session> {
        Ok(self.store()?.session())
    }

    /// Says what was done, unless nobody wants to know.
    pub(crate) fn note(&self, message: &str) {
        if !self.quiet {
            exit::say(message);
        }
    }
}
