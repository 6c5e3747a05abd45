//! Storing, loading, destroying.

use super::report::{Outcome, ensure, refused};
use super::site::{Site, Subject};
use crate::{ErrorKind, Locator, SecretBytes, Severity};

pub(super) fn every_size_comes_back(backend: &Subject<'_>) -> Outcome {
    let limit = backend.capabilities().payload_limit;
    let around = |len: usize| [len - 1, len, len + 1];
    let mut sizes: Vec<usize> = [1, 2, 3]
        .into_iter()
        .chain([16, 64, 256, 1024, 4096, 65_536].into_iter().flat_map(around))
        .collect();
    sizes.retain(|len| *len < limit);
    sizes.push(limit);
    for len in sizes {
        let site = Site::new(backend)?;
        let (payload, locator) = site.fill(backend, len)?;
        let loaded = backend.load(&site.placement(), &locator)?;
        ensure!(loaded.equals(&payload), "{len} bytes came back as {} others", loaded.len());
        backend.destroy(&[(site.reference, locator)])?;
    }
    Ok(())
}

pub(super) fn a_payload_over_the_limit_is_refused(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let limit = backend.capabilities().payload_limit;
    let payload = SecretBytes::random(limit + 1)?;
    let stored = backend.store(&site.placement(), &payload);
    refused(stored, ErrorKind::TooLarge, format!("a payload of {} bytes", limit + 1))?;
    let loaded = backend.load(&site.placement(), &Locator::default());
    refused(loaded, ErrorKind::NotFound, "loading what was refused")
}

pub(super) fn payloads_are_kept_apart(backend: &Subject<'_>) -> Outcome {
    // The same length and place but for the reference, so that only it can tell them apart.
    let mut sites = Site::several(backend, 3)?;
    for i in 1..sites.len() {
        let (first, rest) = sites.split_at_mut(i);
        rest[0].key = first[0].key.clone();
        (rest[0].store, rest[0].project) = (first[0].store, first[0].project);
        (rest[0].secret, rest[0].version) = (first[0].secret, first[0].version);
    }
    let mut stored = Vec::new();
    for site in &sites {
        stored.push(site.fill(backend, 48)?);
    }
    for (site, (payload, locator)) in sites.iter().zip(&stored) {
        let loaded = backend.load(&site.placement(), locator)?;
        ensure!(loaded.equals(payload), "another payload came back");
    }
    for (site, (_, locator)) in sites.iter().zip(stored) {
        backend.destroy(&[(site.reference, locator)])?;
    }
    Ok(())
}

pub(super) fn a_payload_is_never_replaced(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let (payload, locator) = site.fill(backend, 40)?;
    let again = site.fill(backend, 40);
    refused(again, ErrorKind::AlreadyExists, "storing under a reference that is taken")?;
    let loaded = backend.load(&site.placement(), &locator)?;
    ensure!(loaded.equals(&payload), "the first payload was replaced");
    backend.destroy(&[(site.reference, locator)])?;
    Ok(())
}

pub(super) fn what_was_never_stored_is_not_found(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let loaded = backend.load(&site.placement(), &Locator::default());
    refused(loaded, ErrorKind::NotFound, "loading what was never stored")
}

pub(super) fn a_locator_is_short(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let (_, locator) = site.fill(backend, 1)?;
    let len = locator.as_bytes().len();
    ensure!(len <= 1024, "a locator has {len} bytes");
    backend.destroy(&[(site.reference, locator)])?;
    Ok(())
}

pub(super) fn a_destroyed_payload_is_not_found(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let (_, locator) = site.fill(backend, 100)?;
    backend.destroy(&[(site.reference, locator.clone())])?;
    let loaded = backend.load(&site.placement(), &locator);
    refused(loaded, ErrorKind::NotFound, "loading what was destroyed")
}

pub(super) fn destroying_leaves_other_payloads_alone(backend: &Subject<'_>) -> Outcome {
    let sites = Site::several(backend, 6)?;
    let mut stored = Vec::new();
    for site in &sites {
        stored.push(site.fill(backend, 100)?);
    }
    let target = |i: usize| (sites[i].reference, stored[i].1.clone());
    backend.destroy(&[target(1), target(3), target(4)])?;
    for (i, (payload, locator)) in stored.iter().enumerate() {
        let loaded = backend.load(&sites[i].placement(), locator);
        if [1, 3, 4].contains(&i) {
            refused(loaded, ErrorKind::NotFound, "loading one of several that were destroyed")?;
        } else {
            ensure!(loaded?.equals(payload), "a payload beside a destroyed one was changed");
        }
    }
    backend.destroy(&[target(0), target(2), target(5)])?;
    Ok(())
}

pub(super) fn destroying_again_is_safe(backend: &Subject<'_>) -> Outcome {
    let (site, absent) = (Site::new(backend)?, Site::new(backend)?);
    let (_, locator) = site.fill(backend, 10)?;
    let target = (site.reference, locator);
    backend.destroy(std::slice::from_ref(&target))?;
    backend.destroy(std::slice::from_ref(&target))?;
    backend.destroy(&[(absent.reference, Locator::default()), target])?;
    backend.destroy(&[])?;
    Ok(())
}

pub(super) fn health_finds_nothing_wrong(backend: &Subject<'_>) -> Outcome {
    let findings = backend.health();
    ensure!(!findings.is_empty(), "health has no findings");
    for finding in findings {
        ensure!(finding.severity != Severity::Error, "{}: {}", finding.part, finding.message);
    }
    Ok(())
}
