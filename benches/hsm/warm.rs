//! Gets while everything is open and every key is at hand.

use criterion::Criterion;

use crate::floors::{BareSession, Databases, HandOver};
use crate::report::{Report, median};
use crate::stage::{SECRETS, Stage, path};

pub(crate) fn measure(stage: &Stage, criterion: &mut Criterion, report: &mut Report) {
    let paths: Vec<_> = (0..SECRETS).map(path).collect();
    let mut n = 0;
    let mut next = || {
        n = (n + 7_919) % SECRETS;
        n
    };
    let software = median(criterion, "get: software", || {
        std::hint::black_box(stage.software.get(&paths[next()]).unwrap());
    });
    let envelope = median(criterion, "get: envelope", || {
        std::hint::black_box(stage.envelope.get(&paths[next()]).unwrap());
    });
    report.ratio("envelope get, warm, against software", envelope, software, 1.1);

    let device = median(criterion, "get: device", || {
        std::hint::black_box(stage.device.get(&paths[next()]).unwrap());
    });
    let (session, databases) = (BareSession::open(stage), Databases::open(&stage.folder("device")));
    let mut selects = databases.selects();
    let hand_over = HandOver::new();
    let decrypt = median(criterion, "floor: decrypt", || {
        std::hint::black_box(session.bare_decrypt());
    });
    let select = median(criterion, "floor: two selects", || {
        std::hint::black_box(selects.bare_selects(next()));
    });
    let hand_over = median(criterion, "floor: hand-over", || hand_over.bare_hand_over());
    report.ratio("device get, against bare calls", device, decrypt + select + hand_over, 1.15);
}
