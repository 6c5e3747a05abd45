//! Which store is meant.

use std::path::PathBuf;

use clap::Args;
use strongroom::{Config, Result, Session, Store};

/// The options that every subcommand has.
#[derive(Args)]
pub(crate) struct Place {
    /// The config of the store.
    ///
    /// Without it: $STRONGROOM_CONFIG, $XDG_CONFIG_HOME/strongroom/strongroom.toml (~/.config when
    /// that is not set), /etc/strongroom/strongroom.toml; the first that exists.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl Place {
    /// Opens the store.
    pub(crate) fn store(&self) -> Result<Store> {
        Store::open(&Config::find(self.config.as_deref())?)
    }

    /// Opens the store as its local owner.
    pub(crate) fn session(&self) -> Result<Session> {
        Ok(self.store()?.session())
    }
}
