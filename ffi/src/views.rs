//! What the library tells of: structs that it allocates, whose texts belong to them.
//!
//! C sees the struct that a [`Told`] begins with. Fields are only ever added at its end.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;

use strongroom::Health;

use crate::health::{self, strongroom_health_finding};
use crate::pointers::{Output, c_line, c_string, free};

/// A label of a secret: free UTF-8 text.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct strongroom_label {
    /// Its name.
    pub name: *const c_char,
    /// Its value.
    pub value: *const c_char,
}

/// A struct for C, and the texts that it points to.
#[repr(C)]
pub(crate) struct Told<V> {
    view: V,
    _texts: Texts,
}

// SAFETY: it points to texts that it owns, at nothing of the thread that made it.
unsafe impl<V> Send for Told<V> {}

impl<V> Told<V> {
    /// Makes a struct whose texts are kept beside it.
    pub(crate) fn new(make: impl FnOnce(&mut Texts) -> V) -> Box<Told<V>> {
        let mut texts = Texts::default();
        let view = make(&mut texts);
        Box::new(Told { view, _texts: texts })
    }

    /// The struct as C borrows it.
    pub(crate) fn as_ptr(&self) -> *const V {
        (&raw const *self).cast()
    }

    /// Hands the struct out; [`free_told`] takes it back.
    pub(crate) fn give(self: Box<Told<V>>, output: Output<*mut V>) {
        output.write(Box::into_raw(self).cast());
    }
}

/// Takes a struct back that [`Told::give`] handed out. NULL is fine.
///
/// # Safety
/// `view` is NULL, or was handed out by `give` and is not used any more.
pub(crate) unsafe fn free_told<V>(view: *mut V) {
    // SAFETY: `give` handed out a pointer to the whole.
    unsafe { free(view.cast::<Told<V>>()) };
}

/// Texts at addresses that stay.
#[derive(Default)]
pub(crate) struct Texts {
    /// Each with its zero byte. A `CString` may not be moved while something points to its text.
    strings: Vec<Vec<u8>>,
    labels: Vec<strongroom_label>,
    /// The lists of lines. Their items stay where they are when another list comes.
    lines: Vec<Vec<*const c_char>>,
    /// Likewise the lists of findings, and the pointers to each of theirs.
    findings: Vec<(Vec<strongroom_health_finding>, Vec<*const strongroom_health_finding>)>,
}

impl Texts {
    pub(crate) fn add(&mut self, text: &str) -> *const c_char {
        self.keep(c_string(text))
    }

    /// A text of one line: see [`c_line`].
    pub(crate) fn add_line(&mut self, text: &str) -> *const c_char {
        self.keep(c_line(text))
    }

    fn keep(&mut self, text: CString) -> *const c_char {
        self.strings.push(text.into_bytes_with_nul());
        self.strings.last().map_or(ptr::null(), |text| text.as_ptr().cast())
    }

    pub(crate) fn add_option(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(ptr::null(), |text| self.add(text))
    }

    /// The labels of one secret: their first and their number.
    pub(crate) fn add_labels(
        &mut self,
        labels: &BTreeMap<String, String>,
    ) -> (*const strongroom_label, usize) {
        for (name, value) in labels {
            let (name, value) = (self.add(name), self.add(value));
            self.labels.push(strongroom_label { name, value });
        }
        (self.labels.as_ptr(), self.labels.len())
    }

    /// A list of lines: its first and their number.
    pub(crate) fn add_lines<'a>(
        &mut self,
        lines: impl IntoIterator<Item = &'a str>,
    ) -> (*const *const c_char, usize) {
        let lines: Vec<_> = lines.into_iter().map(|line| self.add_line(line)).collect();
        let (first, len) = (lines.as_ptr(), lines.len());
        self.lines.push(lines);
        (first, len)
    }

    /// A list of findings: the first pointer to one, and their number.
    pub(crate) fn add_findings(
        &mut self,
        findings: Vec<Health>,
    ) -> (*const *const strongroom_health_finding, usize) {
        let findings: Vec<_> = findings.into_iter().map(|f| health::view(self, f)).collect();
        let pointers: Vec<_> = findings.iter().map(ptr::from_ref).collect();
        let (first, len) = (pointers.as_ptr(), pointers.len());
        self.findings.push((findings, pointers));
        (first, len)
    }
}
