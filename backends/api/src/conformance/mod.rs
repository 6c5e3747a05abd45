//! Whether a backend keeps the promises of its trait: one check for each promise.
//!
//! A backend's own tests call [`backend`] or [`key_backend`] on a backend that is empty and theirs
//! alone, and require a report without failures:
//!
//! ```no_run
//! # fn open() -> Box<dyn strongroom_backend::Backend> { unimplemented!() }
//! let mine = open();
//! strongroom_backend::conformance::backend(&*mine).require();
//! ```
//!
//! A promise that the backend [declares](crate::Capabilities) not to make is skipped, and the report
//! says so. What the suite stores it destroys again; the marker and new root keys stay.

mod binding;
mod device;
mod keys;
mod listing;
mod marker;
mod payloads;
mod report;
mod site;
mod states;
mod threads;

pub use report::{Entry, Report, Verdict};

use std::sync::Arc;

#[cfg(doc)]
use crate::FollowStates;
use crate::{Backend, DeviceCipher, KeyBackend, RootKeyId};
use device::DeviceSubject;
use report::Outcome;
use site::Subject;

macro_rules! checks {
    ($($module:ident::$name:ident,)*) => { &[$((stringify!($name), $module::$name),)*] };
}

type BackendCheck = fn(&Subject<'_>) -> Outcome;
type DeviceCheck = fn(&DeviceSubject<'_>) -> Outcome;
type KeyBackendCheck = fn(&dyn KeyBackend) -> Outcome;

const BACKEND: &[(&str, BackendCheck)] = checks![
    payloads::every_size_comes_back,
    payloads::a_payload_over_the_limit_is_refused,
    payloads::payloads_are_kept_apart,
    payloads::a_payload_is_never_replaced,
    payloads::what_was_never_stored_is_not_found,
    payloads::a_locator_is_short,
    payloads::a_destroyed_payload_is_not_found,
    payloads::destroying_leaves_other_payloads_alone,
    payloads::destroying_again_is_safe,
    binding::a_payload_opens_at_its_own_place_only,
    binding::a_payload_opens_under_its_own_key_only,
    listing::a_list_has_every_reference_once_in_order,
    listing::a_list_comes_in_pages,
    listing::a_list_leaves_out_what_was_destroyed,
    marker::a_marker_is_read_back,
    marker::a_marker_changes_only_from_what_is_expected,
    marker::one_of_many_threads_changes_the_marker,
    threads::many_threads_keep_their_own_payloads,
    threads::one_of_many_threads_takes_a_reference,
    payloads::health_finds_nothing_wrong,
];

const STATES: &[(&str, BackendCheck)] = checks![
    states::a_pre_active_payload_comes_back,
    states::a_payload_loads_and_goes_in_every_state,
    states::a_state_is_followed_again_and_never_back,
    states::the_state_of_what_was_never_stored_is_not_found,
];

const KEY_BACKEND: &[(&str, KeyBackendCheck)] = checks![
    keys::a_wrapped_key_comes_back,
    keys::wrapping_twice_gives_different_bytes,
    keys::a_wrapped_key_does_not_show,
    keys::a_wrapped_key_opens_in_its_own_context_only,
    keys::a_wrapped_key_opens_under_its_own_root_key_only,
    keys::an_altered_blob_does_not_open,
    keys::a_cut_blob_does_not_open,
    keys::a_missing_root_key_is_not_found,
    keys::root_keys_are_listed_sorted,
    keys::a_root_key_is_never_replaced,
    keys::many_threads_wrap_and_unwrap,
    keys::key_health_finds_nothing_wrong,
];

const DEVICE: &[(&str, DeviceCheck)] = checks![
    device::what_was_encrypted_comes_back,
    device::encrypting_twice_gives_different_bytes,
    device::an_altered_part_does_not_open,
    device::another_key_does_not_open,
    device::a_rewrapped_key_opens_what_it_encrypted,
    device::only_keys_of_the_device_are_called_so,
    device::more_keys_than_are_held_still_open,
    device::many_threads_encrypt_and_decrypt,
];

/// Runs every check of [`Backend`] with project keys in this process.
pub fn backend(subject: &dyn Backend) -> Report {
    all_of_backend(&Subject::new(subject))
}

/// Runs every check of [`Backend`] with project keys that stay in `device`, wrapped under `root`.
pub fn backend_with_device(
    subject: &dyn Backend,
    device: &Arc<dyn DeviceCipher>,
    root: &RootKeyId,
) -> Report {
    all_of_backend(&Subject::with_device(subject, device, root))
}

fn all_of_backend(subject: &Subject<'_>) -> Report {
    Report::of(BACKEND.iter().map(|(name, check)| (*name, check(subject))))
}

/// Runs every check of [`FollowStates`], on a backend whose payloads have states. Which state a payload
/// shows to others, the backend's own tests check with the eyes of others.
pub fn states(subject: &dyn Backend) -> Report {
    let subject = Subject::new(subject);
    Report::of(STATES.iter().map(|(name, check)| (*name, check(&subject))))
}

/// Runs every check of [`KeyBackend`]. Makes new root keys.
pub fn key_backend(subject: &dyn KeyBackend) -> Report {
    Report::of(KEY_BACKEND.iter().map(|(name, check)| (*name, check(subject))))
}

/// Runs every check of [`DeviceCipher`], under two root keys of `keys`, whose device this is.
pub fn device(
    keys: &dyn KeyBackend,
    subject: &Arc<dyn DeviceCipher>,
    roots: [&RootKeyId; 2],
) -> Report {
    let subject = DeviceSubject { keys, cipher: subject, roots };
    Report::of(DEVICE.iter().map(|(name, check)| (*name, check(&subject))))
}
