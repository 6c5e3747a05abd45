//! Projects: the tenants of a store.

use std::ffi::c_char;

use strongroom::{ListOptions, ProjectInfo};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::iterate::Items;
use crate::list::{list_options, strongroom_list_options};
use crate::pointers::{Output, borrow_mut, free, optional_text, text};
use crate::status::strongroom_status;
use crate::store::{session, strongroom_store};
use crate::views::{Told, free_told};

/// A project. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_project_info {
    /// Its name.
    pub name: *const c_char,
    /// The backend that keeps its payloads.
    pub backend: *const c_char,
    /// How many secrets it has.
    pub secrets: u64,
    /// When it was made, in microseconds since the start of 1970, UTC.
    pub created_at: i64,
    /// Its state: one of STRONGROOM_PROJECT_...
    pub state: u32,
    /// The generation of its key that protects new payloads.
    pub generation: u32,
    /// Its id.
    pub id: [u8; 16],
}

/// A list of projects, for strongroom_project_list_next().
pub struct strongroom_project_list(Items<ProjectInfo, strongroom_project_info>);

fn view(info: ProjectInfo) -> Box<Told<strongroom_project_info>> {
    Told::new(|texts| strongroom_project_info {
        name: texts.add(&info.name),
        backend: texts.add(&info.backend),
        secrets: info.secrets,
        created_at: info.created_at.micros(),
        state: info.state.number().into(),
        generation: info.generation,
        id: *info.id.as_bytes(),
    })
}

/// Makes a project with a key of its own.
///
/// - inputs: `store`; `name`; `backend`, or NULL for the one that the config gives it.
/// - outputs: `info`, or NULL when it is of no interest.
/// - ownership: the caller frees `info` with strongroom_project_info_free().
/// - threads: any thread.
/// - errors: ALREADY_EXISTS when a live project has the name; INVALID_ARGUMENT; CONFIG when there is no
///   such backend; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_create_project(
    store: *mut strongroom_store,
    name: *const c_char,
    backend: *const c_char,
    info: *mut *mut strongroom_project_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let name = text("name", name)?;
        let backend = optional_text("backend", backend)?;
        let made = session(store)?.create_project(name, backend)?;
        if let Ok(info) = Output::new("info", info) {
            view(made).give(info);
        }
        Ok(())
    })
}

/// Tells what is known of a project.
///
/// - inputs: `store`; `name`.
/// - outputs: `info`.
/// - ownership: the caller frees it with strongroom_project_info_free().
/// - threads: any thread.
/// - errors: NOT_FOUND; CORRUPT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_describe_project(
    store: *const strongroom_store,
    name: *const c_char,
    info: *mut *mut strongroom_project_info,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let info = Output::new("info", info)?;
        view(session(store)?.describe_project(text("name", name)?)?).give(info);
        Ok(())
    })
}

/// Frees what strongroom_describe_project() or strongroom_create_project() gave.
///
/// - inputs: `info`, or NULL, which does nothing. Never one that a list lent.
/// - outputs: none.
/// - ownership: takes it; its texts go with it.
/// - threads: any thread, when no other uses it.
/// - errors: none.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_project_info_free(info: *mut strongroom_project_info) {
    guarded!({ free_told(info) })
}

/// Lists live projects, in the order of the bytes of their names.
///
/// - inputs: `store`; `options`, or NULL for every name.
/// - outputs: `list`, for strongroom_project_list_next().
/// - ownership: the caller frees the list with strongroom_project_list_free().
/// - threads: any thread.
/// - errors: INVALID_ARGUMENT; CORRUPT; FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_projects(
    store: *const strongroom_store,
    options: *const strongroom_list_options,
    list: *mut *mut strongroom_project_list,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let list = Output::new("list", list)?;
        let options = list_options(options)?;
        let session = session(store)?.clone();
        let fetch = Box::new(move |options: &ListOptions| session.projects(options));
        list.give(strongroom_project_list(Items::paged(fetch, options, view)?));
        Ok(())
    })
}

/// Gives the next project of a list.
///
/// - inputs: `list`.
/// - outputs: `info`; as it was when there is nothing more.
/// - ownership: the list owns what `info` points to, until the next call with it or its free.
/// - threads: one thread at a time for one list.
/// - errors: STRONGROOM_DONE, which is none, after the last; as strongroom_projects(): a call that
///   failed may be tried again.
/// - since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_project_list_next(
    list: *mut strongroom_project_list,
    info: *mut *const strongroom_project_info,
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
pub unsafe extern "C" fn strongroom_project_list_free(list: *mut strongroom_project_list) {
    guarded!({ free(list) })
}

/// Erases a project with all its secrets and its keys; its name is free at once.
///
/// - inputs: `store`; `name`.
/// - outputs: none.
/// - ownership: nothing changes hands.
/// - threads: any thread.
/// - errors: NOT_FOUND; PENDING as strongroom_erase(); FORKED.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_erase_project(
    store: *mut strongroom_store,
    name: *const c_char,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, { session(store)?.erase_project(text("name", name)?) })
}
