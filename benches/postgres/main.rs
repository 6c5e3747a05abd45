//! `make bench-postgres`: what a store in PostgreSQL costs, each figure beside its floor from the same run.
//!
//! A floor is the same statements, prepared, over one connection and without the library, in a named
//! function of `floors.rs`; beside eight threads, it is what pgbench does with them. The server is on this
//! machine, where a round trip costs least and everything else shows most. Its data is where temporary
//! files are: `TMPDIR` chooses the disk.
#![allow(missing_docs, clippy::print_stdout)]

mod floors;
mod pgbench;
#[path = "../store/report.rs"]
#[allow(dead_code)]
mod report;
mod single;
mod stage;
mod threads;

use crate::report::Report;
use crate::stage::Stage;

fn main() {
    let stage = Stage::new();
    let mut report = Report::default();
    single::measure(&stage, &mut report);
    threads::measure(&stage, &mut report);
    report.print();
}
