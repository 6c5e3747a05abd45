//! PKCS#11 URIs (RFC 7512), parsed whole.

mod pin_source;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use strongroom_backend::{Error, ErrorKind, Result};

use crate::{PinSource, TokenChoice};
use text::{Component, decode, is_name};

const PATH_TEXTS: [&str; 10] = [
    "token",
    "manufacturer",
    "serial",
    "model",
    "library-manufacturer",
    "library-description",
    "library-version",
    "object",
    "slot-description",
    "slot-manufacturer",
];
const PATH_OTHERS: [&str; 3] = ["type", "id", "slot-id"];
const QUERY: [&str; 3] = ["module-name", "module-path", "pin-source"];
/// What narrows the choice of a token and has no place in a [`TokenChoice`].
const NOT_CHOSEN_BY: [&str; 5] = [
    "library-manufacturer",
    "library-description",
    "library-version",
    "slot-description",
    "slot-manufacturer",
];
const TYPES: [&str; 5] = ["public", "private", "cert", "secret-key", "data"];

/// A PKCS#11 URI: which module, token and object, and where the PIN comes from.
///
/// Every attribute of RFC 7512 is read, with its percent-encoding undone. An attribute that is there
/// twice, one that the RFC does not know and that is no vendor's (`vendor-…`, `x-…`), and a character
/// that has to be percent-encoded are errors: a URI with a slip of the pen would otherwise choose
/// another token than was meant. `pin-value` is always refused: a PIN has no place in a config.
///
/// ```
/// use strongroom_pkcs11::Pkcs11Uri;
///
/// let uri: Pkcs11Uri =
///     "pkcs11:token=Backup%20keys;serial=0042?module-path=/usr/lib/softhsm/libsofthsm2.so".parse()?;
/// let token = uri.token()?;
/// assert_eq!(token.label.as_deref(), Some("Backup keys"));
/// assert_eq!(token.serial.as_deref(), Some("0042"));
/// assert_eq!(uri.module_path().unwrap().to_str(), Some("/usr/lib/softhsm/libsofthsm2.so"));
/// # Ok::<(), strongroom_backend::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pkcs11Uri {
    texts: BTreeMap<String, String>,
    id: Option<Vec<u8>>,
    slot: Option<u64>,
    pin: Option<PinSource>,
    vendor: Vec<(Component, String, String)>,
}

impl Pkcs11Uri {
    /// Reads a URI. What is wrong is `InvalidArgument`; the error never repeats a PIN.
    pub fn parse(uri: &str) -> Result<Pkcs11Uri> {
        let (scheme, rest) = uri.split_once(':').ok_or_else(no_scheme)?;
        if !scheme.eq_ignore_ascii_case("pkcs11") {
            return Err(no_scheme());
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let mut parsed = Pkcs11Uri::default();
        parsed.read(Component::Path, path, ';')?;
        if let Some(query) = query {
            parsed.read(Component::Query, query, '&')?;
        }
        Ok(parsed)
    }

    fn read(&mut self, component: Component, text: &str, separator: char) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        for attribute in text.split(separator) {
            let (name, value) = attribute
                .split_once('=')
                .filter(|(name, _)| is_name(name))
                .ok_or_else(|| wrong("has an attribute that is not NAME=VALUE"))?;
            self.add(component, name, value)?;
        }
        Ok(())
    }

    fn add(&mut self, component: Component, name: &str, value: &str) -> Result<()> {
        let bytes = || decode(component, value).ok_or_else(|| badly_encoded(name));
        let text = || String::from_utf8(bytes()?).map_err(|_| badly_encoded(name));
        match (component, name) {
            (Component::Query, "pin-value") => Err(pin_in_uri()),
            (Component::Path, "id") => fill(&mut self.id, name, bytes()?),
            (Component::Path, "slot-id") => fill(&mut self.slot, name, number(&text()?)?),
            (Component::Query, "pin-source") => {
                fill(&mut self.pin, name, pin_source::parse(&text()?)?)
            }
            (Component::Path, _) if PATH_TEXTS.contains(&name) || name == "type" => {
                self.add_text(name, text()?)
            }
            (Component::Query, _) if QUERY.contains(&name) => self.add_text(name, text()?),
            _ if name.starts_with("vendor-") || name.starts_with("x-") => {
                self.vendor.push((component, name.to_string(), text()?));
                // RFC 7512 2.3 allows a vendor's attribute several times in the query alone.
                let same = |(at, other, _): &&(Component, String, String)| {
                    *at == Component::Path && other == name
                };
                if self.vendor.iter().filter(same).count() > 1 { Err(twice(name)) } else { Ok(()) }
            }
            _ => Err(unknown(component, name)),
        }
    }

    fn add_text(&mut self, name: &str, value: String) -> Result<()> {
        check_value(name, &value)?;
        match self.texts.insert(name.to_string(), value) {
            None => Ok(()),
            Some(_) => Err(twice(name)),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Which token the URI means.
    ///
    /// `Unsupported` when it asks for something that a token is not chosen by here: the library's
    /// or the slot's description or manufacturer, a vendor's attribute. RFC 7512 lets such a URI
    /// match nothing, and leaving the attribute out could match too much.
    pub fn token(&self) -> Result<TokenChoice> {
        let known = NOT_CHOSEN_BY.iter().copied().find(|name| self.texts.contains_key(*name));
        let vendor = self.vendor.iter().find(|(at, ..)| *at == Component::Path);
        if let Some(name) = known.or(vendor.map(|(_, name, _)| name.as_str())) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the PKCS#11 URI chooses a token by {name}"),
                "choose it by token, serial, manufacturer, model or slot-id",
            ));
        }
        let text = |name| self.text(name).map(str::to_string);
        Ok(TokenChoice {
            label: text("token"),
            serial: text("serial"),
            manufacturer: text("manufacturer"),
            model: text("model"),
            slot: self.slot,
        })
    }

    /// The module's file.
    pub fn module_path(&self) -> Option<&Path> {
        self.text("module-path").map(Path::new)
    }

    /// The module's name, without the `lib` before it and the ending of its file.
    pub fn module_name(&self) -> Option<&str> {
        self.text("module-name")
    }

    /// Where the PIN comes from.
    pub fn pin_source(&self) -> Option<&PinSource> {
        self.pin.as_ref()
    }

    /// The label of the object.
    pub fn object(&self) -> Option<&str> {
        self.text("object")
    }

    /// The object's class: `public`, `private`, `cert`, `secret-key` or `data`.
    pub fn object_type(&self) -> Option<&str> {
        self.text("type")
    }

    /// The object's CKA_ID.
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// Any other textual attribute by its name in the RFC, such as `library-version`; a vendor's too,
    /// the first of its name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let vendor = self.vendor.iter().find(|(_, other, _)| other == name);
        self.text(name).or(vendor.map(|(_, _, value)| value.as_str()))
    }
}

impl FromStr for Pkcs11Uri {
    type Err = Error;

    fn from_str(uri: &str) -> Result<Pkcs11Uri> {
        Pkcs11Uri::parse(uri)
    }
}

/// What RFC 7512 2.3 demands of a value beyond its characters.
fn check_value(name: &str, value: &str) -> Result<()> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let fine = match name {
        "type" => TYPES.contains(&value),
        "library-version" => {
            let (major, minor) = value.split_once('.').unwrap_or((value, "0"));
            digits(major) && digits(minor)
        }
        "module-name" => !value.is_empty() && !value.contains('/'),
        "module-path" => PathBuf::from(value).is_absolute(),
        _ => true,
    };
    if fine { Ok(()) } else { Err(wrong(format!("has a {name} that RFC 7512 does not allow"))) }
}

fn number(value: &str) -> Result<u64> {
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or_else(|| wrong("has a slot-id that is no number"))
}

fn fill<T>(field: &mut Option<T>, name: &str, value: T) -> Result<()> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn no_scheme() -> Error {
    wrong("does not begin with `pkcs11:`")
}

fn twice(name: &str) -> Error {
    wrong(format!("has {name} twice"))
}

fn badly_encoded(name: &str) -> Error {
    wrong(format!("has a character in {name} that has to be percent-encoded, or no UTF-8"))
}

fn unknown(component: Component, name: &str) -> Error {
    let elsewhere = match component {
        Component::Path if QUERY.contains(&name) || name == "pin-value" => " before its `?`",
        Component::Query if PATH_TEXTS.contains(&name) || PATH_OTHERS.contains(&name) => {
            " after its `?`"
        }
        _ => "",
    };
    wrong(format!("has an attribute {name}{elsewhere}, which RFC 7512 does not know there"))
}

fn pin_in_uri() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "the PKCS#11 URI holds a PIN (pin-value)",
        "remove it and change that PIN; say where it comes from: a file (pin-source=file:/…), a \
         descriptor, an environment variable, a command or a systemd credential",
    )
}

/// Values are never quoted: a PIN may have gone astray into any of them.
fn wrong(trouble: impl AsRef<str>) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("the PKCS#11 URI {}", trouble.as_ref()),
        "write it as in pkcs11:token=LABEL;serial=NUMBER?module-path=/FILE (RFC 7512)",
    )
}

#[cfg(test)]
mod tests;
