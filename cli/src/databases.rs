//! Databases that are named on the command line.

use std::path::PathBuf;

use clap::Args;
use strongroom::{Error, ErrorKind, Layout, Result, holds_password, is_postgres};

/// PostgreSQL instead of files.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Databases {
    /// Keep the metadata in this PostgreSQL database: postgres://… or host=… user=… dbname=….
    ///
    /// Without a password, which others would see in the list of processes: name a passfile=FILE in it.
    #[arg(long, value_name = "DATABASE")]
    pub(crate) metadata: Option<String>,
    /// Keep the payloads, encrypted, in this PostgreSQL database; under another role than the metadata.
    #[arg(long, value_name = "DATABASE")]
    pub(crate) shelf: Option<String>,
    /// Make nothing: print the SQL with which an administrator makes the roles and schemas.
    #[arg(long)]
    pub(crate) print_sql: bool,
}

impl Databases {
    /// The layout with these instead of files.
    pub(crate) fn apply(&self, mut layout: Layout) -> Result<Layout> {
        if let Some(metadata) = &self.metadata {
            layout.metadata = connection_string("--metadata", metadata)?;
        }
        if let Some(shelf) = &self.shelf {
            layout.shelf = connection_string("--shelf", shelf)?;
        }
        Ok(layout)
    }
}

fn connection_string(option: &str, text: &str) -> Result<PathBuf> {
    let refuse = |what: &str, next| {
        Err(Error::new(ErrorKind::InvalidArgument, format!("{option} {what}"), next))
    };
    if !is_postgres(text) {
        return refuse(
            "is no connection string of PostgreSQL",
            "write postgres://ROLE@HOST/DATABASE",
        );
    }
    if holds_password(text) {
        return refuse(
            "has a password in it, which others see in the list of processes",
            "change the password, write it into a file like ~/.pgpass, and name that: passfile=FILE",
        );
    }
    Ok(PathBuf::from(text))
}
