//! Lists of references.

use super::report::{Outcome, ensure};
use super::site::{Site, Subject};
use crate::{Locator, Reference, Result};

/// Stores some payloads, in an order that is not that of their references.
fn stored(backend: &Subject<'_>, count: usize) -> Result<Vec<(Reference, Locator)>> {
    let mut targets = Vec::new();
    let mut sites = Site::several(backend, count)?;
    sites.sort_by_key(|site| std::cmp::Reverse(site.reference));
    for site in sites {
        targets.push((site.reference, site.fill(backend, 20)?.1));
    }
    Ok(targets)
}

fn all(backend: &Subject<'_>, page: usize) -> Result<Vec<Reference>> {
    let mut found = Vec::new();
    loop {
        let next = backend.list(found.last().copied(), page)?;
        let done = next.len() < page;
        found.extend(next);
        // A list that goes round in circles must end too.
        if done || found.len() > 1_000_000 {
            return Ok(found);
        }
    }
}

pub(super) fn a_list_has_every_reference_once_in_order(backend: &Subject<'_>) -> Outcome {
    let targets = stored(backend, 20)?;
    let found = all(backend, 1_000)?;
    ensure!(found.windows(2).all(|pair| pair[0] < pair[1]), "not in the order of the bytes");
    for (reference, _) in &targets {
        ensure!(found.contains(reference), "a stored reference is not listed");
    }
    let surplus = found.len() - targets.len();
    ensure!(surplus == 0, "{surplus} references are listed that were never stored");
    backend.destroy(&targets)?;
    Ok(())
}

pub(super) fn a_list_comes_in_pages(backend: &Subject<'_>) -> Outcome {
    let targets = stored(backend, 10)?;
    let whole = backend.list(None, 1_000_000)?;
    for page in [1, 3, 10] {
        let first = backend.list(None, page)?;
        ensure!(first.len() == page.min(whole.len()), "a page of {page} has {}", first.len());
        ensure!(all(backend, page)? == whole, "pages of {page} do not give the whole list");
    }
    let last = whole.last().copied();
    ensure!(backend.list(last, 10)?.is_empty(), "something follows the last reference");
    // A page may start after a reference that is not there any more.
    let (gone, kept) = targets.split_at(5);
    backend.destroy(gone)?;
    let after = gone[0].0;
    let expected: Vec<_> = all(backend, 1_000)?.into_iter().filter(|r| *r > after).collect();
    ensure!(backend.list(Some(after), 1_000_000)? == expected, "a page after an absent reference");
    backend.destroy(kept)?;
    Ok(())
}

pub(super) fn a_list_leaves_out_what_was_destroyed(backend: &Subject<'_>) -> Outcome {
    let targets = stored(backend, 4)?;
    backend.destroy(&targets[..2])?;
    let found = all(backend, 1_000)?;
    for (i, (reference, _)) in targets.iter().enumerate() {
        ensure!(found.contains(reference) == (i >= 2), "payload {i} of 4, two of them destroyed");
    }
    backend.destroy(&targets)?;
    Ok(())
}
