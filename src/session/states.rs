//! States and dates of versions.

use super::{Change, Session, describe};
use crate::metadata::versions::Version;
use crate::metadata::{Record, erasures};
use crate::{Dates, Error, ErrorKind, Result, SecretPath, State, Timestamp};

impl Session {
    /// Takes a version to another state, if KMIP allows the step. `Conflict` when it does not.
    ///
    /// Where the backend shows the states of payloads to others, as a KMIP server does, it is told
    /// afterwards: `Pending` when the version has the state, and the backend was not told. To set the
    /// state that a version has tells the backend again, and changes nothing else.
    ///
    /// Destroying is [`destroy`](Self::destroy), because the payload goes with it.
    pub fn set_state(&self, path: &SecretPath, version: u32, state: State) -> Result<()> {
        if state == State::Destroyed {
            return self.destroy(path, version);
        }
        self.operation("set state", || {
            let (project, row) = self.change(path, move |change, secret| {
                let mut row = change.version(secret, version)?;
                if state.is_destroyed() && !row.state.is_destroyed() {
                    return Err(illegal(change.path, &row, state));
                }
                if row.state != state || state.is_destroyed() {
                    move_to(change.path, &mut row, state, change.moment.now)?;
                }
                row.update(&change.inner.keys, change.q)?;
                Ok((change.project.clone(), row))
            })?;
            strongroom_backend::step("state.written");
            self.tell_the_backend(path, &project, &row)
        })
    }

    /// Changes when a version becomes active or expires. `Conflict` when that has happened already.
    pub fn set_dates(&self, path: &SecretPath, version: u32, dates: &Dates) -> Result<()> {
        self.operation("set dates", || {
            let dates = *dates;
            self.change(path, move |change, secret| {
                let mut row = change.version(secret, version)?;
                let activates_at = dates.activates_at.apply(row.activates_at);
                let expires_at = dates.expires_at.apply(row.expires_at);
                let changes_start = activates_at != row.activates_at;
                let changes_end = expires_at != row.expires_at;
                match row.state {
                    State::PreActive => {}
                    State::Active if !changes_start => {}
                    _ if !changes_start && !changes_end => {}
                    state => return Err(too_late(change.path, &row, state)),
                }
                describe::check_dates(activates_at, expires_at)?;
                row.activates_at = activates_at;
                row.expires_at = expires_at;
                row.update(&change.inner.keys, change.q)
            })
        })
    }

    /// Destroys the payload of a version; its row stays, and says so.
    ///
    /// `Conflict` while the version is active: deactivate it first. `Pending` when it can no longer be
    /// read but its bytes are not gone yet.
    pub fn destroy(&self, path: &SecretPath, version: u32) -> Result<()> {
        self.operation("destroy", || {
            let (pending, compromised) = self.change(path, move |change, secret| {
                let recorded = |change: &Change<'_>| {
                    let (keys, id) = (&change.inner.keys, secret.secret_id);
                    erasures::pending_of_secret(keys, change.q, secret.project_id, id)
                };
                let mut row = change.version(secret, version)?;
                if row.state.is_destroyed() {
                    return Ok((recorded(change)?, None));
                }
                let compromised = (row.state == State::Compromised)
                    .then(|| (change.project.clone(), row.clone()));
                let state = match row.state {
                    State::Compromised => State::DestroyedCompromised,
                    _ => State::Destroyed,
                };
                let now = change.moment.now;
                move_to(change.path, &mut row, state, now)?;
                change.inner.record_erasure(change.q, change.project, secret, &row, now)?;
                row.reference = None;
                row.locator = None;
                row.update(&change.inner.keys, change.q)?;
                Ok((recorded(change)?, compromised))
            })?;
            strongroom_backend::step("destroy.recorded");
            if let Some((project, row)) = compromised {
                // In case it was not told so far. That it goes, matters more.
                let _ = self.tell_the_backend(path, &project, &row);
            }
            self.finish_secret(path, pending)
        })
    }
}

/// Takes a step that KMIP allows, and notes when.
fn move_to(path: &SecretPath, row: &mut Version, state: State, now: Timestamp) -> Result<()> {
    if !row.state.may_become(state) {
        return Err(illegal(path, row, state));
    }
    row.state = state;
    match state {
        State::Deactivated => row.deactivated_at = Some(now),
        State::Compromised => row.compromised_at = Some(now),
        State::Destroyed => row.destroyed_at = Some(now),
        State::DestroyedCompromised if row.destroyed_at.is_some() => {
            row.compromised_at = Some(now);
        }
        State::DestroyedCompromised => row.destroyed_at = Some(now),
        State::Active => row.activates_at = Some(now),
        State::PreActive => {}
    }
    Ok(())
}

fn illegal(path: &SecretPath, row: &Version, state: State) -> Error {
    let number = row.number;
    let next = match (row.state, state) {
        (State::Active, State::Destroyed | State::DestroyedCompromised) => {
            format!("deactivate it first: `strongroom state {path} deactivated --version {number}`")
        }
        _ => format!("see `strongroom versions {path}`; put a new version if you need one"),
    };
    Error::new(
        ErrorKind::Conflict,
        format!("{path} version {number} is {} and cannot become {state}", row.state),
        next,
    )
}

fn too_late(path: &SecretPath, row: &Version, state: State) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("{path} version {} is {state}: that date can no longer change", row.number),
        "put a new version",
    )
}
