//! Diagnostics: one event for each operation, and one for each call into a backend.
//!
//! No secret and no name is ever in them.

use std::time::Instant;

use crate::Result;

/// Runs an operation of the library and tells how it went.
pub(crate) fn operation<T>(name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return work();
    }
    let started = Instant::now();
    let result = work();
    let micros = started.elapsed().as_micros() as u64;
    tracing::debug!(operation = name, micros, outcome = outcome(&result));
    result
}

/// Runs a call into a backend and tells how it went.
pub(crate) fn backend_call<T>(
    backend: &str,
    name: &'static str,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return work();
    }
    let started = Instant::now();
    let result = work();
    let micros = started.elapsed().as_micros() as u64;
    tracing::debug!(backend, call = name, micros, outcome = outcome(&result));
    result
}

fn outcome<T>(result: &Result<T>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.kind().name(),
    }
}
