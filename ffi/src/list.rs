//! What is known of secrets and their versions, but for the payloads.

use std::ffi::c_char;

use strongroom::{ListOptions, Result, SecretInfo, VersionInfo};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::iterate::Items;
use crate::pointers::{Output, borrow_mut, free, optional_text, text};
use crate::status::strongroom_status;
use crate::store::{session, strongroom_store};
use crate::structs::{Growing, read};
use crate::timestamp::micros;
use crate::views::{Told, free_told, strongroom_label};

/// Which names a list has. Begin with STRONGROOM_LIST_OPTIONS_INIT; zero means every name.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_list_options {
    /// The size of this struct: sizeof(strongroom_list_options).
    pub struct_size: usize,
    /// Only names that begin with this; NULL for all.
    pub prefix: *const c_char,
    /// Only names after this one; NULL for all.
    pub after: *const c_char,
    /// How many are read from the database at once, from 1 to 10000; 0 for 1000. Every name is listed,
    /// whatever this is.
    pub page: usize,
}

// SAFETY: repr(C) without padding; numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_list_options {}

/// # Safety
/// `options` is NULL, or as the header asks.
pub(crate) unsafe fn list_options(options: *const strongroom_list_options) -> Result<ListOptions> {
    // SAFETY: as the caller promises.
    unsafe {
        let given = read("options", options)?;
        let mut options = ListOptions::default();
        if given.page != 0 {
            options.limit = given.page;
        }
        options.prefix = optional_text("prefix", given.prefix)?.unwrap_or_default().to_owned();
        options.after = optional_text("after", given.after)?.map(str::to_owned);
        Ok(options)
    }
}

/// A secret. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_secret_info {
    /// The name of its project.
    pub project: *const c_char,
    /// Its name in the project.
    pub name: *const c_char,
    /// The media type that it was given, or NULL.
    pub content_type: *const c_char,
    /// Its labels, in the order of their names.
    pub labels: *const strongroom_label,
    /// How many labels.
    pub labels_len: usize,
    /// What it is: one of STRONGROOM_TYPE_...
    pub secret_type: u32,
    /// The number of the current version, the newest active one; 0 when there is none.
    pub current: u32,
    /// The number of the newest version.
    pub newest: u32,
    /// 0.
    pub reserved: u32,
    /// When it was made, in microseconds since the start of 1970, UTC.
    pub created_at: i64,
    /// When it, or one of its versions, was changed last.
    pub updated_at: i64,
    /// Its id; a name that is used again after an erase gets a new one.
    pub id: [u8; 16],
}

/// A version of a secret. Made by the library only; fields may be added at its end. Times are
/// microseconds since the start of 1970, UTC; 0 for what has not happened or was not set.
#[repr(C)]
pub struct strongroom_version_info {
    /// Its number, from 1.
    pub number: u32,
    /// Its state now, its dates applied: one of STRONGROOM_STATE_...
    pub state: u32,
    /// 1 when it is deactivated by its expiry date alone.
    pub expired: u32,
    /// 1 when it was destroyed and its bytes are not gone yet.
    pub pending_destroy: u32,
    /// The payload's length in bytes.
    pub size: u32,
    /// The generation of the project key that protects the payload.
    pub generation: u32,
    /// When it was put.
    pub created_at: i64,
    /// When it becomes, or became, active, if it was not at once.
    pub activates_at: i64,
    /// When it expires, or has.
    pub expires_at: i64,
    /// When it was deactivated.
    pub deactivated_at: i64,
    /// When it was marked as compromised.
    pub compromised_at: i64,
    /// When it was destroyed.
    pub destroyed_at: i64,
}

/// A list of secrets, for strongroom_secret_list_next().
pub struct strongroom_secret_list(Items<SecretInfo, strongroom_secret_info>);

/// A list of versions, for strongroom_version_list_next().
pub struct strongroom_version_list(Items<VersionInfo, strongroom_version_info>);

fn secret_view(info: SecretInfo) -> Box<Told<strongroom_secret_info>> {
    Told::new(|texts| {
        let (labels, labels_len) = texts.add_labels(&info.labels);
        strongroom_secret_info {
            project: texts.add(&info.project),
            name: texts.add(&info.name),
            content_type: texts.add_option(info.content_type.as_deref()),
            labels,
            labels_len,
            secret_type: info.secret_type.number().into(),
            current: info.current.unwrap_or(0),
            newest: info.newest,
            reserved: 0,
            created_at: info.created_at.micros(),
            updated_at: info.updated_at.micros(),
            id: *info.id.as_bytes(),
        }
    })
}

fn version_view(info: VersionInfo) -> Box<Told<strongroom_version_info>> {
    Told::new(|_| strongroom_version_info {
        number: info.number,
        state: info.state.number().into(),
        expired: info.expired.into(),
        pending_destroy: info.pending_destroy.into(),
        size: info.size,
        generation: info.generation,
        created_at: info.created_at.micros(),
        activates_at: micros(info.activates_at),
        expires_at: micros(info.expires_at),
        deactivated_at: micros(info.deactivated_at),
        compromised_at: micros(info.compromised_at),
        destroyed_at: micros(info.destroyed_at),
    })
}

/// Lists the secrets of a project, in the order of the bytes of their names.
///
/// What is put or erased while the list is read may or may not be in it.
///
/// - inputs: `store`; `project`; `options`, or NULL for every name.
/// - outputs: `list`, for strongroom_secret_list_next().
/// - ownership: the caller frees the list with strongroom_secret_list_free().
/// - threads: any thread.
/// - errors: NOT_FOUND when there is no such project; INVALID_ARGUMENT; CORRUPT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_list(
    store: *const strongroom_store,
    project: *const c_char,
    options: *const strongroom_list_options,
    list: *mut *mut strongroom_secret_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let project = text("project", project)?.to_owned();
        let options = list_options(options)?;
        let session = session(store)?.clone();
        let fetch = Box::new(move |options: &ListOptions| session.list(&project, options));
        list.give(strongroom_secret_list(Items::paged(fetch, options, secret_view)?));
        Ok(())
    })
}

/// Gives the next secret of a list.
///
/// - inputs: `list`.
/// - outputs: `info`; as it was when there is nothing more.
/// - ownership: the list owns what `info` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; as strongroom_list(): a call that failed
///   may be tried again.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_list_next(
    list: *mut strongroom_secret_list,
    info: *mut *const strongroom_secret_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Output::new("info", info)?;
        borrow_mut("list", list)?.0.next(info)
    })
}

/// Frees a list.
///
/// - inputs: `list`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the list; its last item goes with it.
/// - threads: any thread, when no other uses the list.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_list_free(list: *mut strongroom_secret_list) {
    guarded!({ free(list) })
}

/// Tells what is known of a secret, but for its payloads.
///
/// - inputs: `store`; `path`, PROJECT/NAME.
/// - outputs: `info`.
/// - ownership: the caller frees it with strongroom_secret_info_free().
/// - threads: any thread.
/// - errors: NOT_FOUND; CORRUPT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_describe(
    store: *const strongroom_store,
    path: *const c_char,
    info: *mut *mut strongroom_secret_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Output::new("info", info)?;
        let path = text("path", path)?.parse()?;
        secret_view(session(store)?.describe(&path)?).give(info);
        Ok(())
    })
}

/// Frees what strongroom_describe() gave.
///
/// - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
/// - outputs: none.
/// - ownership: takes it; its texts go with it.
/// - threads: any thread, when no other uses it.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_secret_info_free(info: *mut strongroom_secret_info) {
    guarded!({ free_told(info) })
}

/// Lists every version of a secret, the newest first.
///
/// - inputs: `store`; `path`, PROJECT/NAME.
/// - outputs: `list`, for strongroom_version_list_next().
/// - ownership: the caller frees the list with strongroom_version_list_free().
/// - threads: any thread.
/// - errors: NOT_FOUND; CORRUPT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_versions(
    store: *const strongroom_store,
    path: *const c_char,
    list: *mut *mut strongroom_version_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let path = text("path", path)?.parse()?;
        let versions = session(store)?.versions(&path)?;
        list.give(strongroom_version_list(Items::all(versions, version_view)));
        Ok(())
    })
}

/// Gives the next version of a list.
///
/// - inputs: `list`.
/// - outputs: `info`; as it was when there is nothing more.
/// - ownership: the list owns what `info` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; INVALID_ARGUMENT.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_version_list_next(
    list: *mut strongroom_version_list,
    info: *mut *const strongroom_version_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Output::new("info", info)?;
        borrow_mut("list", list)?.0.next(info)
    })
}

/// Frees a list.
///
/// - inputs: `list`, or NULL, which does nothing.
/// - outputs: none.
/// - ownership: takes the list; its last item goes with it.
/// - threads: any thread, when no other uses the list.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_version_list_free(list: *mut strongroom_version_list) {
    guarded!({ free(list) })
}
