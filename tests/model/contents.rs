//! The secrets of a store, read through the public interface or computed from what was done.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use strongroom::{ErrorKind, GetOptions, ListOptions, ProjectState, SecretPath, Session, State};

use super::Action;
use super::action::payload;

/// The [`print`] of a version's bytes; none when it is destroyed.
pub(crate) type Payload = Option<String>;

/// The versions of each secret of a project, by its name.
pub(crate) type Secrets = BTreeMap<String, Vec<Payload>>;

/// Everything that a store answers: its projects, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub projects: BTreeMap<String, Secrets>,
}

impl Contents {
    /// What it is after an action that was acknowledged.
    pub(crate) fn after(&self, action: &Action) -> Contents {
        let mut after = self.clone();
        match action {
            Action::Put { path, len, seed } => {
                let (project, name) = split(path);
                let secrets = after.projects.entry(project.into()).or_default();
                let versions = secrets.entry(name.into()).or_default();
                versions.push(Some(print(&payload(*len, *seed))));
            }
            Action::Destroy { path, version } => {
                let (project, name) = split(path);
                let versions = after.projects.get_mut(project).and_then(|p| p.get_mut(name));
                versions.expect("a secret of the model")[*version as usize - 1] = None;
            }
            Action::Erase { path } => {
                let (project, name) = split(path);
                after.projects.get_mut(project).expect("a project of the model").remove(name);
            }
            Action::CreateProject { name } => {
                after.projects.insert(name.clone(), BTreeMap::new());
            }
            Action::EraseProject { name } => {
                after.projects.remove(name);
            }
            Action::Create { .. }
            | Action::Open { .. }
            | Action::Backup { .. }
            | Action::Restore { .. }
            | Action::AddRootKey { .. }
            | Action::Rotate { .. }
            | Action::InitKeys { .. }
            | Action::SpendKey { .. }
            | Action::Retire
            | Action::Repair
            | Action::Adopt => {}
        }
        after
    }

    /// What it may be when the action was interrupted: all of it, or nothing. A put into a new
    /// project makes the project first, and a project without secrets is whole.
    pub(crate) fn around(&self, action: &Action) -> Vec<Contents> {
        let mut possible = vec![self.clone()];
        if let Action::Put { path, .. } = action
            && !self.projects.contains_key(split(path).0)
        {
            let project = Action::CreateProject { name: split(path).0.into() };
            possible.push(self.after(&project));
        }
        possible.push(self.after(action));
        possible
    }

    /// How `found` differs from this, in words; empty when it does not.
    pub(crate) fn differences(&self, found: &Contents) -> String {
        let (expected, found) = (self.flat(), found.flat());
        let missing = expected.iter().filter(|(key, payload)| found.get(*key) != Some(payload));
        let foreign = found.iter().filter(|(key, payload)| expected.get(*key) != Some(payload));
        let list = |entries: &mut dyn Iterator<Item = (&String, &Payload)>| {
            entries.map(|(key, payload)| describe(key, payload)).collect::<Vec<_>>().join(", ")
        };
        let (missing, foreign) = (list(&mut missing.into_iter()), list(&mut foreign.into_iter()));
        match (missing.is_empty(), foreign.is_empty()) {
            (true, true) => String::new(),
            _ => format!("expected but not there: [{missing}]; there instead: [{foreign}]"),
        }
    }

    /// As one line of text, for another process.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.projects).expect("text as JSON")
    }

    /// What [`to_json`](Self::to_json) wrote.
    pub(crate) fn from_json(text: &str) -> Contents {
        Contents { projects: serde_json::from_str(text).expect("contents as JSON") }
    }

    fn flat(&self) -> BTreeMap<String, Payload> {
        let mut flat = BTreeMap::new();
        for (project, secrets) in &self.projects {
            flat.insert(format!("project {project}"), None);
            for (name, versions) in secrets {
                for (index, payload) in versions.iter().enumerate() {
                    flat.insert(format!("{project}/{name}#{}", index + 1), payload.clone());
                }
            }
        }
        flat
    }
}

/// Tells payloads apart, in every process alike.
fn print(payload: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(payload);
    format!("{} bytes, {:016x}", payload.len(), hasher.finish())
}

fn describe(key: &str, payload: &Payload) -> String {
    match payload {
        Some(print) => format!("{key} ({print})"),
        None => key.to_owned(),
    }
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('/').expect("paths of the model name their project")
}

/// Reads everything. An error says which visible version does not open, or which number is missing.
pub(crate) fn observe(session: &Session) -> Result<Contents, String> {
    let mut contents = Contents::default();
    let all = ListOptions { limit: 10_000, ..ListOptions::default() };
    let projects = session.projects(&all).map_err(|e| format!("projects: {e:?}"))?;
    for project in projects.items {
        if project.state != ProjectState::Live {
            continue;
        }
        let listed = session.list(&project.name, &all).map_err(|e| format!("list: {e:?}"))?;
        let mut secrets = BTreeMap::new();
        for secret in listed.items {
            let path = SecretPath::new(&project.name, &secret.name).map_err(|e| e.to_string())?;
            secrets.insert(secret.name, observe_versions(session, &path)?);
        }
        contents.projects.insert(project.name, secrets);
    }
    Ok(contents)
}

fn observe_versions(session: &Session, path: &SecretPath) -> Result<Vec<Payload>, String> {
    let mut versions = session.versions(path).map_err(|e| format!("versions of {path}: {e:?}"))?;
    versions.sort_by_key(|version| version.number);
    let mut payloads = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        if version.number as usize != index + 1 {
            return Err(format!("{path}: version {} is missing", index + 1));
        }
        let options = GetOptions { version: Some(version.number), allow_inactive: true };
        let fetched = session.get_with(path, &options);
        let is_destroyed = matches!(version.state, State::Destroyed | State::DestroyedCompromised);
        payloads.push(match fetched {
            Ok(_) if is_destroyed => {
                return Err(format!("{path}#{}: destroyed, and it opens", version.number));
            }
            Ok(fetched) => Some(print(&fetched.payload)),
            Err(e) if is_destroyed && e.kind() == ErrorKind::Destroyed => None,
            Err(e) => return Err(format!("{path}#{}: {e:?}", version.number)),
        });
    }
    Ok(payloads)
}
