//! The suite passes what keeps every promise, and names the promise that each broken one breaks.

#[path = "conformance/keys.rs"]
mod keys;
#[path = "conformance/payloads.rs"]
mod payloads;
