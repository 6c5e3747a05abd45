//! Servers that have many objects, or say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use strongroom_backend::{Backend, ErrorKind, Locator};

use super::kmip::{OFFSET_ITEMS, Said, identifiers, operation};
use super::{Site, at_a_place, objects};

/// What is asked for at once.
const PAGE: usize = 50_000;
/// Twice a timeout would be too long for a page.
const BOUND: Duration = Duration::from_secs(60);

/// Looks an object up on a server that has so many of its name, and gives at most a page of them.
fn look_up(there: usize) -> (ErrorKind, Vec<usize>) {
    let site = Site::new();
    let offsets = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = offsets.clone();
    let got = Arc::new(AtomicUsize::new(0));
    let counted = got.clone();
    let (_server, settings) = site.answered(move |asked| match asked.operation {
        operation::LOCATE => {
            let offset = asked
                .value(OFFSET_ITEMS)
                .map_or(0, |bytes| u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize);
            seen.lock().unwrap().push(offset);
            let page = offset..there.min(offset + PAGE);
            Said::Answered(identifiers(page.map(|number| format!("{number:07}"))))
        }
        _ => {
            counted.fetch_add(1, Ordering::SeqCst);
            Said::Refused(super::kmip::PERMISSION_DENIED)
        }
    });
    let started = Instant::now();
    let error = at_a_place(|at| objects(settings).load(at, &Locator::default()).unwrap_err());
    assert!(started.elapsed() < BOUND, "{error}");
    let offsets = offsets.lock().unwrap().clone();
    (error.kind(), offsets)
}

#[test]
fn many_objects_come_in_pages() {
    // Refused is the object itself, not the search for it.
    assert_eq!(look_up(3), (ErrorKind::Denied, vec![0]));
    assert_eq!(look_up(PAGE + 3), (ErrorKind::Denied, vec![0, PAGE]));
}

#[test]
fn a_server_that_never_ends_is_given_up() {
    let (kind, offsets) = look_up(usize::MAX);
    assert_eq!(kind, ErrorKind::TooLarge);
    assert_eq!(offsets.len(), 11, "half a million, and what was too many");
}
