//! A token that is named on the command line.

use std::path::{Path, PathBuf};

use clap::Args;
use strongroom::{Error, ErrorKind, PinConfig, Result, TokenConfig};

use crate::commands::init::absolute;

/// Which token, through which module.
#[derive(Args)]
pub(crate) struct Token {
    /// The PKCS#11 module of the token, a shared library.
    #[arg(long, value_name = "FILE", requires = "label")]
    pub(crate) module: Option<String>,
    /// The label of the token.
    #[arg(id = "label", long = "token", value_name = "LABEL", requires = "module")]
    label: Option<String>,
    /// The file with the user's PIN of the token; without it no PIN is given.
    #[arg(long, value_name = "FILE", requires = "module")]
    pin_file: Option<PathBuf>,
}

impl Token {
    /// What the config will say. Paths are absolute, but for a module that the system's loader finds.
    pub(crate) fn config(self) -> Result<Option<TokenConfig>> {
        let Some(module) = self.module else { return Ok(None) };
        let module = match module.contains('/') {
            true => text(&absolute(Path::new(&module))?)?,
            false => module,
        };
        let pin = self.pin_file.as_deref().map(|file| text(&absolute(file)?)).transpose()?;
        Ok(Some(TokenConfig {
            module: Some(module),
            token: self.label,
            pin: pin.map(PinConfig::File),
            ..TokenConfig::default()
        }))
    }
}

/// A path in the config is text.
pub(crate) fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("{} is not valid UTF-8", path.display()),
            "choose another path",
        )
    })
}
