//! Metadata and shelves where the config says: in a file, or in PostgreSQL.

use strongroom_backend::Backend;

use crate::Result;
use crate::config::is_postgres;
use crate::metadata::Metadata;
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
use crate::not_built::not_built;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::{Error, ErrorKind};

/// Whether something is made, or must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Create,
    Open,
}

/// The metadata database at a path or connection string.
pub(super) fn metadata(place: &str, access: Access) -> Result<Box<dyn Metadata>> {
    if is_postgres(place) { postgres_metadata(place, access) } else { file_metadata(place, access) }
}

/// Whether metadata could be made in this place, as far as can be told without making anything. A file that
/// is there was found before.
pub(super) fn check_has_room(place: &str) -> Result<()> {
    if is_postgres(place) { postgres_has_room(place) } else { Ok(()) }
}

/// The enveloped backend over the shelf at a path or connection string.
pub(super) fn enveloped(place: &str, access: Access) -> Result<Box<dyn Backend>> {
    if is_postgres(place) { postgres_shelf(place, access) } else { file_shelf(place, access) }
}

#[cfg(feature = "sqlite")]
fn file_metadata(place: &str, access: Access) -> Result<Box<dyn Metadata>> {
    use crate::metadata::SqliteMetadata;
    let path = std::path::Path::new(place);
    let metadata = match access {
        Access::Create => SqliteMetadata::create(path),
        Access::Open => SqliteMetadata::open(path),
    };
    Ok(Box::new(metadata.map_err(missing)?))
}

#[cfg(feature = "sqlite")]
fn file_shelf(place: &str, access: Access) -> Result<Box<dyn Backend>> {
    use strongroom_enveloped::{Enveloped, SqliteShelf};
    let path = std::path::Path::new(place);
    let shelf = match access {
        Access::Create => SqliteShelf::create(path)?,
        Access::Open => SqliteShelf::open(path).map_err(missing)?,
    };
    Ok(Box::new(Enveloped::new(shelf)))
}

#[cfg(not(feature = "sqlite"))]
fn file_metadata(_: &str, _: Access) -> Result<Box<dyn Metadata>> {
    Err(not_built("SQLite metadata", "sqlite"))
}

#[cfg(not(feature = "sqlite"))]
fn file_shelf(_: &str, _: Access) -> Result<Box<dyn Backend>> {
    Err(not_built("SQLite shelf", "sqlite"))
}

#[cfg(feature = "postgres")]
fn postgres_metadata(place: &str, access: Access) -> Result<Box<dyn Metadata>> {
    use crate::metadata::PostgresMetadata;
    let settings = settings(place)?;
    let metadata = match access {
        Access::Create => PostgresMetadata::create(settings)?,
        Access::Open => PostgresMetadata::open(settings).map_err(not_there)?,
    };
    Ok(Box::new(metadata))
}

#[cfg(feature = "postgres")]
fn postgres_shelf(place: &str, access: Access) -> Result<Box<dyn Backend>> {
    use strongroom_enveloped::{Enveloped, PostgresShelf};
    let settings = settings(place)?;
    let shelf = match access {
        Access::Create => PostgresShelf::create(settings)?,
        Access::Open => PostgresShelf::open(settings).map_err(not_there)?,
    };
    Ok(Box::new(Enveloped::new(shelf)))
}

#[cfg(feature = "postgres")]
fn postgres_has_room(place: &str) -> Result<()> {
    crate::metadata::PostgresMetadata::check_is_free(settings(place)?)
}

#[cfg(not(feature = "postgres"))]
fn postgres_has_room(_: &str) -> Result<()> {
    Err(not_built("PostgreSQL metadata", "postgres"))
}

#[cfg(feature = "postgres")]
fn settings(place: &str) -> Result<strongroom_postgres::Settings> {
    use strongroom_postgres::{Environment, Settings};
    Settings::parse(place, Environment::Ignored)
}

#[cfg(not(feature = "postgres"))]
fn postgres_metadata(_: &str, _: Access) -> Result<Box<dyn Metadata>> {
    Err(not_built("PostgreSQL metadata", "postgres"))
}

#[cfg(not(feature = "postgres"))]
fn postgres_shelf(_: &str, _: Access) -> Result<Box<dyn Backend>> {
    Err(not_built("PostgreSQL shelf", "postgres"))
}

/// What the config names and is not there is no secret that was not found.
#[cfg(feature = "postgres")]
fn not_there(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    Error::new(ErrorKind::Config, error.what(), error.next()).with_source(error)
}

/// The same of a file.
#[cfg(feature = "sqlite")]
fn missing(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    Error::new(
        ErrorKind::Config,
        error.what(),
        "mount its disk or put it back, or restore a backup: `strongroom restore`",
    )
    .with_source(error)
}
