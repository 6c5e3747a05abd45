//! Eight threads, beside pgbench with eight clients that send the same statements.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::pgbench::Scripts;
use crate::report::{Bound, Report};
use crate::stage::{SECRETS, Stage};

const THREADS: usize = 8;
const SECONDS: u64 = 3;
const TURNS: usize = 3;

pub(crate) fn measure(stage: &Stage, report: &mut Report) {
    let (gets, puts) = (Scripts::of_gets(stage), Scripts::of_puts(stage, THREADS));
    let next = |n: usize| (n + THREADS) % SECRETS;
    compare(stage, report, "get", &gets, |n| {
        stage.get(*n);
        *n = next(*n);
    });
    compare(stage, report, "put", &puts, |n| {
        stage.put(*n);
        *n = next(*n);
    });
}

fn compare(
    stage: &Stage,
    report: &mut Report,
    what: &str,
    scripts: &Scripts,
    work: impl Fn(&mut usize) + Sync,
) {
    let (mut one, mut eight, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        one.push(rate(1, &work));
        eight.push(rate(THREADS, &work));
        theirs.push(scripts.rate(stage, THREADS, SECONDS));
    }
    let (one, eight, theirs) = (middle(one), middle(eight), middle(theirs));
    let free = || Bound::AtLeast(0.0);
    report.value(&format!("{what}s a second, one thread"), one, free());
    report.value(&format!("{what}s a second, eight threads"), eight, free());
    report.value("the same by pgbench, eight clients", theirs, free());
    let share = eight / theirs;
    report.value(
        &format!("eight threads {what}, of what pgbench does"),
        share,
        Bound::AtLeast(0.75),
    );
}

/// How often a second that many threads together do the work, each from a number of its own.
fn rate(threads: usize, work: &(impl Fn(&mut usize) + Sync)) -> f64 {
    let (begin, limit) = (Barrier::new(threads), Duration::from_secs(SECONDS));
    let begin = &begin;
    thread::scope(|scope| {
        let spawn = |first: usize| {
            scope.spawn(move || {
                let (mut n, mut count) = (first, 0_u32);
                work(&mut n);
                begin.wait();
                let begun = Instant::now();
                while begun.elapsed() < limit {
                    work(&mut n);
                    count += 1;
                }
                f64::from(count) / begun.elapsed().as_secs_f64()
            })
        };
        let all: Vec<_> = (0..threads).map(spawn).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
