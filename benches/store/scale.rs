//! A large store against a small one: gets, and opening.

use std::time::Duration;

use criterion::Criterion;
use strongroom::Store;

use crate::floors::Bare;
use crate::report::{Report, median};
use crate::stage::{Stage, scattered};

pub(crate) fn measure(criterion: &mut Criterion, report: &mut Report) {
    let large_size = std::env::var("STRONGROOM_BENCH_SECRETS")
        .map_or(1_000_000, |text| text.parse().expect("STRONGROOM_BENCH_SECRETS is a number"));
    let (small, large) = (Stage::with(1_000), Stage::with(large_size));
    let small_get = get(criterion, "get: among 1,000", &small, 1_000);
    let large_get = get(criterion, "get: among many", &large, large_size);
    report.ratio(&format!("get among {large_size}, against 1,000"), large_get, small_get, 1.3);
    // Says how much of that is SQLite's: the bare statements meet the same cold pages.
    let bare = Bare::open(large.folder.path());
    let mut floor = bare.get();
    let mut next = scattered(large_size);
    let large_floor = median(criterion, "get: floor among many", || {
        std::hint::black_box(floor.bare_get(&Stage::path(next())));
    });
    report.ratio(
        &format!("get among {large_size}, against its floor"),
        large_get,
        large_floor,
        1.5,
    );

    let small_open = open(criterion, "open: 1,000 secrets", &small);
    let large_open = open(criterion, "open: many secrets", &large);
    report.ratio(&format!("open with {large_size}, against 1,000"), large_open, small_open, 1.2);
}

fn get(criterion: &mut Criterion, name: &str, stage: &Stage, secrets: usize) -> Duration {
    let mut next = scattered(secrets);
    median(criterion, name, || {
        std::hint::black_box(stage.session.get(&Stage::path(next())).unwrap());
    })
}

fn open(criterion: &mut Criterion, name: &str, stage: &Stage) -> Duration {
    let config = stage.config();
    let _kept_open = &stage.store;
    median(criterion, name, || drop(Store::open(&config).unwrap()))
}
