//! `make bench-files`: what the store costs, each figure beside its floor from the same run.
//!
//! A floor is the least that the operation cannot do without: bare statements, bare commits and
//! bare cryptography, in a named function of `floors.rs`. `STRONGROOM_BENCH_SECRETS` sets the size of
//! the large store (1,000,000).
#![allow(missing_docs, clippy::print_stdout)]

mod faces;
mod floors;
mod get;
mod process;
mod put;
mod report;
mod scale;
mod stage;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut report = report::Report::default();
    get::measure(&mut criterion, &mut report);
    put::measure(&mut criterion, &mut report);
    scale::measure(&mut criterion, &mut report);
    process::measure(&mut report);
    faces::measure(&mut report);
    criterion.final_summary();
    report.print();
}
