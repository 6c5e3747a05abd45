//! The floors: bare calls into the module, bare statements, one bare hand-over between threads.

use std::path::Path;
use std::sync::mpsc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use rusqlite::{Connection, OpenFlags, Statement, params};
use strongroom_pkcs11::harness::TestToken;

use crate::stage::{Stage, path};

/// What a device decrypts for one get of 64 bytes: 32 zero bytes and the payload.
const PLAINTEXT: usize = 96;

/// A session that is held, with an AES-256 key and something that it encrypted.
pub(crate) struct BareSession {
    session: Session,
    key: ObjectHandle,
    iv: [u8; 12],
    ciphertext: Vec<u8>,
}

impl BareSession {
    /// In a module that the library has initialised and logged in to already.
    pub(crate) fn open(stage: &Stage) -> BareSession {
        let pkcs11 = Pkcs11::new(stage.module()).unwrap();
        let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let label = stage.token.settings().token.label.unwrap();
        let slots = pkcs11.get_slots_with_initialized_token().unwrap();
        let is_it = |slot: &cryptoki::slot::Slot| {
            pkcs11.get_token_info(*slot).is_ok_and(|info| info.label() == label)
        };
        let slot = slots.into_iter().find(is_it).unwrap();
        let session = pkcs11.open_rw_session(slot).unwrap();
        let pin = cryptoki::types::AuthPin::new(stage.token.pin().into());
        let _ = session.login(UserType::User, Some(&pin));
        let template = [
            Attribute::Token(false),
            Attribute::Sensitive(true),
            Attribute::ValueLen(32.into()),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        let key = session.generate_key(&Mechanism::AesKeyGen, &template).unwrap();
        let mut bare = BareSession { session, key, iv: [7; 12], ciphertext: Vec::new() };
        bare.ciphertext = bare.encrypt(&[9; PLAINTEXT]);
        bare
    }

    fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut iv = self.iv;
        let parameters = GcmParams::new(&mut iv, b"associated", 128.into()).unwrap();
        self.session.encrypt(&Mechanism::AesGcm(parameters), self.key, plaintext).unwrap()
    }

    /// One bare decryption.
    pub(crate) fn bare_decrypt(&self) -> usize {
        let mut iv = self.iv;
        let parameters = GcmParams::new(&mut iv, b"associated", 128.into()).unwrap();
        let mechanism = Mechanism::AesGcm(parameters);
        self.session.decrypt(&mechanism, self.key, &self.ciphertext).unwrap().len()
    }
}

/// The store's own files, opened bare, with as much cache as the store gives itself.
pub(crate) struct Databases {
    metadata: Connection,
    shelf: Connection,
}

/// The two statements of a get, prepared and held.
pub(crate) struct BareSelects<'a> {
    metadata: Statement<'a>,
    shelf: Statement<'a>,
    references: Vec<Vec<u8>>,
}

impl Databases {
    pub(crate) fn open(folder: &Path) -> Databases {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |name| {
            let connection = Connection::open_with_flags(folder.join(name), flags).unwrap();
            connection.execute_batch("PRAGMA cache_size = -16384").unwrap();
            connection
        };
        Databases { metadata: open("metadata.db"), shelf: open("payloads.db") }
    }

    pub(crate) fn selects(&self) -> BareSelects<'_> {
        let metadata = "SELECT p.*, s.*, v.* FROM projects p
             JOIN secrets s ON s.project_id = p.project_id AND s.name = ?2
             JOIN versions v ON v.secret_id = s.secret_id
             WHERE p.name = ?1 AND p.state = 1 ORDER BY v.number DESC LIMIT 1";
        let mut all = self.shelf.prepare("SELECT reference FROM payloads").unwrap();
        BareSelects {
            metadata: self.metadata.prepare(metadata).unwrap(),
            shelf: self
                .shelf
                .prepare("SELECT envelope FROM payloads WHERE reference = ?1")
                .unwrap(),
            references: all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect(),
        }
    }
}

impl BareSelects<'_> {
    /// The rows and the envelope of one get.
    pub(crate) fn bare_selects(&mut self, n: usize) -> usize {
        let path = path(n);
        let columns: usize = self
            .metadata
            .query_row(params![path.project(), path.name()], |row| Ok(row.as_ref().column_count()))
            .unwrap();
        let reference = &self.references[n % self.references.len()];
        let envelope: Vec<u8> = self.shelf.query_row(params![reference], |row| row.get(0)).unwrap();
        columns + envelope.len()
    }
}

/// Another thread, and the way there and back.
pub(crate) struct HandOver {
    there: mpsc::SyncSender<()>,
    back: mpsc::Receiver<()>,
}

impl HandOver {
    pub(crate) fn new() -> HandOver {
        let (there, arrives) = mpsc::sync_channel(1);
        let (returns, back) = mpsc::sync_channel(1);
        std::thread::spawn(move || while arrives.recv().is_ok() && returns.send(()).is_ok() {});
        HandOver { there, back }
    }

    /// To the other thread and back.
    pub(crate) fn bare_hand_over(&self) {
        self.there.send(()).unwrap();
        self.back.recv().unwrap();
    }
}
