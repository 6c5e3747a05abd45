//! One thread: a get and a put, in turns with their floors, because a server is not always equally fast.

use std::time::{Duration, Instant};

use crate::floors::Bare;
use crate::report::{Report, middle};
use crate::stage::{SECRETS, Stage};

const GETS: usize = 4_000;
const PUTS: usize = 300;

pub(crate) fn measure(stage: &Stage, report: &mut Report) {
    let bare = Bare::connect(&stage.cluster, Stage::STORE);
    let (mut gets, mut floors) = (Vec::new(), Vec::new());
    for n in (0..SECRETS).cycle().take(GETS) {
        gets.push(time(|| stage.get(n)));
        floors.push(time(|| bare.two_bare_queries(n)));
    }
    // The first ones are not warm.
    let (get, floor) = (middle(gets.split_off(SECRETS)), middle(floors.split_off(SECRETS)));
    report.ratio("get, against its two bare queries", get, floor, 1.3);

    let mut bare = Bare::connect(&stage.cluster, Stage::BARE);
    let (mut puts, mut floors, mut one_by_one) = (Vec::new(), Vec::new(), Vec::new());
    for n in (0..SECRETS).cycle().take(PUTS) {
        puts.push(time(|| stage.put(n)));
        floors.push(time(|| bare.two_bare_transactions(n)));
        one_by_one.push(time(|| bare.two_bare_transactions_one_by_one(n)));
    }
    let (put, floor, one_by_one) = (middle(puts), middle(floors), middle(one_by_one));
    report.ratio("put, against its two bare transactions", put, floor, 1.3);
    report.ratio("the same, each statement in its turn there", put, one_by_one, 1.3);
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
