//! Whether the store holds exactly what its processes were told that it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use strongroom::{DoctorOptions, GetOptions, KeyState, Store};

use crate::common::path;
use crate::report::Report;
use crate::worker::{COUNTERS, counter, shared as shared_name};

/// Each counter is as high as it was incremented.
pub(crate) fn counters(store: &Store, reports: &[Report]) -> Result<(), String> {
    for n in 0..COUNTERS {
        let acknowledged: u64 = reports.iter().map(|report| report.increments[n]).sum();
        let got = store.session().get_with(&path(&counter(n)), &GetOptions::default()).unwrap();
        let value: u64 = std::str::from_utf8(&got.payload).unwrap().parse().unwrap();
        let versions = u64::from(got.version) - 1;
        if (value, versions) != (acknowledged, acknowledged) {
            return Err(format!(
                "{} is {value} after {acknowledged} acknowledged increments and {versions} puts",
                counter(n)
            ));
        }
    }
    Ok(())
}

/// Every version was given to one put alone, holds its payload, and no number was left out.
pub(crate) fn shared(store: &Store, reports: &[Report]) -> Result<(), String> {
    let session = store.session();
    let mut versions = BTreeMap::new();
    for (n, version, payload) in reports.iter().flat_map(|report| &report.acknowledged) {
        if versions.insert((*n, *version), payload).is_some() {
            return Err(format!("version {version} of {} was given twice", shared_name(*n)));
        }
        let options = GetOptions { version: Some(*version), ..Default::default() };
        let at = path(&shared_name(*n));
        let got = session.get_with(&at, &options).map_err(|e| format!("{at}: {e}"))?;
        if !got.payload.equals(payload.as_bytes()) {
            return Err(format!("version {version} of {at} holds another payload"));
        }
    }
    let mut newest = BTreeMap::new();
    for (n, version) in versions.keys() {
        newest.insert(*n, *version);
    }
    for (n, version) in newest {
        let info = session.describe(&path(&shared_name(n))).unwrap();
        let count = versions.keys().filter(|(of, _)| *of == n).count() as u32;
        // One version was there before.
        if (info.newest, info.current) != (version, Some(version)) || count + 1 != version {
            return Err(format!("{count} puts into {} ended with {info:?}", shared_name(n)));
        }
    }
    Ok(())
}

/// Every rotation made a root key of its own, and one of them, which opens, wraps everything.
pub(crate) fn rotations(store: &Store, reports: &[Report]) -> Result<(), String> {
    let known = store.root_keys().map_err(|e| e.to_string())?;
    let ids: BTreeSet<_> = known.iter().map(|key| &key.id).collect();
    let mut made = BTreeSet::new();
    for id in reports.iter().flat_map(|report| &report.rotated) {
        if !ids.contains(id) {
            return Err(format!("a rotation made {id}, which the store does not know"));
        }
        if !made.insert(id) {
            return Err(format!("two rotations made {id}"));
        }
    }
    let used: Vec<_> = known.iter().filter(|key| key.wraps > 0).collect();
    match used[..] {
        [only] if only.state == KeyState::Active => {}
        _ => return Err(format!("keys are under {used:?}")),
    }
    let checks = store.check_keys().map_err(|e| e.to_string())?;
    let failed = checks.into_iter().find_map(|check| check.result.err());
    failed.map_or(Ok(()), |error| Err(error.to_string()))
}

/// Doctor finds nothing, once what readers held up is finished.
pub(crate) fn clean(store: &Store) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let report = store
            .doctor(&DoctorOptions { repair: true, ..Default::default() }, &mut |_| {})
            .unwrap();
        if !report.damaged.is_empty() || report.strays > 0 {
            return Err(format!("{report:?}"));
        }
        if report.pending_erasures == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("erasures stay pending: {report:?}"));
        }
    }
}
