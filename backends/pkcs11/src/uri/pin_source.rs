//! The `pin-source` of a PKCS#11 URI: a file.

use std::path::PathBuf;

use strongroom_backend::{Error, ErrorKind, Result};

use super::text::decode_inner;
use super::wrong;
use crate::PinSource;

/// RFC 7512 2.4 recommends a `file:` URI (RFC 8089), an absolute path is what older users write.
pub(super) fn parse(value: &str) -> Result<PinSource> {
    if value.starts_with('|') {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the PKCS#11 URI has a command as its pin-source",
            "name the command in the config, as a list of its arguments; a URI has no shell",
        ));
    }
    let path = match value.strip_prefix("file:") {
        Some(location) => file_of(location),
        None => Some(value.to_string()),
    };
    path.map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .map(PinSource::File)
        .ok_or_else(|| wrong("has a pin-source that is neither a file: URI nor an absolute path"))
}

/// `/path`, `///path` or `//localhost/path`.
fn file_of(location: &str) -> Option<String> {
    let path = match location.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => location,
    };
    String::from_utf8(decode_inner(path)?).ok()
}
