//! Eight threads: as many times faster than one as the bare module is.

use std::time::{Duration, Instant};

use crate::floors::BareSession;
use crate::report::{Bound, Report};
use crate::stage::{SECRETS, Stage, path};

const THREADS: usize = 8;
const MEASURED: Duration = Duration::from_secs(3);

pub(crate) fn measure(stage: &Stage, report: &mut Report) {
    let get = |threads| {
        rate(threads, |thread| {
            let mut n = thread;
            move || {
                n = (n + 7_919) % SECRETS;
                std::hint::black_box(stage.device.get(&path(n)).unwrap());
            }
        })
    };
    let bare = |threads| {
        rate(threads, |_| {
            let session = BareSession::open(stage);
            move || {
                std::hint::black_box(session.bare_decrypt());
            }
        })
    };
    let (ours, floor) = (get(THREADS) / get(1), bare(THREADS) / bare(1));
    report.value(
        "eight threads decrypt bare this many times what one does",
        floor,
        Bound::AtLeast(0.0),
    );
    report.value(
        "eight threads get this many times what one does",
        ours,
        Bound::AtLeast(floor * 0.9),
    );
}

/// How often a second that many threads together do the work.
fn rate<W: FnMut()>(threads: usize, work: impl Fn(usize) -> W + Sync) -> f64 {
    let started = std::sync::Barrier::new(threads);
    let counts: Vec<f64> = std::thread::scope(|scope| {
        let (started, work) = (&started, &work);
        let spawn = |thread| {
            scope.spawn(move || {
                let mut work = work(thread);
                work();
                started.wait();
                let (begun, mut count) = (Instant::now(), 0_u32);
                while begun.elapsed() < MEASURED {
                    work();
                    count += 1;
                }
                f64::from(count) / begun.elapsed().as_secs_f64()
            })
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    counts.iter().sum()
}
