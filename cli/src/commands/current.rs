//! What `get` gives before and after a change: whoever changes a version should not have to guess.

use strongroom::{SecretPath, Session, State, VersionInfo};

use crate::output;
use crate::place::Place;

/// What `get` gave before a change, if that can be told.
pub(crate) struct Before {
    current: Option<Option<u32>>,
}

impl Before {
    /// Looks before the change, and never stands in its way.
    pub(crate) fn the_change(session: &Session, path: &SecretPath) -> Before {
        Before { current: session.describe(path).ok().map(|secret| secret.current) }
    }

    /// Says what `get` gives after the change.
    pub(crate) fn and_after(self, place: &Place, session: &Session, path: &SecretPath) {
        // The change has happened: a failure to describe it is no failure of the command.
        let Ok(secret) = session.describe(path) else { return };
        let word = if self.current == Some(secret.current) { "still" } else { "now" };
        place.note(&format!("{path}: `get` {word} {}", gives(secret.current)));
    }
}

/// Says what a new version means for `get`; nothing about a first one that is current.
pub(crate) fn note_new_version(place: &Place, session: &Session, path: &SecretPath, new: u32) {
    let Ok(versions) = session.versions(path) else { return };
    if let Some(note) = note_of(&versions, new) {
        place.note(&format!("{path}: {note}"));
    }
}

fn note_of(versions: &[VersionInfo], new: u32) -> Option<String> {
    let newest_active = |besides: Option<u32>| {
        let active = versions.iter().filter(|v| v.state == State::Active);
        active.map(|v| v.number).filter(|number| Some(*number) != besides).max()
    };
    let version = versions.iter().find(|v| v.number == new)?;
    if version.state == State::PreActive {
        let when = output::time(version.activates_at);
        let until_then = gives(newest_active(None));
        return Some(format!(
            "version {new} becomes current {when}; until then `get` {until_then}"
        ));
    }
    match newest_active(None)? {
        current if current != new => {
            Some(format!("version {new} is stored; version {current} is current"))
        }
        _ => match newest_active(Some(new)) {
            Some(old) => Some(format!(
                "version {new} is current now; version {old} stays: get it by --version {old}"
            )),
            None if new > 1 => Some(format!("version {new} is current now")),
            None => None,
        },
    }
}

fn gives(current: Option<u32>) -> String {
    match current {
        Some(version) => format!("gives version {version}"),
        None => "gives nothing: no version is active".into(),
    }
}
