//! What the library promises, seen through its public API.

#[path = "../common/mod.rs"]
mod common;
mod erase;
mod key_backends;
mod keys;
mod lists;
mod must_fail;
mod puts;
mod restore;
mod rotation;
mod states;
mod support;
