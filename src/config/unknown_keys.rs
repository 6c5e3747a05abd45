//! Unknown keys are errors: an option that is silently dropped is worse than none.

use toml::{Table, Value};

use crate::{Error, ErrorKind, Result};

const TOP: &[&str] =
    &["metadata", "default_backend", "auto_create_projects", "keys", "backends", "projects"];
const BACKEND: &[&str] = &["kind", "key", "shelf"];
const KEY: &[&str] = &["kind", "keyring", "keyring_permissions"];
const PROJECT: &[&str] = &["backend"];

/// `Config` for the first key that is not known, with the nearest one that is.
pub(super) fn refuse(config: &Table) -> Result<()> {
    check("", config, TOP)?;
    for (name, backend) in tables(config, "backends") {
        let place = format!("backends.{name}.");
        check(&place, backend, BACKEND)?;
        if let Some(Value::Table(key)) = backend.get("key") {
            check(&format!("{place}key."), key, KEY)?;
        }
    }
    for (name, key) in tables(config, "keys") {
        check(&format!("keys.{name}."), key, KEY)?;
    }
    for (name, project) in tables(config, "projects") {
        check(&format!("projects.{name}."), project, PROJECT)?;
    }
    Ok(())
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
