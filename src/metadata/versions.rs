//! Versions: one immutable payload each, with a state and dates.

use strongroom_backend::{SecretId, VersionId};

use super::clock::Moment;
use super::lookup::another_row;
use super::record::{query, record, select};
use super::{Field, Queries};
use crate::keys::StoreKeys;
use crate::{Result, State, Timestamp};

record! {
    /// A version. Its reference is gone once it is destroyed.
    Version in "versions" by &[1, 2];
    version_id: VersionId,
    secret_id: SecretId,
    number: u32,
    project_epoch: i64,
    state: State,
    reference: Option<Vec<u8>>,
    locator: Option<Vec<u8>>,
    /// The generation of the project key that protects the payload.
    generation: u32,
    /// The payload's length in bytes.
    size: u32,
    created_at: Timestamp,
    activates_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    deactivated_at: Option<Timestamp>,
    compromised_at: Option<Timestamp>,
    destroyed_at: Option<Timestamp>,
}

/// The state of a version at a moment, its dates applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) state: State,
    /// Deactivated by its expiry date alone.
    pub(crate) expired: bool,
}

impl Version {
    /// Whether its state depends on what time it is.
    pub(crate) fn has_dates(&self) -> bool {
        self.activates_at.is_some() || self.expires_at.is_some()
    }

    /// The state at a moment. Dates take effect when read; nothing is written for it.
    pub(crate) fn at(&self, moment: &Moment) -> Effective {
        let mut state = self.state;
        if state == State::PreActive && moment.reached(self.activates_at) {
            state = State::Active;
        }
        let expired = state == State::Active && moment.reached(self.expires_at);
        if expired {
            state = State::Deactivated;
        }
        Effective { state, expired }
    }

    /// The row with the effect of its dates written down, before another step is taken.
    pub(crate) fn settled(mut self, moment: &Moment) -> Version {
        let effective = self.at(moment);
        self.state = effective.state;
        if effective.expired {
            self.deactivated_at = self.expires_at;
        }
        self
    }
}

/// A version by its number.
pub(crate) fn find(
    keys: &StoreKeys,
    queries: &dyn Queries,
    secret: SecretId,
    number: u32,
) -> Result<Option<Version>> {
    let sql = query!(Version, "WHERE secret_id = ?1 AND number = ?2");
    let found: Option<Version> =
        select(keys, queries, sql, &[secret.value(), number.value()])?.pop();
    match found {
        Some(row) if row.secret_id != secret || row.number != number => Err(another_row()),
        found => Ok(found),
    }
}

/// Every version of a secret, the newest first.
pub(crate) fn of_secret(
    keys: &StoreKeys,
    queries: &dyn Queries,
    secret: SecretId,
) -> Result<Vec<Version>> {
    let sql = query!(Version, "WHERE secret_id = ?1 ORDER BY number DESC");
    select(keys, queries, sql, &[secret.value()])
}

/// The newest version of a secret.
pub(crate) fn newest(
    keys: &StoreKeys,
    queries: &dyn Queries,
    secret: SecretId,
) -> Result<Option<Version>> {
    let sql = query!(Version, "WHERE secret_id = ?1 ORDER BY number DESC LIMIT 1");
    Ok(select(keys, queries, sql, &[secret.value()])?.pop())
}

/// How many versions have expired with no active version of their secret left.
pub(crate) fn count_expired(queries: &dyn Queries, now: Timestamp) -> Result<u64> {
    let sql = "SELECT count(*) FROM versions AS v
               WHERE v.expires_at IS NOT NULL AND v.expires_at <= ?1 AND v.state IN (1, 2)
                 AND NOT EXISTS (
                     SELECT 1 FROM versions AS n WHERE n.secret_id = v.secret_id
                     AND (n.state = 2 OR n.state = 1 AND n.activates_at <= ?1)
                     AND (n.expires_at IS NULL OR n.expires_at > ?1))";
    let mut count = 0;
    queries.select(sql, &[now.value()], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}

/// How many versions expire between two times.
pub(crate) fn count_expiring(queries: &dyn Queries, from: Timestamp, to: Timestamp) -> Result<u64> {
    let sql = "SELECT count(*) FROM versions
               WHERE expires_at IS NOT NULL AND expires_at > ?1 AND expires_at <= ?2
                 AND state IN (1, 2)";
    let mut count = 0;
    queries.select(sql, &[from.value(), to.value()], &mut |row| {
        count = i64::from_value(row.value(0)?)?;
        Ok(())
    })?;
    Ok(count.unsigned_abs())
}
