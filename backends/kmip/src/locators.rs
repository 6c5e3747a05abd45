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
    /// Somebody else's.
    Adopted(AdoptedObject<'a>),
}

/// An object that was adopted, and what tells that it is the same one still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AdoptedObject<'a> {
    pub(crate) identifier: &'a str,
    /// When the server made it.
    pub(crate) initial_date: i64,
    /// SHA-256 of its bytes.
    pub(crate) digest: [u8; 32],
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
                let (date, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
                let (digest, identifier) = rest.split_first_chunk().ok_or_else(damaged)?;
                Ok(Place::Adopted(AdoptedObject {
                    identifier: text(identifier)?,
                    initial_date: i64::from_be_bytes(*date),
                    digest: *digest,
                }))
            }
            bytes => Ok(Place::Ours(text(bytes)?)),
        }
    }

    /// The locator that says so.
    pub(crate) fn locator(self) -> Locator {
        Locator::new(match self {
            Place::Unknown => Vec::new(),
            Place::Ours(identifier) => identifier.as_bytes().to_vec(),
            Place::Adopted(AdoptedObject { identifier, initial_date, digest }) => {
                let date = initial_date.to_be_bytes();
                [&[ADOPTED], &date[..], &digest, identifier.as_bytes()].concat()
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
