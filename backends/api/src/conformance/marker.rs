//! The store marker.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::report::{Outcome, ensure, refused};
use super::site::Subject;
use super::threads::at_once;
use crate::{ErrorKind, Marker, Result, StoreId};

fn fresh(epoch: i64) -> Result<Marker> {
    Ok(Marker { store: StoreId::random()?, epoch })
}

pub(super) fn a_marker_is_read_back(backend: &Subject<'_>) -> Outcome {
    for epoch in [0, 1, i64::MAX, -1] {
        let (before, marker) = (backend.marker()?, fresh(epoch)?);
        backend.set_marker(before, marker)?;
        ensure!(backend.marker()? == Some(marker), "a marker of epoch {epoch} is not read back");
    }
    Ok(())
}

pub(super) fn a_marker_changes_only_from_what_is_expected(backend: &Subject<'_>) -> Outcome {
    let marker = fresh(7)?;
    backend.set_marker(backend.marker()?, marker)?;
    let other = fresh(8)?;
    for (what, expected) in [
        ("expecting no marker", None),
        ("expecting another store", Some(Marker { store: other.store, ..marker })),
        ("expecting another epoch", Some(Marker { epoch: 8, ..marker })),
    ] {
        refused(backend.set_marker(expected, other), ErrorKind::Conflict, what)?;
        ensure!(backend.marker()? == Some(marker), "{what}: the marker changed all the same");
    }
    Ok(())
}

pub(super) fn one_of_many_threads_changes_the_marker(backend: &Subject<'_>) -> Outcome {
    for round in 0..10 {
        let before = backend.marker()?;
        let won = AtomicUsize::new(0);
        at_once(|thread| match backend.set_marker(before, fresh(100 * round + thread as i64)?) {
            Ok(()) => {
                won.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            Err(error) => Err(error.into()),
        })?;
        let won = won.into_inner();
        ensure!(won == 1, "{won} of 8 threads changed the same marker");
    }
    Ok(())
}
