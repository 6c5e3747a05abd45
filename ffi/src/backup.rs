//! Backing a store up, and restoring it.

use std::ffi::{c_char, c_void};
use std::path::Path;

use strongroom::{RestoreKeys, RestoreReport, Result, SecretBytes, Store};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, borrow, bytes, invalid, text};
use crate::progress::{strongroom_progress, told_to};
use crate::status::strongroom_status;
use crate::store::{optional_path, strongroom_store};
use crate::structs::{Growing, Report, read, read_required};
use crate::views::{Told, free_told};

/// The longest passphrase of a backup, in bytes.
const PASSPHRASE_LIMIT: usize = strongroom::PAYLOAD_LIMIT;

/// How a backup is made. Begin with STRONGROOM_BACKUP_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_backup_options {
    /// The size of this struct: sizeof(strongroom_backup_options).
    pub struct_size: usize,
    /// The passphrase under which the root keys go into the backup (Argon2id); NULL for a backup
    /// without keys, which is worth nothing without the keyring, or the token.
    pub passphrase: *const u8,
    /// Its length in bytes.
    pub passphrase_len: usize,
    /// Called now and then, or NULL.
    pub progress: strongroom_progress,
    /// Passed to `progress`.
    pub context: *mut c_void,
}

// SAFETY: repr(C) without padding; zero is no function, numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_backup_options {}

/// What a backup has done. Begin with STRONGROOM_BACKUP_REPORT_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_backup_report {
    /// The size of this struct: sizeof(strongroom_backup_report).
    pub struct_size: usize,
    /// The length of the file in bytes.
    pub bytes: u64,
    /// How many versions it holds.
    pub versions: u64,
    /// 1 when it holds the keys, under the passphrase.
    pub holds_keys: u32,
    /// Of so many key backends it holds no keys although there is a passphrase: a token gives none out.
    /// What they wrap opens with the token alone.
    pub keys_left_out: u32,
}

// SAFETY: repr(C) without padding; numbers have no invalid value.
unsafe impl Growing for strongroom_backup_report {}

/// What a backup file says of itself. Begin with STRONGROOM_BACKUP_FILE_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_backup_file {
    /// The size of this struct: sizeof(strongroom_backup_file).
    pub struct_size: usize,
    /// When it was made, in microseconds since the start of 1970, UTC.
    pub made_at: i64,
    /// 1 when it holds the keys, under a passphrase.
    pub holds_keys: u32,
    /// 0.
    pub reserved: u32,
    /// The id of the store that it is a copy of.
    pub store_id: [u8; 16],
}

// SAFETY: repr(C) without padding; numbers have no invalid value.
unsafe impl Growing for strongroom_backup_file {}

/// Where a restored store's root keys come from: one of the three. Begin with
/// STRONGROOM_RESTORE_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_restore_options {
    /// The size of this struct: sizeof(strongroom_restore_options).
    pub struct_size: usize,
    /// From the backup, under this passphrase; or NULL.
    pub passphrase: *const u8,
    /// Its length in bytes.
    pub passphrase_len: usize,
    /// From a copy of the keyring that was kept elsewhere, by its path; or NULL. For a store with one
    /// key backend.
    pub keyring: *const c_char,
    /// Called now and then, or NULL.
    pub progress: strongroom_progress,
    /// Passed to `progress`.
    pub context: *mut c_void,
    /// From the key backends that this config names, by its path, under the same names: copies of the
    /// keyrings, and the tokens; or NULL. No token is reached because a backup says so.
    pub keys_from: *const c_char,
}

// SAFETY: repr(C) without padding; zero is no function, numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_restore_options {}

/// What a restore has done. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_restore_report {
    /// The config of the restored store.
    pub config: *const c_char,
    /// How many secrets it has.
    pub secrets: u64,
    /// How many versions, each of which was opened, or is named below.
    pub versions: u64,
    /// What was damaged in the store already when the backup was made, a line each.
    pub damaged: *const *const c_char,
    /// How many lines.
    pub damaged_len: usize,
}

fn view(report: RestoreReport) -> Box<Told<strongroom_restore_report>> {
    Told::new(|texts| {
        let (damaged, damaged_len) =
            texts.add_lines(report.damaged.iter().map(|f| f.what.as_str()));
        strongroom_restore_report {
            config: texts.add(&report.config.to_string_lossy()),
            secrets: report.secrets,
            versions: report.versions,
            damaged,
            damaged_len,
        }
    })
}

/// # Safety
/// `data` is NULL, or `len` bytes.
unsafe fn passphrase(data: *const u8, len: usize) -> Result<Option<SecretBytes>> {
    if data.is_null() && len == 0 {
        return Ok(None);
    }
    // SAFETY: as the caller promises.
    let bytes = unsafe { bytes("passphrase", data, len, PASSPHRASE_LIMIT) }?;
    if bytes.is_empty() {
        return Err(invalid("the passphrase is empty", "give one, or NULL for none"));
    }
    SecretBytes::copy_of(bytes).map(Some)
}

/// Writes a consistent copy of a store to a new file, while others use the store. Erases of others are
/// held meanwhile and report PENDING.
///
/// - inputs: `store`; `file`, the path of a file that is not there; `options`, or NULL for a backup
///   without keys.
/// - outputs: `report`, or NULL.
/// - ownership: the passphrase stays the caller's to wipe.
/// - threads: any thread.
/// - errors: ALREADY_EXISTS when the file is there; UNSUPPORTED for a passphrase when every root key is in
///   a token; STORAGE_FULL; DENIED; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_backup(
    store: *mut strongroom_store,
    file: *const c_char,
    options: *const strongroom_backup_options,
    report: *mut strongroom_backup_report,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let report = Report::new("report", report)?;
        let file = Path::new(text("file", file)?);
        let given = read("options", options)?;
        let passphrase = passphrase(given.passphrase, given.passphrase_len)?;
        let mut progress = told_to(given.progress, given.context);
        let store = borrow("store", store)?.store();
        let done = store.backup(file, passphrase.as_ref(), &mut progress)?;
        report.write(strongroom_backup_report {
            struct_size: 0,
            bytes: done.bytes,
            versions: done.versions,
            holds_keys: done.holds_keys.into(),
            keys_left_out: u32::try_from(done.keys_left_out.len()).unwrap_or(u32::MAX),
        });
        Ok(())
    })
}

/// Reads what a backup file says of itself: to know whether a passphrase will be needed. Nothing of it
/// is authenticated before strongroom_restore().
///
/// - inputs: `file`, its path.
/// - outputs: `info`.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; CORRUPT when it is no backup; UNSUPPORTED when it is a newer one.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_backup_info(
    file: *const c_char,
    info: *mut strongroom_backup_file,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Report::required("info", info)?;
        let found = strongroom::backup_info(Path::new(text("file", file)?))?;
        info.write(strongroom_backup_file {
            struct_size: 0,
            made_at: found.made_at.micros(),
            holds_keys: found.holds_keys.into(),
            reserved: 0,
            store_id: *found.store.as_bytes(),
        });
        Ok(())
    })
}

/// Restores a backup into a new folder, and opens every payload as a proof. The store there is opened
/// with strongroom_store_open() and the config that the report names.
///
/// - inputs: `file`, the backup; `folder`, which is not there or empty; `options`, the keys.
/// - outputs: `report`. What was damaged before the backup was made is in it, and is no error.
/// - ownership: the caller frees the report with strongroom_restore_report_free().
/// - threads: any thread.
/// - errors: ALREADY_EXISTS when the folder is not empty; DENIED when the passphrase is not the backup's;
///   CORRUPT when the file was altered, or the keys are not its store's: then nothing is left behind;
///   INVALID_ARGUMENT; STORAGE_FULL.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_restore(
    file: *const c_char,
    folder: *const c_char,
    options: *const strongroom_restore_options,
    report: *mut *mut strongroom_restore_report,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let report = Output::new("report", report)?;
        let (file, folder) = (text("file", file)?, text("folder", folder)?);
        let given = read_required("options", options)?;
        let passphrase = passphrase(given.passphrase, given.passphrase_len)?;
        let keyring = optional_path("keyring", given.keyring)?;
        let keys = match (&passphrase, keyring, optional_path("keys_from", given.keys_from)?) {
            (Some(passphrase), None, None) => RestoreKeys::Passphrase(passphrase),
            (None, Some(keyring), None) => RestoreKeys::Keyring(keyring),
            (None, None, Some(config)) => RestoreKeys::Config(config),
            _ => {
                return Err(invalid(
                    "a restore needs the keys from one place",
                    "give the passphrase of the backup, a keyring, or a config with key backends",
                ));
            }
        };
        let mut progress = told_to(given.progress, given.context);
        let done = Store::restore(Path::new(file), Path::new(folder), keys, &mut progress)?;
        view(done).give(report);
        Ok(())
    })
}

/// Frees a report.
///
/// - inputs: `report`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the report; its texts go with it.
/// - threads: any thread, when no other uses it.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_restore_report_free(report: *mut strongroom_restore_report) {
    guarded!({ free_told(report) })
}
