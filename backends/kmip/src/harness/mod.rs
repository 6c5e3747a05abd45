//! A real KMIP server in a private folder, for tests (feature `test-harness`).
//!
//! [`PyKmip::start`] starts PyKMIP with certificates of its own, on a free port of this machine, and
//! stops and removes everything on drop. It panics when PyKMIP is not installed.
//!
//! ```no_run
//! use strongroom_kmip::KmipClient;
//! use strongroom_kmip::harness::PyKmip;
//!
//! let server = PyKmip::start();
//! let client = KmipClient::new(server.settings())?;
//! # Ok::<(), strongroom_backend::Error>(())
//! ```

mod authority;
mod pykmip;

pub use authority::{Authority, Issued, Validity};
pub use pykmip::PyKmip;
