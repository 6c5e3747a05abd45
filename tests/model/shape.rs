//! Where a tested store has its root keys and its payloads.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use strongroom::{KeyConfig, KeyLocation, Layout, PinConfig, TokenConfig};
use strongroom_pkcs11::PinSource;
use strongroom_pkcs11::harness::{SoftHsm, TestToken};

use super::Databases;

/// How a server is reached: the text of a key backend.
pub(crate) const SERVER: &str = "server.toml";

/// A way to compose a store. One more is a variant here, its layout, and what it needs started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Root keys in a keyring.
    Software,
    /// The root key in a token, project keys in the process.
    TokenEnvelope,
    /// The root key and project keys in a token, which encrypts.
    TokenDevice,
    /// Payloads as objects of a token, which has the root key too.
    TokenObjects,
    /// The root key on a KMIP server, project keys in the process.
    KmipEnvelope,
    /// Payloads as objects of a KMIP server, which has the root key too.
    KmipObjects,
}

impl Shape {
    const ALL: [Shape; 6] = [
        Shape::Software,
        Shape::TokenEnvelope,
        Shape::TokenDevice,
        Shape::TokenObjects,
        Shape::KmipEnvelope,
        Shape::KmipObjects,
    ];
    pub(crate) const OF_TOKENS: [Shape; 3] =
        [Shape::TokenEnvelope, Shape::TokenDevice, Shape::TokenObjects];

    pub(crate) fn needs_token(self) -> bool {
        Shape::OF_TOKENS.contains(&self)
    }

    pub(crate) fn needs_server(self) -> bool {
        matches!(self, Shape::KmipEnvelope | Shape::KmipObjects)
    }

    /// Whether project keys can be wrapped by another key backend than the first.
    pub(crate) fn can_move(self) -> bool {
        self != Shape::TokenDevice
    }

    /// Whether backups hold the payloads.
    pub(crate) fn has_backups(self) -> bool {
        !self.has_objects()
    }

    /// Whether payloads are objects of a token or server, which keeps those of one store.
    pub(crate) fn has_objects(self) -> bool {
        matches!(self, Shape::TokenObjects | Shape::KmipObjects)
    }

    /// Where it can have its databases.
    pub(crate) fn databases(self) -> &'static [Databases] {
        match self.has_objects() {
            // There is no shelf.
            true => &[Databases::Files, Databases::PostgresMetadata],
            false => &Databases::ALL,
        }
    }

    /// What the config calls the first key backend.
    pub(crate) fn key_backend(self) -> &'static str {
        match self {
            Shape::Software => "main",
            Shape::KmipEnvelope | Shape::KmipObjects => "kmip",
            _ => "hsm",
        }
    }

    /// A store in `folder`, with its token or server, if it needs one, in `token`.
    pub(crate) fn layout(self, folder: &Path, token: &Path) -> Layout {
        let software = Layout::in_folder(folder);
        let key_location = match self {
            Shape::Software => return software,
            Shape::KmipEnvelope | Shape::KmipObjects => {
                let key = std::fs::read_to_string(token.join(SERVER)).expect("a server described");
                let key = Some(KeyConfig::from_toml(&key, token).expect("a key backend"));
                return Layout { key, objects: self.has_objects(), ..software };
            }
            Shape::TokenDevice => KeyLocation::Device,
            Shape::TokenEnvelope | Shape::TokenObjects => KeyLocation::Envelope,
        };
        let key = KeyConfig::Pkcs11 { token: Box::new(token_in(token)), key_location };
        Layout { key: Some(key), objects: self == Shape::TokenObjects, ..software }
    }
}

fn token_in(folder: &Path) -> TokenConfig {
    let settings = SoftHsm::at(folder).settings();
    let PinSource::File(pin) = settings.pin else { unreachable!("the harness writes a file") };
    let text = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    TokenConfig {
        module: Some(text(&settings.module)),
        token: settings.token.label,
        pin: Some(PinConfig::File(text(&pin))),
        ..TokenConfig::default()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::Software => "software",
            Shape::TokenEnvelope => "token-envelope",
            Shape::TokenDevice => "token-device",
            Shape::TokenObjects => "token-objects",
            Shape::KmipEnvelope => "kmip-envelope",
            Shape::KmipObjects => "kmip-objects",
        })
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Shape, String> {
        let found = Shape::ALL.into_iter().find(|shape| shape.to_string() == text);
        found.ok_or_else(|| format!("no shape {text:?}"))
    }
}
