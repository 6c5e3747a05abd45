//! Getting 64 bytes, warm, nothing decrypted kept.

use criterion::Criterion;

use crate::floors::Bare;
use crate::report::{Bound, Report, median};
use crate::stage::{Stage, scattered};

pub(crate) fn measure(criterion: &mut Criterion, report: &mut Report) {
    let stage = Stage::with(1_000);
    let bare = Bare::open(stage.folder.path());
    let mut floor = bare.get();
    let paths: Vec<_> = (0..1_000).map(Stage::path).collect();

    let mut next = scattered(1_000);
    let floor_time = median(criterion, "get: floor", || {
        std::hint::black_box(floor.bare_get(&paths[next()]));
    });
    let mut next = scattered(1_000);
    let get_time = median(criterion, "get: 64 bytes", || {
        std::hint::black_box(stage.session.get(&paths[next()]).unwrap());
    });
    report.ratio("get of 64 bytes", get_time, floor_time, 1.5);
    report.value(
        "gets a second on one core",
        1.0 / get_time.as_secs_f64(),
        Bound::AtLeast(50_000.0),
    );
}
