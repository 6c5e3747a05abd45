//! Calls of the C entry points, with arguments that no careful program would give: a status that is not
//! OK comes with its error, nothing is a fault of ours, and what was put is what comes back.

#![no_main]

use std::ffi::{CStr, CString, c_char};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

use libfuzzer_sys::fuzz_target;
use strongroom_c::backup::{strongroom_backup_file, strongroom_backup_info};
use strongroom_c::change::*;
use strongroom_c::error::*;
use strongroom_c::get::*;
use strongroom_c::list::*;
use strongroom_c::projects::*;
use strongroom_c::put::*;
use strongroom_c::secret::*;
use strongroom_c::status::*;
use strongroom_c::store::*;
use strongroom_c::timestamp::*;
use strongroom_c::views::strongroom_label;
use strongroom_c::words::*;

fuzz_target!(init: strongroom_fuzz::start(), |input: &[u8]| {
    let mut input = Input(input);
    for _ in 0..8 {
        let Some(call) = input.byte() else { return };
        // SAFETY: every pointer given is NULL or of this program, and stays until the call returns.
        unsafe { make(call, &mut input) };
    }
});

/// One store for the whole run: its state is part of what is fuzzed.
fn store() -> *mut strongroom_store {
    static STORE: AtomicPtr<strongroom_store> = AtomicPtr::new(null_mut());
    let open = STORE.load(Ordering::Relaxed);
    if !open.is_null() {
        return open;
    }
    let folder = CString::new(strongroom_fuzz::folder().join("c-abi").to_str().unwrap()).unwrap();
    let mut made = null_mut();
    // SAFETY: the folder is a string, the others are places of this function.
    assert_eq!(unsafe { strongroom_store_create(folder.as_ptr(), &mut made, null_mut()) }, 0);
    STORE.store(made, Ordering::Relaxed);
    made
}

unsafe fn make(call: u8, input: &mut Input) {
    let path = input.text();
    let path = path.as_ref().map_or(null(), |path| path.as_ptr());
    let (store, number) = (store(), input.number());
    // SAFETY: the store is open and never freed; `path` is null or a string that outlives the call; what the
    // functions give out has a place in the callee.
    unsafe {
        match call % 16 {
            0 | 1 => put(store, path, input),
            2 => get(store, path, number),
            3 => list(store, path, input),
            4 => drop(checked(|e| strongroom_erase(store, path, e))),
            5 => drop(checked(|e| strongroom_destroy(store, path, number % 8, e))),
            6 => {
                let _ =
                    checked(|e| strongroom_set_state(store, path, number % 8, input.number(), e));
            }
            7 => change_labels(store, path, input),
            8 => drop(checked(|e| strongroom_create_project(store, path, null(), null_mut(), e))),
            9 => drop(checked(|e| strongroom_erase_project(store, path, e))),
            10 => words(path, number),
            11 => open_toml(path, input),
            12 => {
                let mut info = strongroom_backup_file {
                    struct_size: number as usize,
                    made_at: 0,
                    holds_keys: 0,
                    reserved: 0,
                    store_id: [0; 16],
                };
                // A size is believed: the caller's struct must be as long as it says.
                info.struct_size = info.struct_size.min(size_of::<strongroom_backup_file>());
                checked(|e| strongroom_backup_info(path, &mut info, e));
            }
            13 => describe(store, path),
            14 => set_dates(store, path, input),
            _ => drop(checked(|e| {
                strongroom_generate_with(
                    store,
                    path,
                    number % 3,
                    input.number() as usize,
                    null(),
                    null_mut(),
                    e,
                )
            })),
        }
    }
}

/// Makes a call, and checks what holds for every one.
fn checked(
    call: impl FnOnce(*mut *mut strongroom_error) -> strongroom_status,
) -> strongroom_status {
    // Never read: a call overwrites it.
    let mut error = std::ptr::dangling_mut();
    let status = call(&mut error);
    assert_ne!(status, STRONGROOM_INTERNAL);
    assert_eq!(error.is_null(), status == STRONGROOM_OK || status == STRONGROOM_DONE);
    if !error.is_null() {
        // SAFETY: the error is of this call, and is freed once.
        unsafe {
            assert_eq!(strongroom_error_status(error), status);
            let message = CStr::from_ptr(strongroom_error_message(error)).to_str().unwrap();
            assert!(message.len() > 10, "{message}");
            strongroom_error_free(error);
        }
    }
    status
}

unsafe fn put(store: *mut strongroom_store, path: *const c_char, input: &mut Input) {
    let payload = input.bytes();
    let content_type = input.text();
    let (name, value) = (input.text(), input.text());
    let text = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
    let label = strongroom_label { name: text(&name), value: text(&value) };
    let options = strongroom_put_options {
        struct_size: size_of::<strongroom_put_options>(),
        secret_type: input.number() % 8,
        expect: input.number() % 4,
        expected_version: input.number() % 4,
        reserved: 0,
        content_type: text(&content_type),
        labels: &label,
        labels_len: (input.number() % 2) as usize,
        activates_at: 0,
        expires_at: input.number().into(),
    };
    // SAFETY: as for `make`.
    unsafe {
        let put = checked(|e| {
            let (data, len) = (payload.as_ptr(), payload.len());
            strongroom_put_with(store, path, data, len, &options, null_mut(), e)
        });
        // One that expired at once is not got without its number.
        if put == STRONGROOM_OK && options.expires_at == 0 {
            let mut secret = null_mut();
            assert_eq!(checked(|e| strongroom_get(store, path, &mut secret, e)), STRONGROOM_OK);
            assert_eq!(strongroom_secret_equals(secret, payload.as_ptr(), payload.len()), 1);
            strongroom_secret_free(secret);
        }
    }
}

unsafe fn get(store: *mut strongroom_store, path: *const c_char, number: u32) {
    let options = strongroom_get_options {
        struct_size: size_of::<strongroom_get_options>(),
        version: number % 4,
        allow_inactive: number / 4 % 3,
    };
    let (mut buffer, mut len) = ([0xA5_u8; 300], usize::MAX);
    let capacity = number as usize % 257;
    // SAFETY: as for `make`.
    let status = unsafe {
        checked(|e| {
            strongroom_get_into(store, path, &options, buffer.as_mut_ptr(), capacity, &mut len, e)
        })
    };
    match status {
        STRONGROOM_OK => assert!(len <= capacity),
        STRONGROOM_BUFFER_TOO_SMALL => assert!(len > capacity),
        _ => assert_eq!(len, usize::MAX),
    }
    assert!(buffer[capacity..].iter().all(|byte| *byte == 0xA5));
}

unsafe fn list(store: *mut strongroom_store, project: *const c_char, input: &mut Input) {
    let (prefix, after) = (input.text(), input.text());
    let text = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
    let options = strongroom_list_options {
        struct_size: size_of::<strongroom_list_options>(),
        prefix: text(&prefix),
        after: text(&after),
        page: input.number() as usize % 4,
    };
    let mut list = null_mut();
    // SAFETY: as for `make`; an item is borrowed until the next call.
    unsafe {
        if checked(|e| strongroom_list(store, project, &options, &mut list, e)) != STRONGROOM_OK {
            return;
        }
        let (mut info, mut last) = (null(), Vec::new());
        while checked(|e| strongroom_secret_list_next(list, &mut info, e)) == STRONGROOM_OK {
            let name = CStr::from_ptr((*info).name).to_bytes().to_vec();
            assert!(name > last, "names come in the order of their bytes");
            last = name;
        }
        strongroom_secret_list_free(list);
    }
}

unsafe fn change_labels(store: *mut strongroom_store, path: *const c_char, input: &mut Input) {
    let (name, value) = (input.text(), input.text());
    let text = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
    let (set, remove) = (strongroom_label { name: text(&name), value: text(&value) }, text(&name));
    let changes = strongroom_label_changes {
        struct_size: size_of::<strongroom_label_changes>(),
        set: &set,
        set_len: (input.number() % 2) as usize,
        remove: &remove,
        remove_len: (input.number() % 2) as usize,
    };
    // SAFETY: as for `make`.
    unsafe { checked(|e| strongroom_set_labels(store, path, &changes, e)) };
}

unsafe fn set_dates(store: *mut strongroom_store, path: *const c_char, input: &mut Input) {
    let version = input.number() % 4;
    let date = |number: u32| (i64::from(number) << 32) | i64::from(number);
    let dates = strongroom_dates {
        struct_size: size_of::<strongroom_dates>(),
        activates_at: date(input.number()),
        expires_at: date(input.number()),
        clear_activates_at: input.number() % 3,
        clear_expires_at: input.number() % 3,
    };
    // SAFETY: as for `make`.
    unsafe { checked(|e| strongroom_set_dates(store, path, version, &dates, e)) };
}

unsafe fn describe(store: *mut strongroom_store, path: *const c_char) {
    let mut info = null_mut();
    // SAFETY: as for `make`; what is given is freed once.
    unsafe {
        if checked(|e| strongroom_describe(store, path, &mut info, e)) == STRONGROOM_OK {
            assert!((*info).newest >= (*info).current);
            strongroom_secret_info_free(info);
        }
    }
}

unsafe fn open_toml(toml: *const c_char, input: &mut Input) {
    let base = input.text();
    let base = base.as_ref().map_or(null(), |base| base.as_ptr());
    let mut opened = null_mut();
    // SAFETY: as for `make`.
    let status = unsafe { checked(|e| strongroom_store_open_toml(toml, base, &mut opened, e)) };
    assert_ne!(status, STRONGROOM_OK, "there is no such store");
}

unsafe fn words(text: *const c_char, number: u32) {
    let (mut micros, mut word) = (0, 0);
    let mut buffer = [0 as c_char; strongroom_c::version::STRONGROOM_TIMESTAMP_BYTES];
    let mut len = 0;
    // SAFETY: as for `make`.
    unsafe {
        if checked(|e| strongroom_timestamp_parse(text, &mut micros, e)) == STRONGROOM_OK {
            let room = buffer.len();
            let format =
                |e| strongroom_timestamp_format(micros, buffer.as_mut_ptr(), room, &mut len, e);
            assert_eq!(checked(format), STRONGROOM_OK);
            let mut again = 0;
            assert_eq!(checked(|e| strongroom_timestamp_parse(buffer.as_ptr(), &mut again, e)), 0);
            assert_eq!(again, micros);
        }
        if checked(|e| strongroom_type_parse(text, &mut word, e)) == STRONGROOM_OK {
            assert_eq!(CStr::from_ptr(strongroom_type_name(word)), CStr::from_ptr(text));
        }
        checked(|e| strongroom_state_parse(text, &mut word, e));
        strongroom_state_may_become(number, word);
    }
}

/// Arguments, taken from the front of the input.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Small numbers mostly, and the largest one.
    fn number(&mut self) -> u32 {
        match self.byte().unwrap_or(0) {
            255 => u32::MAX,
            byte => byte.into(),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = usize::from(self.byte().unwrap_or(0)).min(self.0.len());
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken.to_vec()
    }

    /// A string, NULL for an empty one; one of a few paths for a short one, so that calls meet.
    fn text(&mut self) -> Option<CString> {
        let mut bytes = self.bytes();
        bytes.retain(|byte| *byte != 0);
        match bytes[..] {
            [] => None,
            [one] => CString::new(["a/b", "a/c", "b/x/y", "a", "b"][usize::from(one) % 5]).ok(),
            _ => CString::new(bytes).ok(),
        }
    }
}
