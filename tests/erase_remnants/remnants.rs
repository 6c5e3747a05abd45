//! Pieces of ciphertext, and the search for them in the bytes of files.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use crate::common::files_of;

/// So long that no other ciphertext has it by chance.
const TRACE: usize = 16;

/// How many traces of one envelope are looked for at most.
const TRACES: usize = 24;

const SALT_AT: usize = 12;

/// Distinctive pieces of one envelope, its salt first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traces {
    pub(crate) envelope_length: usize,
    pieces: Vec<[u8; TRACE]>,
}

impl Traces {
    fn of(envelope: &[u8]) -> Traces {
        let last = envelope.len() - TRACE;
        let spread = (last - SALT_AT).div_ceil(TRACES - 2).max(TRACE);
        let places = (SALT_AT..last).step_by(spread).chain([last]);
        let piece = |at: usize| envelope[at..at + TRACE].try_into().unwrap();
        Traces { envelope_length: envelope.len(), pieces: places.map(piece).collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Forgets the pieces that are not marked.
    pub(crate) fn keep(&mut self, marked: &[bool]) {
        let mut marks = marked.iter();
        self.pieces.retain(|_| *marks.next().unwrap());
    }
}

/// The traces of every envelope on a shelf, in the order in which they were stored.
pub(crate) fn traces_of(shelf: &Path) -> Vec<Traces> {
    let connection = rusqlite::Connection::open(shelf).unwrap();
    let mut statement = connection.prepare("SELECT envelope FROM payloads ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok(Traces::of(&row.get::<_, Vec<u8>>(0)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// For each trace of each envelope whether it is in any file of the folder.
pub(crate) fn search(folder: &Path, wanted: Vec<Traces>) -> Vec<Vec<bool>> {
    let mut places: HashMap<[u8; TRACE], (usize, usize)> = HashMap::new();
    let mut begins = vec![false; 1 << 24];
    for (envelope, traces) in wanted.iter().enumerate() {
        for (number, piece) in traces.pieces.iter().enumerate() {
            places.insert(*piece, (envelope, number));
            begins[first_three(piece)] = true;
        }
    }
    let mut found: Vec<Vec<bool>> = wanted.iter().map(|t| vec![false; t.len()]).collect();
    for file in files_of(folder) {
        let content = read(&file);
        for window in content.windows(TRACE) {
            if begins[first_three(window)]
                && let Some((envelope, number)) = places.get(window)
            {
                found[*envelope][*number] = true;
            }
        }
    }
    found
}

fn first_three(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

/// The bytes of a file, read by another process: closing a file here would give up the locks that
/// SQLite has on it in this one.
fn read(file: &Path) -> Vec<u8> {
    let output = Command::new("cat").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", file.display());
    output.stdout
}
