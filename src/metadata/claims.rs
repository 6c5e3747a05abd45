//! Who a reference belongs to: the put that claimed it, or `doctor`, which condemned it.
//!
//! Both insert into the same unique index, so that exactly one of them wins, in threads, processes
//! or machines.

use super::{Field, Queries, Value};
use crate::Result;

/// An encrypted reference, as it stands in the database.
pub(crate) type SealedReference = [u8; 32];

const CLAIMED: Value<'_> = Value::Integer(1);
const CONDEMNED: Value<'_> = Value::Integer(2);
/// No error where the row is there already: one would end a transaction of PostgreSQL.
const INSERT: &str = "INSERT INTO claims (reference, state) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// Claims a reference for a version. False when it was condemned.
pub(crate) fn claim(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    insert(queries, reference, CLAIMED)
}

/// Condemns a reference. False when a version claimed it, or it is condemned already.
pub(crate) fn condemn(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    insert(queries, reference, CONDEMNED)
}

/// Whether a reference is condemned.
pub(crate) fn is_condemned(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    Ok(state(queries, reference)? == Some(2))
}

/// Whether a version claimed a reference.
pub(crate) fn is_claimed(queries: &dyn Queries, reference: &SealedReference) -> Result<bool> {
    Ok(state(queries, reference)? == Some(1))
}

/// Ends the claim of a version whose payload is gone.
pub(crate) fn release(queries: &dyn Queries, reference: &[u8]) -> Result<()> {
    let sql = "DELETE FROM claims WHERE reference = ?1 AND state = 1";
    queries.execute(sql, &[Value::Bytes(reference)]).map(|_| ())
}

fn insert(queries: &dyn Queries, reference: &SealedReference, state: Value<'_>) -> Result<bool> {
    Ok(queries.execute(INSERT, &[Value::Bytes(reference), state])? == 1)
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
