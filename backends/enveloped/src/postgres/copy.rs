//! Copying a shelf out of PostgreSQL into a SQLite file, as a backup needs it.

use std::path::Path;

use strongroom_backend::{Reference, Result, Shelf, file_error, folder_of};
use strongroom_postgres::Database;

use super::marker;
use crate::SqliteShelf;

/// Envelopes that are read, and written, at once. Each may be over a mebibyte.
const PORTION: u32 = 32;

/// Writes the new file `target`: everything as of one moment.
pub(super) fn to_sqlite(database: &Database, target: &Path) -> Result<()> {
    let folder = folder_of(target);
    let work = tempfile::tempdir_in(&folder).map_err(|e| file_error("write into", &folder, e))?;
    let copy = SqliteShelf::create(&work.path().join("payloads.db"))?;
    database.read_all(|connection| {
        if let Some(marker) = marker(connection)? {
            copy.set_marker(None, marker)?;
        }
        let mut portion = Vec::new();
        let all = "SELECT reference, envelope FROM payloads";
        connection.query_in_portions(all, PORTION, &mut |row| {
            portion.push((Reference::from_slice(row.bytes(0)?)?, row.bytes(1)?.to_vec()));
            if portion.len() < PORTION as usize {
                return Ok(());
            }
            copy.put_all(std::mem::take(&mut portion))
        })?;
        copy.put_all(portion)
    })?;
    // One whole file, without a log beside it.
    copy.copy_to(target)
}
