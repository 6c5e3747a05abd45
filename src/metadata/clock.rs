//! The newest time that the store has written, and what that says about the host's clock.

use super::record::{ask, query, record};
use super::{Asked, Queries, Record};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, Result, Timestamp};

/// A clock this far behind the store is not believed.
const TOLERANCE_MICROS: i64 = 5 * 60 * 1_000_000;

record! {
    /// The clock row.
    Clock in "clock" by &[];
    stamp: Timestamp,
}

/// A reading of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    /// Whether dates take effect: not when the clock runs far behind the store.
    pub(crate) trusted: bool,
}

impl Moment {
    /// Whether `date` has passed, as far as the clock can be believed.
    pub(crate) fn reached(&self, date: Option<Timestamp>) -> bool {
        self.trusted && date.is_some_and(|date| date <= self.now)
    }
}

/// The newest time that the store has written.
pub(crate) fn stamp(keys: &StoreKeys, queries: &dyn Queries) -> Result<Timestamp> {
    load(keys, queries).map(|clock| clock.stamp)
}

/// What time it is.
pub(crate) fn moment(keys: &StoreKeys, queries: &dyn Queries) -> Result<Moment> {
    let now = queries.now()?;
    let stamp = stamp(keys, queries)?.micros();
    Ok(Moment {
        now: Timestamp::from_micros(now),
        trusted: now >= stamp.saturating_sub(TOLERANCE_MICROS),
    })
}

/// As [`moment`], in a transaction that writes: moves the stamp on, never back.
pub(crate) fn tick(keys: &StoreKeys, queries: &dyn Queries) -> Result<Moment> {
    let now = queries.now()?;
    let clock = load(keys, queries)?;
    let trusted = now >= clock.stamp.micros().saturating_sub(TOLERANCE_MICROS);
    let lag = queries.stamp_lag();
    if lag == 0 || now > clock.stamp.micros().saturating_add(lag) {
        let stamp = Timestamp::from_micros(now.max(clock.stamp.micros() + 1));
        Clock { stamp }.update(keys, queries)?;
    }
    Ok(Moment { now: Timestamp::from_micros(now), trusted })
}

/// Sets the stamp to `now`, even back: for a store that begins a new epoch.
pub(crate) fn reset(keys: &StoreKeys, queries: &dyn Queries) -> Result<()> {
    let now = queries.now()?;
    load(keys, queries)?;
    Clock { stamp: Timestamp::from_micros(now) }.update(keys, queries)
}

/// What reads it.
pub(crate) fn query() -> Asked<'static> {
    Asked { sql: query!(Clock, ""), parameters: Vec::new() }
}

fn load(keys: &StoreKeys, queries: &dyn Queries) -> Result<Clock> {
    ask(keys, queries, &query())?.pop().ok_or_else(missing)
}

/// `Corrupt`: there is no clock row.
pub(super) fn missing() -> Error {
    Error::new(ErrorKind::Corrupt, "the store's clock row is missing", "restore a backup")
}
