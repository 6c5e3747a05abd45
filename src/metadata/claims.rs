//! Who a reference belongs to: the put that claimed it, or `doctor`, which condemned it.
//!
//! Both insert into the same unique index, so that exactly one of them wins, in threads, processes
//! or machines.

use std::sync::LazyLock;

use super::{Asked, Field, Queries, Value};
use crate::Result;

/// An encrypted reference, as it stands in the database.
pub(crate) type SealedReference = [u8; 32];

const CLAIMED: Value<'_> = Value::Integer(1);
const CONDEMNED: Value<'_> = Value::Integer(2);
/// No error where the row is there already: one would end a transaction of PostgreSQL.
const INSERT: &str = "INSERT INTO claims (reference, state) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

static CLAIMED_AMONG: LazyLock<String> = LazyLock::new(|| {
    let marks: Vec<String> = (1..=AT_ONCE).map(|n| format!("?{n}")).collect();
    format!("SELECT reference FROM claims WHERE state = 1 AND reference IN ({})", marks.join(", "))
});

/// What claims a reference for a version. It changes no row when the reference was condemned.
pub(crate) fn claim(reference: &SealedReference) -> Asked<'_> {
    Asked { sql: INSERT, parameters: vec![Value::Bytes(reference), CLAIMED] }
}

/// Condemns a reference. False when a version claimed it, or it is condemned already.
pub(crate) fn condemn(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    Ok(queries.execute(INSERT, &[Value::Bytes(reference), CONDEMNED])? == 1)
}

/// Whether a reference is condemned.
pub(crate) fn is_condemned(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    Ok(state(queries, reference)? == Some(2))
}

/// How many references [`claimed_among`] takes, in one statement.
pub(crate) const AT_ONCE: usize = 250;

/// Which of these references versions have claimed.
pub(crate) fn claimed_among(
    queries: &dyn Queries,
    references: &[SealedReference],
) -> Result<Vec<SealedReference>> {
    let Some(last) = references.last() else { return Ok(Vec::new()) };
    // The last one again and again, so that it is always the same statement.
    let all = references.iter().chain(std::iter::repeat(last)).take(AT_ONCE);
    let parameters: Vec<Value<'_>> = all.map(|reference| Value::Bytes(reference)).collect();
    let mut claimed = Vec::new();
    queries.select(&CLAIMED_AMONG, &parameters, &mut |row| {
        let reference = Vec::<u8>::from_value(row.value(0)?)?;
        claimed.extend(SealedReference::try_from(&reference[..]).ok());
        Ok(())
    })?;
    Ok(claimed)
}

/// What ends the claim of a version whose payload is gone.
pub(crate) fn release(reference: &[u8]) -> Asked<'_> {
    let sql = "DELETE FROM claims WHERE reference = ?1 AND state = 1";
    Asked { sql, parameters: vec![Value::Bytes(reference)] }
}

fn state(queries: &dyn Queries, reference: &SealedReference) -> Result<Option<i64>> {
    let mut state = None;
    let sql = "SELECT state FROM claims WHERE reference = ?1";
    queries.select(sql, &[Value::Bytes(reference)], &mut |row| {
        state = Some(i64::from_value(row.value(0)?)?);
        Ok(())
    })?;
    Ok(state)
}
