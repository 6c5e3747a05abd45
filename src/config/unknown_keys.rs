//! Unknown keys are errors: an option that is silently dropped is worse than none.

use toml::{Table, Value};

use super::token::refuse_pin;
use crate::{Error, ErrorKind, Result};

const TOP: &[&str] =
    &["metadata", "default_backend", "auto_create_projects", "keys", "backends", "projects"];
const ENVELOPED: &[&str] = &["kind", "key", "shelf"];
const SOFTWARE: &[&str] = &["kind", "keyring", "keyring_permissions"];
const PKCS11: &[&str] = &["kind", "key_location"];
const OBJECTS: &[&str] = &["kind", "key", "symmetric_keys"];
const TOKEN: &[&str] = &[
    "module",
    "token",
    "serial",
    "manufacturer",
    "model",
    "slot",
    "uri",
    "pin",
    "initialization",
    "call_timeout",
    "sessions",
];
const KMIP: &[&str] = &["kind", "root_key"];
const KMIP_OBJECTS: &[&str] = &["kind", "key", "plaintext_objects", "plaintext_type"];
const KMIP_SERVER: &[&str] = &[
    "servers",
    "server_name",
    "namespace",
    "ca",
    "certificate",
    "private_key",
    "username",
    "password_file",
    "version",
    "call_timeout",
    "connections",
];
const PIN: &[&str] = &["file", "descriptor", "environment", "command", "credential"];
const PROJECT: &[&str] = &["backend"];

/// `Config` for the first key that is not known, with the nearest one that is.
pub(super) fn refuse(config: &Table) -> Result<()> {
    check("", config, TOP)?;
    for (name, backend) in tables(config, "backends") {
        let place = format!("backends.{name}.");
        let kinds =
            [("enveloped", ENVELOPED), ("pkcs11-objects", OBJECTS), ("kmip-objects", KMIP_OBJECTS)];
        check_by_kind(&place, backend, &kinds)?;
        if let Some(Value::Table(key)) = backend.get("key") {
            check_key(&format!("{place}key."), key)?;
        }
    }
    for (name, key) in tables(config, "keys") {
        check_key(&format!("keys.{name}."), key)?;
    }
    for (name, project) in tables(config, "projects") {
        check(&format!("projects.{name}."), project, PROJECT)?;
    }
    Ok(())
}

/// As [`refuse`], for the text of one key backend.
pub(super) fn refuse_in_key(key: &Table) -> Result<()> {
    check_key("", key)
}

fn check_key(place: &str, key: &Table) -> Result<()> {
    check_by_kind(place, key, &[("software", SOFTWARE), ("pkcs11", PKCS11), ("kmip", KMIP)])
}

/// What a table may have depends on its kind; where that is not known, all that any kind may have.
fn check_by_kind(place: &str, table: &Table, kinds: &[(&str, &[&str])]) -> Result<()> {
    let kind = table.get("kind").and_then(Value::as_str);
    let mut known: Vec<&str> = Vec::new();
    let is_known = kinds.iter().any(|(name, _)| Some(*name) == kind);
    for (name, keys) in kinds {
        if !is_known || Some(*name) == kind {
            known.extend(*keys);
            known.extend(match *name {
                "pkcs11" | "pkcs11-objects" => TOKEN,
                "kmip" | "kmip-objects" => KMIP_SERVER,
                _ => &[],
            });
        }
    }
    check(place, table, &known)?;
    if let Some(Value::Table(source)) = table.get("pin") {
        check(&format!("{place}pin."), source, PIN)?;
    }
    refuse_pin(place, table)
}

fn tables<'a>(config: &'a Table, name: &str) -> impl Iterator<Item = (&'a String, &'a Table)> {
    let members = config.get(name).and_then(Value::as_table);
    members.into_iter().flatten().filter_map(|(name, v)| Some((name, v.as_table()?)))
}

fn check(place: &str, table: &Table, known: &[&str]) -> Result<()> {
    for name in table.keys() {
        if known.contains(&name.as_str()) {
            continue;
        }
        let nearest = known.iter().max_by(|a, b| {
            let likeness = |word| strsim::jaro_winkler(name, word);
            likeness(a).total_cmp(&likeness(b))
        });
        return Err(Error::new(
            ErrorKind::Config,
            format!("unknown key `{place}{name}`"),
            format!("did you mean `{place}{}`?", nearest.unwrap_or(&"")),
        ));
    }
    Ok(())
}
