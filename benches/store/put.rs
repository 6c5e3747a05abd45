//! Durable puts: one thread against two bare commits, eight threads against one.

use std::time::{Duration, Instant};

use criterion::Criterion;
use strongroom::PutOptions;

use crate::floors::PutFloor;
use crate::report::{Bound, Report, middle};
use crate::stage::Stage;

const PUTS: usize = 250;

pub(crate) fn measure(_: &mut Criterion, report: &mut Report) {
    let stage = Stage::with(1);
    let floor = PutFloor::in_folder(stage.folder.path());
    let put = |n: usize| {
        stage.session.put(&Stage::path(n), &Stage::payload(), &PutOptions::default()).unwrap();
    };
    let (mut floors, mut puts) = (Vec::new(), Vec::new());
    // Turn about, because a disk is not the same from one second to the next.
    for n in 0..PUTS {
        floors.push(timed(|| floor.two_bare_commits()));
        puts.push(timed(|| put(1 + n)));
    }
    report.ratio("durable put, against two bare commits", middle(puts), middle(floors), 1.25);

    let one = timed(|| (0..PUTS).for_each(|n| put(10_000 + n)));
    let eight = timed(|| {
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || (0..PUTS).for_each(|n| put(20_000 + thread * PUTS + n)));
            }
        });
    });
    let speed_up = 8.0 * one.as_secs_f64() / eight.as_secs_f64();
    report.value("eight threads put this many times what one does", speed_up, Bound::AtLeast(4.0));
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}
