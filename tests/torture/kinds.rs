//! The kinds of actions that are interrupted, and how to choose one of each.

use std::fmt;

use strongroom_test_support::Random;

use crate::model::contents::Payload;
use crate::model::{Action, Contents, Shape};

/// What is told apart in the report, because its steps differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Create,
    Open,
    PutName,
    PutVersion,
    PutProject,
    PutGeneration,
    Destroy,
    Erase,
    CreateProject,
    EraseProject,
    Backup,
    Restore,
    Repair,
    Adopt,
    KeyringWrite,
    Rotate,
    Move,
    MoveBack,
    InitKeys,
    Retire,
}

impl Kind {
    const ALL: [Kind; 20] = [
        Kind::Create,
        Kind::Open,
        Kind::PutName,
        Kind::PutVersion,
        Kind::PutProject,
        Kind::PutGeneration,
        Kind::Destroy,
        Kind::Erase,
        Kind::CreateProject,
        Kind::EraseProject,
        Kind::Backup,
        Kind::Restore,
        Kind::Repair,
        Kind::Adopt,
        Kind::KeyringWrite,
        Kind::Rotate,
        Kind::InitKeys,
        Kind::Move,
        Kind::MoveBack,
        Kind::Retire,
    ];

    /// Those that a store of this shape has.
    pub(crate) fn of(shape: Shape) -> Vec<Kind> {
        let has = |kind: &Kind| match kind {
            // A token keeps the payloads of one store; tokens.rs kills an init there.
            Kind::Create => !shape.has_objects(),
            Kind::PutGeneration => shape == Shape::TokenDevice,
            Kind::Backup | Kind::Restore => shape.has_backups(),
            Kind::KeyringWrite => shape == Shape::Software,
            Kind::Move | Kind::MoveBack => shape.can_move(),
            _ => true,
        };
        Kind::ALL.into_iter().filter(has).collect()
    }

    /// What changes the secrets of a store, more often what happens more often.
    pub(crate) const COMMON: [Kind; 7] = [
        Kind::PutName,
        Kind::PutName,
        Kind::PutVersion,
        Kind::PutVersion,
        Kind::PutProject,
        Kind::Destroy,
        Kind::Erase,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Create => "init",
            Kind::Open => "open",
            Kind::PutName => "put, new name",
            Kind::PutVersion => "put, next version",
            Kind::PutProject => "put, new project",
            Kind::PutGeneration => "put, next generation",
            Kind::Destroy => "destroy",
            Kind::Erase => "erase",
            Kind::CreateProject => "project creation",
            Kind::EraseProject => "project erase",
            Kind::Backup => "backup",
            Kind::Restore => "restore",
            Kind::Repair => "doctor --repair",
            Kind::Adopt => "doctor --adopt",
            Kind::KeyringWrite => "keyring write",
            Kind::Rotate => "keys rotate",
            Kind::Move => "keys rotate --to new",
            Kind::MoveBack => "keys rotate --to old",
            Kind::InitKeys => "keys init",
            Kind::Retire => "keys retire",
        })
    }
}

/// Names, payloads and versions for actions.
pub(crate) struct Chooser {
    pub random: Random,
    shape: Shape,
    /// Never used twice, so that new things are new.
    serial: u64,
}

impl Chooser {
    pub(crate) fn new(seed: u64, shape: Shape) -> Chooser {
        Chooser { random: Random::new(seed), shape, serial: 0 }
    }

    /// An action of this kind; `None` when there is nothing that it could act on.
    pub(crate) fn action(
        &mut self,
        kind: Kind,
        contents: &Contents,
        backup: Option<&str>,
    ) -> Option<Action> {
        self.serial += 1;
        let serial = self.serial;
        let secrets: Vec<(String, &Vec<Payload>)> = contents
            .projects
            .iter()
            .flat_map(|(project, secrets)| {
                secrets.iter().map(move |(name, versions)| (format!("{project}/{name}"), versions))
            })
            .collect();
        let projects: Vec<&String> = contents.projects.keys().collect();
        let random = &mut self.random;
        let mut choose = |count: usize| (count > 0).then(|| random.below(count));
        Some(match kind {
            Kind::Create => Action::Create { folder: format!("init-{serial}") },
            Kind::Open => Action::Open { folder: "store".into() },
            Kind::PutName | Kind::PutGeneration => {
                let project = projects[choose(projects.len())?];
                self.put(format!("{project}/s{serial}"))
            }
            Kind::PutVersion => {
                let path = secrets[choose(secrets.len())?].0.clone();
                self.put(path)
            }
            Kind::PutProject => self.put(format!("p{serial}/s{serial}")),
            Kind::Destroy => {
                let (path, versions) = &secrets[choose(secrets.len())?];
                let live: Vec<usize> =
                    (0..versions.len()).filter(|i| versions[*i].is_some()).collect();
                let version = live[choose(live.len())?] as u32 + 1;
                Action::Destroy { path: path.clone(), version }
            }
            Kind::Erase => Action::Erase { path: secrets[choose(secrets.len())?].0.clone() },
            Kind::CreateProject => Action::CreateProject { name: format!("p{serial}") },
            Kind::EraseProject => {
                // Mostly one with payloads: without them, most steps are not reached.
                let all = projects[choose(projects.len())?];
                let full: Vec<&String> = full_projects(contents).collect();
                let name = match choose(full.len()) {
                    Some(one) if choose(5) != Some(0) => full[one],
                    _ => all,
                };
                Action::EraseProject { name: name.clone() }
            }
            Kind::Backup => Action::Backup { file: format!("backup-{serial}") },
            Kind::Restore => {
                Action::Restore { file: backup?.into(), folder: format!("restored-{serial}") }
            }
            Kind::Repair => Action::Repair,
            Kind::Adopt => Action::Adopt,
            // Out of the way of the ids that rotation makes.
            Kind::KeyringWrite => Action::AddRootKey { id: format!("extra-{serial}") },
            Kind::Rotate => Action::Rotate { to: None },
            Kind::Move => Action::Rotate { to: Some(format!("moved-{serial}")) },
            Kind::MoveBack => Action::Rotate { to: Some(self.shape.key_backend().into()) },
            Kind::InitKeys => Action::InitKeys { name: format!("keys-{serial}") },
            Kind::Retire => Action::Retire,
        })
    }

    fn put(&mut self, path: String) -> Action {
        // Mostly small; some need overflow pages.
        let limit = if self.random.chance(20) { 20_000 } else { 200 };
        Action::Put { path, len: 1 + self.random.below(limit), seed: self.random.bits() }
    }
}

/// Projects that hold a payload.
fn full_projects(contents: &Contents) -> impl Iterator<Item = &String> {
    let holds_one = |versions: &Vec<Payload>| versions.iter().any(Option::is_some);
    contents
        .projects
        .iter()
        .filter(move |(_, secrets)| secrets.values().any(holds_one))
        .map(|(project, _)| project)
}
