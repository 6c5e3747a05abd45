//! The C ABI of Strongroom: one file for each noun, all pointer work in `pointers`, `structs`, `views`
//! and `guard`. The header `include/strongroom.h` is made from these files.

// In the order in which the header explains them; each blank line keeps it.
pub mod version;

pub mod status;

pub mod error;

pub mod words;

pub mod timestamp;

pub mod names;

pub mod store;

pub mod secret;

pub mod put;

pub mod get;

pub mod list;

pub mod change;

pub mod projects;

pub mod health;
pub mod keys;

pub mod progress;

pub mod rotate;

pub mod doctor;

pub mod backup;

pub mod views;

mod guard;
mod iterate;
mod pointers;
mod structs;

// What the header says of threads.
const _: () = {
    const fn used_by_many<T: Send + Sync>() {}
    const fn used_in_turn<T: Send>() {}
    used_by_many::<store::strongroom_store>();
    used_by_many::<secret::strongroom_secret>();
    used_by_many::<error::strongroom_error>();
    used_in_turn::<list::strongroom_secret_list>();
    used_in_turn::<list::strongroom_version_list>();
    used_in_turn::<projects::strongroom_project_list>();
    used_in_turn::<health::strongroom_health_list>();
    used_in_turn::<keys::strongroom_root_key_list>();
    used_in_turn::<keys::strongroom_key_check_list>();
};

/// Panics, so that a test sees what becomes of it.
#[cfg(feature = "test-hooks")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn strongroom_test_panic(
    error: *mut *mut error::strongroom_error,
) -> status::strongroom_status {
    guard::guarded!(error, {
        if std::hint::black_box(true) {
            panic!("a secret that must not get out");
        }
        Ok(())
    })
}
