//! The text of a keyring file (`docs/format.md` section 5).
//!
//! Values go from the text straight into secret memory. No message repeats anything of the text but
//! well-formed ids and names of members: a damaged file may have a key anywhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use strongroom_backend::{Error, ErrorKind, Result, RootKeyId, SecretBytes};

use crate::keyring::Keyring;

const KEY: usize = 32;
const KEY_BASE64: usize = 44;

/// Reads a keyring. Anything that the format does not name is an error of kind `Config`.
pub(crate) fn parse(text: &[u8]) -> Result<Keyring> {
    let members: Members<'_> = serde_json::from_slice(text).map_err(|e| {
        // The parser's own message would repeat what it found.
        let (line, column) = (e.line(), e.column());
        unusable(format!("is not the JSON of a keyring, at line {line} column {column}"))
    })?;
    if let Some(place) = members.surplus {
        return Err(unusable(format!("has an unknown or repeated member, in place {place}")));
    }
    let (Some(active), Some(entries)) = (members.active, members.keys) else {
        return Err(unusable("lacks its member \"active\" or \"keys\""));
    };
    let active =
        RootKeyId::new(active).map_err(|_| unusable("has an \"active\" that is not a key id"))?;
    let mut keys = BTreeMap::new();
    for (position, (id, value)) in entries.0.into_iter().enumerate() {
        let id = RootKeyId::new(id)
            .map_err(|_| unusable(format!("has an unusable key id, in place {}", position + 1)))?;
        let key = decode(&id, value)?;
        if keys.insert(id.clone(), key).is_some() {
            return Err(unusable(format!("has two keys {id}")));
        }
    }
    if keys.is_empty() {
        return Err(unusable("has no keys"));
    }
    Ok(Keyring { active, keys })
}

/// Writes a keyring. Ids need no escaping: they are made of few characters.
pub(crate) fn write(keyring: &Keyring) -> Result<SecretBytes> {
    let entries: usize = keyring.keys.keys().map(|id| id.as_str().len() + KEY_BASE64 + 8).sum();
    let mut text = SecretBytes::zeroed(64 + keyring.active.as_str().len() + entries)?;
    let mut out = Cursor::new(&mut text[..]);
    write_members(&mut out, keyring).map_err(|e| {
        Error::new(
            ErrorKind::Internal,
            "the text of a keyring was longer than reckoned",
            "please report this",
        )
        .with_source(e)
    })?;
    let len = out.position() as usize;
    text.truncate(len);
    Ok(text)
}

fn write_members(out: &mut Cursor<&mut [u8]>, keyring: &Keyring) -> io::Result<()> {
    write!(out, "{{\"active\": \"{}\", \"keys\": {{", keyring.active)?;
    for (position, (id, key)) in keyring.keys.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        write!(out, "{comma}\"{id}\": \"")?;
        let start = out.position() as usize;
        let free = out.get_mut().get_mut(start..).unwrap_or_default();
        let written = STANDARD.encode_slice(&key[..], free).map_err(io::Error::other)?;
        out.set_position((start + written) as u64);
        out.write_all(b"\"")?;
    }
    out.write_all(b"}}\n")
}

fn decode(id: &RootKeyId, value: &str) -> Result<SecretBytes> {
    // Room for any length, so that a wrong length can be told from bad text.
    let mut key = SecretBytes::zeroed(value.len() / 4 * 3 + 3)?;
    let len = STANDARD
        .decode_slice(value, &mut key)
        .map_err(|_| unusable(format!("has a key {id} that is not base64")))?;
    if len != KEY {
        return Err(unusable(format!("has a key {id} of {len} bytes instead of {KEY}")));
    }
    key.truncate(len);
    Ok(key)
}

fn unusable(what: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("the keyring {what}"),
        "restore the keyring from where you keep it; see `docs/format.md` section 5",
    )
}

/// What the outer object has. Text is borrowed, never copied; a value with an escape sequence, which
/// would need a copy, is refused by the parser.
#[derive(Default)]
struct Members<'a> {
    active: Option<&'a str>,
    keys: Option<Entries<'a>>,
    surplus: Option<usize>,
}

/// Every entry in its order, repeated ones too.
struct Entries<'a>(Vec<(&'a str, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        let mut members = Members::default();
        for place in 1.. {
            match map.next_key::<&str>()? {
                None => break,
                Some("active") if members.active.is_none() => {
                    members.active = Some(map.next_value()?);
                }
                Some("keys") if members.keys.is_none() => members.keys = Some(map.next_value()?),
                Some(_) => {
                    map.next_value::<IgnoredAny>()?;
                    members.surplus.get_or_insert(place);
                }
            }
        }
        Ok(members)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of keys")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn refusal(text: &str) -> String {
        let error = parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error:?}").contains("AAECAw"), "{error:?} shows a key");
        error.what().to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let id = |name: &str| RootKeyId::new(name).unwrap();
        let mut keyring = Keyring::with_new_key(&id("root-1")).unwrap();
        keyring.add_new_key(&id(&"x".repeat(64))).unwrap();
        keyring.add_new_key(&id("a.b_c-D9")).unwrap();
        let text = write(&keyring).unwrap();
        let again = parse(&text).unwrap();
        assert_eq!(again.active, keyring.active);
        assert_eq!(again.keys.len(), 3);
        for (id, key) in &keyring.keys {
            assert!(again.key(id).unwrap().equals(key));
        }
    }

    #[test]
    fn the_text_is_the_one_of_the_format_document() {
        let text = format!("{{\"active\": \"root-1\", \"keys\": {{\"root-1\": \"{KEY_A}\"}}}}\n");
        let keyring = parse(text.as_bytes()).unwrap();
        let expected: Vec<u8> = (0..32).collect();
        assert!(keyring.key(&RootKeyId::new("root-1").unwrap()).unwrap().equals(&expected));
        assert!(write(&keyring).unwrap().equals(text.as_bytes()));
    }

    #[test]
    fn every_departure_from_the_format_is_named() {
        let keyring = |keys: &str| format!(r#"{{"active": "a", "keys": {{{keys}}}}}"#);
        for (text, expected) in [
            (String::new(), "is not the JSON"),
            ("[]".into(), "is not the JSON"),
            (r#"{"active": "a", "keys": {"a""#.into(), "is not the JSON"),
            (format!("{} x", keyring(&format!(r#""a": "{KEY_A}""#))), "is not the JSON"),
            (format!(r#"{{"active": "a", "keys": "{KEY_A}"}}"#), "is not the JSON"),
            (format!(r#"{{"active": "a", "keys": ["{KEY_A}"]}}"#), "is not the JSON"),
            (keyring(&format!(r#""a": "\u0041{}""#, &KEY_A[1..])), "is not the JSON"),
            (format!(r#"{{"keys": {{"a": "{KEY_A}"}}}}"#), "lacks"),
            (r#"{"active": "a"}"#.into(), "lacks"),
            (
                format!(r#"{{"active": "a", "keys": {{"a": "{KEY_A}"}}, "{KEY_A}": 1}}"#),
                "in place 3",
            ),
            (
                format!(r#"{{"active": "a", "active": "b", "keys": {{"a": "{KEY_A}"}}}}"#),
                "in place 2",
            ),
            (format!(r#"{{"active": "{KEY_A}", "keys": {{"a": "{KEY_A}"}}}}"#), "is not a key id"),
            (keyring(&format!(r#""a": "{KEY_A}", "a": "{KEY_A}""#)), "two keys a"),
            (keyring(&format!(r#""a": "{KEY_A}", "{KEY_A}": "b""#)), "key id, in place 2"),
            (keyring(&format!(r#""": "{KEY_A}""#)), "key id, in place 1"),
            (keyring(&format!(r#""a": "{}""#, &KEY_A[..43])), "a key a that is not base64"),
            (keyring(&format!(r#""a": " {KEY_A}""#)), "a key a that is not base64"),
            (keyring(&format!(r#""a": "{}""#, KEY_A.replace("8=", "9="))), "not base64"),
            (keyring(r#""a": "AAEC""#), "a key a of 3 bytes instead of 32"),
            (keyring(&format!(r#""a": "AAEC{KEY_A}""#)), "a key a of 35 bytes instead of 32"),
            (keyring(r#""a": """#), "a key a of 0 bytes"),
            (keyring(""), "has no keys"),
        ] {
            let what = refusal(&text);
            assert!(what.contains(expected), "{text}: {what}");
        }
    }
}
