//! What every shelf here says alike.

use strongroom_backend::{Error, ErrorKind, Reference};

pub(crate) fn absent(reference: Reference) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the shelf has no envelope {reference}"),
        "run `strongroom doctor`; if the shelf is the wrong or an old file, put the right one back",
    )
}

pub(crate) fn taken(reference: Reference) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the shelf has an envelope {reference} already"),
        "store under a new reference",
    )
}

pub(crate) fn other_marker() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "the shelf's marker is not the expected one",
        "check that metadata and shelf belong together; another process may have restored the store",
    )
}
