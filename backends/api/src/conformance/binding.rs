//! What a payload is bound to.

use super::report::{Ending, Outcome, ensure, refused};
use super::site::{Site, Subject};
use crate::{ErrorKind, KeyMaterial, Placement, ProjectKey, SecretBytes};

fn binds(backend: &Subject<'_>) -> Outcome {
    if backend.capabilities().binds_placement {
        return Ok(());
    }
    Err(Ending::Skipped("the backend declares that it does not bind placements".into()))
}

pub(super) fn a_payload_opens_at_its_own_place_only(backend: &Subject<'_>) -> Outcome {
    binds(backend)?;
    let (site, other) = (Site::new(backend)?, Site::new(backend)?);
    let (payload, locator) = site.fill(backend, 100)?;
    let right = site.placement();
    for (what, wrong) in [
        ("another store", Placement { store: other.store, ..right }),
        ("another project", Placement { project: other.project, ..right }),
        ("another secret", Placement { secret: other.secret, ..right }),
        ("another version", Placement { version: other.version, ..right }),
    ] {
        refused(backend.load(&wrong, &locator), ErrorKind::Corrupt, what)?;
    }
    let loaded = backend.load(&right, &locator)?;
    ensure!(loaded.equals(&payload), "the right place no longer opens");
    backend.destroy(&[(site.reference, locator)])?;
    Ok(())
}

pub(super) fn a_payload_opens_under_its_own_key_only(backend: &Subject<'_>) -> Outcome {
    binds(backend)?;
    let (site, other) = (Site::new(backend)?, Site::new(backend)?);
    let (payload, locator) = site.fill(backend, 100)?;
    let right = site.placement();
    let next = match site.key.material() {
        KeyMaterial::Bytes(bytes) => ProjectKey::new(2, SecretBytes::copy_of(bytes)?),
        KeyMaterial::Device(key) => ProjectKey::in_device(2, key.clone()),
    };
    for (what, key) in [("another project key", &*other.key), ("another generation", &next)] {
        refused(backend.load(&Placement { key, ..right }, &locator), ErrorKind::Corrupt, what)?;
    }
    let loaded = backend.load(&right, &locator)?;
    ensure!(loaded.equals(&payload), "the right key no longer opens");
    backend.destroy(&[(site.reference, locator)])?;
    Ok(())
}
