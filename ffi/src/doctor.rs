//! Doctor: reads everything, finishes what was begun, removes what belongs to nobody.

use std::ffi::{c_char, c_void};

use strongroom::{DoctorOptions, DoctorReport};

use crate::error::strongroom_error;
use crate::guard::guarded;
use crate::pointers::{Output, borrow, flag};
use crate::progress::{strongroom_progress, told_to};
use crate::status::strongroom_status;
use crate::store::strongroom_store;
use crate::structs::{Growing, read};
use crate::views::{Told, free_told};

/// What doctor does beyond looking. Begin with STRONGROOM_DOCTOR_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_doctor_options {
    /// The size of this struct: sizeof(strongroom_doctor_options).
    pub struct_size: usize,
    /// 1 finishes pending erasures and removes strays.
    pub repair: u32,
    /// 1 makes this copy of the store the one that may remove payloads, before all else. For a store
    /// whose files were copied or restored by hand; no other copy removes anything afterwards.
    pub adopt: u32,
    /// Called now and then, or NULL.
    pub progress: strongroom_progress,
    /// Passed to `progress`.
    pub context: *mut c_void,
}

// SAFETY: repr(C) without padding; zero is no function, numbers and pointers have no invalid value.
unsafe impl Growing for strongroom_doctor_options {}

/// What doctor found and did. Made by the library only; fields may be added at its end.
#[repr(C)]
pub struct strongroom_doctor_report {
    /// 1 when this is a copy of a store, which removes nothing until it is adopted.
    pub copy: u32,
    /// 1 when this copy was made the store now.
    pub adopted: u32,
    /// Secrets that were read.
    pub secrets: u64,
    /// Versions whose payload was opened.
    pub versions: u64,
    /// What is damaged, a line each. Doctor never removes it.
    pub damaged: *const *const c_char,
    /// How many lines.
    pub damaged_len: usize,
    /// Payloads that belong to no version.
    pub strays: u64,
    /// Strays that were removed.
    pub strays_removed: u64,
    /// Strays that are too new to be judged: nothing was written since.
    pub strays_left: u64,
    /// Erasures that are still pending.
    pub pending_erasures: u64,
    /// Erasures that were finished.
    pub erasures_finished: u64,
    /// Why repair left things alone; NULL when it did not.
    pub refused: *const c_char,
}

fn view(report: DoctorReport) -> Box<Told<strongroom_doctor_report>> {
    Told::new(|texts| {
        let (damaged, damaged_len) =
            texts.add_lines(report.damaged.iter().map(|f| f.what.as_str()));
        strongroom_doctor_report {
            copy: report.copy.into(),
            adopted: report.adopted.into(),
            secrets: report.secrets,
            versions: report.versions,
            damaged,
            damaged_len,
            strays: report.strays,
            strays_removed: report.strays_removed,
            strays_left: report.strays_left,
            pending_erasures: report.pending_erasures,
            erasures_finished: report.erasures_finished,
            refused: report.refused.map_or(std::ptr::null(), |why| texts.add_line(&why)),
        }
    })
}

/// Reads every row and every payload, and reports what is damaged, stray or pending. Damaged things are
/// never removed. Safe while others use the store; takes about 20 microseconds for each version.
///
/// - inputs: `store`; `options`, or NULL to look only.
/// - outputs: `report`. Damage is in it, and is no error of this call.
/// - ownership: the caller frees it with strongroom_doctor_report_free().
/// - threads: any thread.
/// - errors: UNSUPPORTED for a repair on a read-only medium; UNAVAILABLE; FORKED; INVALID_ARGUMENT.
/// - since: 0.1
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_doctor(
    store: *mut strongroom_store,
    options: *const strongroom_doctor_options,
    report: *mut *mut strongroom_doctor_report,
    error: *mut *mut strongroom_error,
) -> strongroom_status {
    guarded!(error, {
        let report = Output::new("report", report)?;
        let given = read("options", options)?;
        let options = DoctorOptions {
            repair: flag("repair", given.repair)?,
            adopt: flag("adopt", given.adopt)?,
        };
        let mut progress = told_to(given.progress, given.context);
        view(borrow("store", store)?.store().doctor(&options, &mut progress)?).give(report);
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
pub unsafe extern "C" fn strongroom_doctor_report_free(report: *mut strongroom_doctor_report) {
    guarded!({ free_told(report) })
}
