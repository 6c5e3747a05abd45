//! The control: a fault that libFuzzer finds at once. `scripts/fuzz` runs it first and must report it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    assert!(!input.starts_with(b"SR"), "the planted fault");
});
