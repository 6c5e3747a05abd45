//! What a locator says: where an object is, and whether it is one of ours.

use strongroom_backend::{Error, ErrorKind, Locator, Result};

/// The longest identifier of an object that is adopted, in bytes. A locator has room for more.
pub(crate) const IDENTIFIER_LIMIT: usize = 1_000;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// Wherever its name is.
    Unknown,
    /// Under this identifier, if it has its name there.
    Ours(&'a str),
    /// Under this identifier, if it is the object that was made at this moment. Somebody else's.
    Adopted { identifier: &'a str, initial_date: i64 },
}

/// No unique identifier begins so.
const ADOPTED: u8 = 0;

impl<'a> Place<'a> {
    /// What a locator says.
    pub(crate) fn of(locator: &'a Locator) -> Result<Place<'a>> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| damaged());
        match locator.as_bytes() {
            [] => Ok(Place::Unknown),
            [ADOPTED, rest @ ..] => {
                let (date, identifier) = rest.split_first_chunk().ok_or_else(damaged)?;
                let initial_date = i64::from_be_bytes(*date);
                Ok(Place::Adopted { identifier: text(identifier)?, initial_date })
            }
            bytes => Ok(Place::Ours(text(bytes)?)),
        }
    }

    /// The locator that says so.
    pub(crate) fn locator(self) -> Locator {
        Locator::new(match self {
            Place::Unknown => Vec::new(),
            Place::Ours(identifier) => identifier.as_bytes().to_vec(),
            Place::Adopted { identifier, initial_date } => {
                [&[ADOPTED], &initial_date.to_be_bytes()[..], identifier.as_bytes()].concat()
            }
        })
    }
}

fn damaged() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "a locator is no identifier of a KMIP server",
        "run `strongroom doctor`",
    )
}
