//! `make bench-hsm`: what a store on a token costs, each figure beside its floor from the same run. The
//! token is SoftHSM2.
//!
//! A floor is the same calls into the module without the library, through sessions that are held.
#![allow(missing_docs, clippy::print_stdout)]

mod cold;
mod floors;
#[path = "../store/report.rs"]
#[allow(dead_code)]
mod report;
mod stage;
mod threads;
mod warm;

use criterion::Criterion;

fn main() {
    let stage = stage::Stage::new();
    let mut criterion = Criterion::default().configure_from_args();
    let mut report = report::Report::default();
    warm::measure(&stage, &mut criterion, &mut report);
    threads::measure(&stage, &mut report);
    cold::measure(&stage, &mut report);
    criterion.final_summary();
    report.print();
}
