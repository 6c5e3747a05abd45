//! `init`: makes a store.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use strongroom::{Error, ErrorKind, KeyConfig, KeyLocation, Layout, Result, RootKeyUse, Store};

use crate::databases::Databases;
use crate::hand_over::Part;
use crate::key_manager::KeyManager;
use crate::output;
use crate::place::store_key_beside;
use crate::token::Token;

const EXAMPLES: &str = "\
Examples:
  strongroom init                 the store of this user; for root, the machine's
  strongroom init /srv/secrets    everything in one folder
  strongroom init /srv/secrets --module /usr/lib/softhsm/libsofthsm2.so --token backups \
      --pin-file /etc/strongroom/pin                  the root key in a PKCS#11 token
  strongroom init /srv/secrets --kmip kmip.example.org --ca ca.pem --certificate client.pem \
      --private-key client.key --namespace backups    the root key in a KMIP server
  strongroom init /srv/secrets --metadata 'postgres://strongroom@db/store?passfile=/srv/pgpass' \
      --shelf 'postgres://shelf@db/store?passfile=/srv/pgpass' --print-sql | psql -h db postgres
  export STRONGROOM_CONFIG=/srv/secrets/strongroom.toml";

/// Create a store: a config, a keyring or a root key in a token or server, a metadata database and a shelf.
///
/// Without DIR the store goes to the user's own place, for root to /etc/strongroom and
/// /var/lib/strongroom. Nothing that exists is ever replaced.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Init {
    /// The folder for all files of the store; it is made if need be.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    on_token: OnToken,
    #[command(flatten)]
    on_server: OnServer,
    #[command(flatten)]
    databases: Databases,
    /// Where payloads are: on a shelf, encrypted; or in the token, or on the server, as objects of it.
    #[arg(long, value_name = "PLACE", default_value = "shelf")]
    payloads: Payloads,
}

/// A token for the root key, instead of a keyring.
#[derive(Args)]
#[group(skip)]
struct OnToken {
    #[command(flatten)]
    token: Token,
    /// Where project keys are in the clear: in memory, which encrypts fast, or in the token alone.
    #[arg(long, value_name = "PLACE", default_value = "envelope", requires = "module")]
    key_location: Location,
}

/// A KMIP server for the root key, instead of a keyring.
#[derive(Args)]
#[group(skip)]
struct OnServer {
    #[command(flatten)]
    server: KeyManager,
    /// The part of the server that is this store's: 1 to 64 of A-Z a-z 0-9 . _ -
    #[arg(long, value_name = "NAME", requires = "servers")]
    namespace: Option<String>,
    /// Where the root key is used: in the server, or fetched, for servers that cannot encrypt.
    #[arg(long, value_name = "PLACE", default_value = "in-server", requires = "servers")]
    root_key: RootKey,
}

#[derive(Clone, Copy, ValueEnum)]
enum RootKey {
    InServer,
    Fetched,
}

#[derive(Clone, Copy, ValueEnum)]
enum Location {
    Envelope,
    Device,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Payloads {
    Shelf,
    Token,
    Server,
}

impl OnToken {
    /// The layout with this instead of a keyring.
    fn apply(self, layout: Layout) -> Result<Layout> {
        let Some(token) = self.token.config()? else { return Ok(layout) };
        let key_location = match self.key_location {
            Location::Envelope => KeyLocation::Envelope,
            Location::Device => KeyLocation::Device,
        };
        let key = Some(KeyConfig::Pkcs11 { token: Box::new(token), key_location });
        Ok(Layout { key, ..layout })
    }
}

impl OnServer {
    /// The layout with this instead of a keyring.
    fn apply(self, layout: Layout) -> Result<Layout> {
        let Some(mut server) = self.server.config()? else { return Ok(layout) };
        server.namespace = self.namespace.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                "the store's part of the KMIP server has no name",
                "give it one with --namespace",
            )
        })?;
        let root_key = match self.root_key {
            RootKey::InServer => RootKeyUse::InServer,
            RootKey::Fetched => RootKeyUse::Fetched,
        };
        let key = Some(KeyConfig::Kmip { server: Box::new(server), root_key });
        Ok(Layout { key, ..layout })
    }
}

impl Payloads {
    /// The layout with payloads there.
    fn apply(self, layout: Layout) -> Result<Layout> {
        let objects = match (self, &layout.key) {
            (Payloads::Shelf, _) => false,
            (Payloads::Token, Some(KeyConfig::Pkcs11 { .. })) => true,
            (Payloads::Server, Some(KeyConfig::Kmip { .. })) => true,
            _ => {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    "payloads go where the root key is, and that is not there",
                    "name a token with --module, or a server with --kmip",
                ));
            }
        };
        Ok(Layout { objects, ..layout })
    }
}

impl Init {
    /// What the store is made with.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let Databases { metadata, shelf, print_sql } = &self.databases;
        let named = [
            (Part::Tokens, self.on_token.token.module.is_some()),
            (Part::KeyManagers, !self.on_server.server.servers.is_empty()),
            (Part::PostgreSql, metadata.is_some() || shelf.is_some() || *print_sql),
        ];
        named.into_iter().filter_map(|(part, is_named)| is_named.then_some(part)).collect()
    }
}

impl Init {
    pub(crate) fn run(self) -> Result<()> {
        let layout = match &self.folder {
            Some(folder) => Layout::in_folder(&absolute(folder)?),
            None => Layout::for_user()?,
        };
        let layout = self.on_token.apply(layout)?;
        let layout = self.on_server.apply(layout)?;
        let layout = self.payloads.apply(layout)?;
        let layout = self.databases.apply(layout)?;
        if self.databases.print_sql {
            return output::bytes(layout.roles_sql()?.as_bytes());
        }
        Store::create(&layout)?.close();
        let printed = output::bytes(report(&layout).as_bytes());
        output::report_of("the store was created", printed)
    }
}

/// The path from the root of the file system, whatever the current folder will be later.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        Error::new(
            ErrorKind::InvalidArgument,
            format!("{} is no path: {error}", path.display()),
            "name a file or folder",
        )
    })
}

/// The line that makes a shell use the store with this config.
pub(crate) fn export_line(config: &Path) -> String {
    let path = config.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if path.chars().all(plain) {
        format!("export STRONGROOM_CONFIG={path}")
    } else {
        format!("export STRONGROOM_CONFIG='{}'", path.replace('\'', r"'\''"))
    }
}

/// What the config calls the key backend of a new store.
fn name_of(key: &KeyConfig) -> &'static str {
    if matches!(key, KeyConfig::Kmip { .. }) { "kmip" } else { "hsm" }
}

fn report(layout: &Layout) -> String {
    let Layout { config, keyring, metadata, shelf, .. } = layout;
    let on_server = matches!(layout.key, Some(KeyConfig::Kmip { .. }));
    let (root_key, keep) = match &layout.key {
        None => (
            format!("keyring   {}", keyring.display()),
            "the keyring and the config, where the backups do not go, and anew after `strongroom keys\n    \
             rotate`: without the keyring nothing in the store can be opened, by anybody",
        ),
        Some(key) => match on_server {
            false => (
                format!(
                    "root key  in the token, which [keys.{}] of the config names",
                    name_of(key)
                ),
                "a backup of the token, by the tools of its maker, and the config: without the token\n    \
                 nothing in the store can be opened, by anybody",
            ),
            true => (
                format!(
                    "root key  in the server, which [keys.{}] of the config names",
                    name_of(key)
                ),
                "a backup of the server, by its operator, and the config with its certificates: without\n    \
                 the root key nothing in the store can be opened, by anybody",
            ),
        },
    };
    let payloads = match (layout.objects, on_server) {
        (true, true) => "payloads  on the server".to_owned(),
        (true, false) => "payloads  in the token".to_owned(),
        (false, _) => format!("shelf     {}", shelf.display()),
    };
    let mut text = format!(
        "Created a store:
  config    {}
  {root_key}
  metadata  {}
  {payloads}

Keep elsewhere, or a lost disk is a lost store:
  - {keep}
",
        config.display(),
        metadata.display(),
    );
    if let Some(store_key) = store_key_beside(config) {
        text += &format!(
            "  - {}, with the config, now and after each `keys rotate`: the root key is an\n    \
             RSA key, and without this file neither the store nor a backup of it can be opened\n",
            store_key.display()
        );
    }
    text += match layout.objects {
        true if on_server => {
            "  - a backup of the server, by its operator, and a copy of the metadata, after each change: the\n    \
             payloads are on the server, and strongroom backup cannot copy them\n"
        }
        true => {
            "  - a backup of the token, by the tools of its maker, and a copy of the metadata, after each\n    \
             change: the payloads are in the token, and strongroom backup cannot copy them\n"
        }
        false => "  - a backup after each change: strongroom backup FILE\n",
    };
    if !layout.is_default_place() {
        text += "\nThis is not a place where the command looks by itself. To use the store:\n";
        text += &export_line(config);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restore_needs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::in_folder(folder.path());
        let (backup, store_key) = ("strongroom backup FILE", "store-key.toml");
        let text = report(&layout);
        assert!(text.contains(backup) && !text.contains(store_key), "{text}");
        std::fs::write(folder.path().join(store_key), "").unwrap();
        let text = report(&Layout { objects: true, ..layout });
        assert!(text.contains(store_key), "{text}");
        assert!(!text.contains(backup) && text.contains("tools of its maker"), "{text}");
    }

    #[test]
    fn the_export_line_survives_the_shell() {
        let line = |path: &str| export_line(Path::new(path));
        assert_eq!(
            line("/srv/s/strongroom.toml"),
            "export STRONGROOM_CONFIG=/srv/s/strongroom.toml"
        );
        assert_eq!(line("/my files/it's"), r"export STRONGROOM_CONFIG='/my files/it'\''s'");
    }
}
