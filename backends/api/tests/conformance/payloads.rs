use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::thread::{ThreadId, current};

use strongroom_backend::{
    Backend, Capabilities, Destroyed, Error, ErrorKind, Health, Locator, Marker, Placement,
    Reference, Result, SecretBytes, conformance,
};

/// What a backend does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    LosesLongPayloads,
    CutsPayloads,
    ForgetsTheLimit,
    GivesAnotherPayload,
    Replaces,
    InventsPayloads,
    LongLocators,
    KeepsWhatIsDestroyed,
    DestroysNeighbours,
    RefusesToDestroyAgain,
    IgnoresPlaces,
    IgnoresKeys,
    ListsUnsorted,
    ListsStrangers,
    ListsWithoutPages,
    ListsWhatIsDestroyed,
    LosesTheMarker,
    IgnoresTheExpectedMarker,
    RacesForTheMarker,
    RacesForReferences,
    ServesOneThread,
    IsUnwell,
}

/// Keeps payloads in plain memory, beside the place and key that they were stored with.
struct Plain {
    fault: Fault,
    binds: bool,
    kept: Mutex<BTreeMap<Reference, Kept>>,
    destroyed: Mutex<Vec<Reference>>,
    marker: Mutex<Option<(Marker, ThreadId)>>,
    home: ThreadId,
}

#[derive(Clone)]
struct Kept {
    place: Vec<u8>,
    key: Vec<u8>,
    payload: Vec<u8>,
    by: ThreadId,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "refused", "try something else")
}

impl Plain {
    fn with(fault: Fault) -> Plain {
        Plain {
            fault,
            binds: true,
            kept: Mutex::default(),
            destroyed: Mutex::default(),
            marker: Mutex::default(),
            home: current().id(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

impl Kept {
    fn of(at: &Placement<'_>, payload: &[u8]) -> Kept {
        let (secret, version) = (at.secret.as_bytes(), at.version.as_bytes());
        let place = [&at.store.as_bytes()[..], at.project.as_bytes(), secret, version].concat();
        let key = [&at.key.generation().to_be_bytes()[..], at.key.bytes().unwrap()].concat();
        Kept { place, key, payload: payload.to_vec(), by: current().id() }
    }
}

impl Backend for Plain {
    fn capabilities(&self) -> Capabilities {
        Capabilities { payload_limit: 100_000, durable: false, binds_placement: self.binds }
    }

    fn store(&self, at: &Placement<'_>, payload: &SecretBytes) -> Result<Locator> {
        if payload.len() > 100_000 && !self.has(Fault::ForgetsTheLimit) {
            return Err(error(ErrorKind::TooLarge));
        }
        if payload.len() > 4_096 && self.has(Fault::LosesLongPayloads) {
            return Ok(Locator::default());
        }
        let mut payload = payload.to_vec();
        if self.has(Fault::CutsPayloads) {
            payload.truncate(65_536);
        }
        if self.has(Fault::ServesOneThread) && current().id() != self.home {
            return Err(error(ErrorKind::Unavailable));
        }
        let mut kept = lock(&self.kept);
        // A lost race, made certain: what another thread does is never seen in time.
        let unseen = |by| self.has(Fault::RacesForReferences) && by != current().id();
        let taken = kept.get(&at.reference).is_some_and(|kept| !unseen(kept.by));
        if taken && !self.has(Fault::Replaces) {
            return Err(error(ErrorKind::AlreadyExists));
        }
        kept.insert(at.reference, Kept::of(at, &payload));
        let locator = if self.has(Fault::LongLocators) { vec![1; 1_025] } else { vec![1] };
        Ok(Locator::new(locator))
    }

    fn load(&self, at: &Placement<'_>, _: &Locator) -> Result<SecretBytes> {
        let kept = lock(&self.kept);
        let found = match kept.get(&at.reference) {
            Some(_) if self.has(Fault::GivesAnotherPayload) => kept.values().next().unwrap(),
            Some(found) => found,
            None if self.has(Fault::InventsPayloads) => return SecretBytes::zeroed(1),
            None => return Err(error(ErrorKind::NotFound)),
        };
        let expected = Kept::of(at, &[]);
        let place = found.place == expected.place || self.has(Fault::IgnoresPlaces) || !self.binds;
        let key = found.key == expected.key || self.has(Fault::IgnoresKeys) || !self.binds;
        if place && key {
            SecretBytes::copy_of(&found.payload)
        } else {
            Err(error(ErrorKind::Corrupt))
        }
    }

    fn destroy(&self, targets: &[(Reference, Locator)]) -> Result<Destroyed> {
        let mut kept = lock(&self.kept);
        if self.has(Fault::DestroysNeighbours) && targets.len() > 1 {
            kept.clear();
        }
        for (reference, _) in targets {
            if self.has(Fault::KeepsWhatIsDestroyed) {
                continue;
            }
            if kept.remove(reference).is_none() && self.has(Fault::RefusesToDestroyAgain) {
                return Err(error(ErrorKind::NotFound));
            }
            lock(&self.destroyed).push(*reference);
        }
        Ok(Destroyed::Gone)
    }

    fn list(&self, after: Option<Reference>, limit: usize) -> Result<Vec<Reference>> {
        let mut found: Vec<Reference> = lock(&self.kept).keys().copied().collect();
        if self.has(Fault::ListsWhatIsDestroyed) {
            found.extend(lock(&self.destroyed).iter());
        }
        if self.has(Fault::ListsStrangers) {
            found.push(Reference::at(i64::MAX)?);
        }
        found.sort();
        found.dedup();
        found.retain(|reference| after.is_none_or(|after| *reference > after));
        if self.has(Fault::ListsUnsorted) {
            found.reverse();
        }
        if !self.has(Fault::ListsWithoutPages) {
            found.truncate(limit);
        }
        Ok(found)
    }

    fn marker(&self) -> Result<Option<Marker>> {
        Ok(lock(&self.marker).map(|(marker, _)| marker))
    }

    fn set_marker(&self, expected: Option<Marker>, marker: Marker) -> Result<()> {
        if self.has(Fault::LosesTheMarker) {
            return Ok(());
        }
        let mut held = lock(&self.marker);
        let unseen =
            self.has(Fault::RacesForTheMarker) && held.is_some_and(|(_, by)| by != current().id());
        let expected = held.map(|(marker, _)| marker) == expected;
        if !expected && !unseen && !self.has(Fault::IgnoresTheExpectedMarker) {
            return Err(error(ErrorKind::Conflict));
        }
        *held = Some((marker, current().id()));
        Ok(())
    }

    fn health(&self) -> Vec<Health> {
        if self.has(Fault::IsUnwell) {
            return vec![Health::error("plain", "does not work")];
        }
        vec![Health::ok("plain", "works")]
    }
}

#[test]
fn a_backend_that_keeps_every_promise_passes() {
    let report = conformance::backend(&Plain::with(Fault::None));
    report.require();
    assert!(report.skipped().is_empty());
    assert!(report.passed().len() >= 20);
}

#[test]
fn what_is_declared_not_to_be_promised_is_skipped_and_said() {
    let report = conformance::backend(&Plain { binds: false, ..Plain::with(Fault::None) });
    report.require();
    let skipped =
        ["a_payload_opens_at_its_own_place_only", "a_payload_opens_under_its_own_key_only"];
    assert_eq!(report.skipped(), skipped);
    let text = report.to_string();
    assert!(text.contains("skipped  a_payload_opens_at_its_own_place_only: the backend declares"));
    assert!(text.ends_with("18 passed, 2 skipped, 0 failed"), "{text}");
}

#[test]
fn each_broken_backend_fails_at_the_promise_that_it_breaks() {
    for (fault, check) in [
        (Fault::LosesLongPayloads, "every_size_comes_back"),
        (Fault::CutsPayloads, "every_size_comes_back"),
        (Fault::ForgetsTheLimit, "a_payload_over_the_limit_is_refused"),
        (Fault::GivesAnotherPayload, "payloads_are_kept_apart"),
        (Fault::Replaces, "a_payload_is_never_replaced"),
        (Fault::InventsPayloads, "what_was_never_stored_is_not_found"),
        (Fault::LongLocators, "a_locator_is_short"),
        (Fault::KeepsWhatIsDestroyed, "a_destroyed_payload_is_not_found"),
        (Fault::DestroysNeighbours, "destroying_leaves_other_payloads_alone"),
        (Fault::RefusesToDestroyAgain, "destroying_again_is_safe"),
        (Fault::IgnoresPlaces, "a_payload_opens_at_its_own_place_only"),
        (Fault::IgnoresKeys, "a_payload_opens_under_its_own_key_only"),
        (Fault::ListsUnsorted, "a_list_has_every_reference_once_in_order"),
        (Fault::ListsStrangers, "a_list_has_every_reference_once_in_order"),
        (Fault::ListsWithoutPages, "a_list_comes_in_pages"),
        (Fault::ListsWhatIsDestroyed, "a_list_leaves_out_what_was_destroyed"),
        (Fault::LosesTheMarker, "a_marker_is_read_back"),
        (Fault::IgnoresTheExpectedMarker, "a_marker_changes_only_from_what_is_expected"),
        (Fault::RacesForTheMarker, "one_of_many_threads_changes_the_marker"),
        (Fault::RacesForReferences, "one_of_many_threads_takes_a_reference"),
        (Fault::ServesOneThread, "many_threads_keep_their_own_payloads"),
        (Fault::IsUnwell, "health_finds_nothing_wrong"),
    ] {
        let report = conformance::backend(&Plain::with(fault));
        assert!(report.failed().contains(&check), "{check}:\n{report}");
        assert!(report.passed().len() > 5, "{check}: one fault, but almost all failed\n{report}");
    }
}
