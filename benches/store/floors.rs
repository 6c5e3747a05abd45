//! The floors: what an operation cannot do without, and nothing else.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Statement, params};
use strongroom::{SecretBytes, SecretPath, StoreId};
use strongroom_backend::Reference;
use strongroom_crypto::{ReferenceCipher, Sealing};

/// Rows and payload of one get, by bare prepared statements on the store's own files, one decrypted
/// reference, one derived key and one decryption. No row is authenticated here.
pub(crate) struct GetFloor<'a> {
    metadata: Statement<'a>,
    payload: Statement<'a>,
    references: Vec<Vec<u8>>,
    next: usize,
    reference: SealedReference,
    envelope: Envelope,
}

/// The metadata and the shelf of a store, opened bare.
pub(crate) struct Bare {
    metadata: Connection,
    shelf: Connection,
}

impl Bare {
    pub(crate) fn open(folder: &Path) -> Bare {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |name| {
            let connection = Connection::open_with_flags(folder.join(name), flags).unwrap();
            connection
                .execute_batch("PRAGMA cache_size = -16384; PRAGMA synchronous = FULL")
                .unwrap();
            connection
        };
        Bare { metadata: open("metadata.db"), shelf: open("payloads.db") }
    }

    /// Ready to get: every reference is known, so that the shelf is asked for ones that it has.
    pub(crate) fn get(&self) -> GetFloor<'_> {
        let mut all = self.shelf.prepare("SELECT reference FROM payloads").unwrap();
        let references =
            all.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let metadata = "SELECT p.*, s.*, v.* FROM projects p
             JOIN secrets s ON s.project_id = p.project_id AND s.name = ?2
             JOIN versions v ON v.secret_id = s.secret_id
             WHERE p.name = ?1 AND p.state = 1 ORDER BY v.number DESC LIMIT 1";
        GetFloor {
            metadata: self.metadata.prepare(metadata).unwrap(),
            payload: self
                .shelf
                .prepare("SELECT envelope FROM payloads WHERE reference = ?1")
                .unwrap(),
            references,
            next: 0,
            reference: SealedReference::new(),
            envelope: Envelope::new(),
        }
    }
}

impl GetFloor<'_> {
    /// One get's worth of bare work.
    pub(crate) fn bare_get(&mut self, path: &SecretPath) -> usize {
        let number: i64 =
            self.metadata
                .query_row(params![path.project(), path.name()], |row| {
                    // Every column is fetched, as a get must.
                    let mut bytes = 0;
                    for column in 0..row.as_ref().column_count() {
                        bytes += match row.get_ref(column)? {
                            rusqlite::types::ValueRef::Blob(b)
                            | rusqlite::types::ValueRef::Text(b) => b.len() as i64,
                            _ => 1,
                        };
                    }
                    Ok(bytes)
                })
                .unwrap();
        // As scattered as the names are.
        self.next = (self.next + 7_919) % self.references.len();
        let length: usize = self
            .payload
            .query_row(params![self.references[self.next]], |row| {
                Ok(row.get_ref(0)?.as_blob().unwrap().len())
            })
            .unwrap();
        self.reference.open();
        number as usize + length + self.envelope.open().len()
    }
}

/// One AES-SIV decryption of 16 bytes.
struct SealedReference {
    cipher: ReferenceCipher,
    sealed: [u8; 32],
}

impl SealedReference {
    fn new() -> SealedReference {
        let store = StoreId::random().unwrap();
        let cipher = ReferenceCipher::new(SecretBytes::random(64).unwrap(), store).unwrap();
        let sealed = cipher.seal_reference(Reference::at(0).unwrap()).unwrap();
        SealedReference { cipher, sealed }
    }

    fn open(&self) {
        std::hint::black_box(self.cipher.open_reference(&self.sealed).unwrap());
    }
}

/// One key derivation and one AES-256-GCM decryption of 64 bytes.
struct Envelope {
    sealing: Sealing,
    key: SecretBytes,
    sealed: Vec<u8>,
}

const BINDING: [&[u8]; 4] = [&[1; 16], &[2; 16], &[3; 16], &[4; 16]];

impl Envelope {
    fn new() -> Envelope {
        let sealing = Sealing::new("floor", b"SRX1", "strongroom/bench/1", 4);
        let key = SecretBytes::random(32).unwrap();
        let sealed = sealing.seal(&key, &[0; 4], &BINDING, &[7; 64]).unwrap();
        Envelope { sealing, key, sealed }
    }

    fn open(&self) -> SecretBytes {
        self.sealing.open(&self.key, &BINDING, &self.sealed).unwrap()
    }
}

/// Two durable commits, one after the other, of one row each: payload, then metadata.
pub(crate) struct PutFloor {
    metadata: Connection,
    shelf: Connection,
}

impl PutFloor {
    pub(crate) fn in_folder(folder: &Path) -> PutFloor {
        let open = |name: &str| {
            let connection = Connection::open(folder.join(name)).unwrap();
            connection
                .execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                     CREATE TABLE rows (id INTEGER PRIMARY KEY, reference BLOB, row BLOB);",
                )
                .unwrap();
            connection
        };
        PutFloor { metadata: open("floor-metadata.db"), shelf: open("floor-shelf.db") }
    }

    /// The two commits of one put.
    pub(crate) fn two_bare_commits(&self) {
        for connection in [&self.shelf, &self.metadata] {
            let mut insert = connection
                .prepare_cached(
                    "INSERT INTO rows (reference, row) VALUES (randomblob(16), randomblob(156))",
                )
                .unwrap();
            insert.execute([]).unwrap();
        }
    }
}
