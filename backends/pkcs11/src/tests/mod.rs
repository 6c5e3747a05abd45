//! The connection to a token, on a real SoftHSM2.
//!
//! A module is initialised once in a process, and reads its configuration from the environment: each
//! test runs in a process of its own.

mod alone;
mod connecting;
mod recovery;
