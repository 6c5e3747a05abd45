//! Bad luck: full disks, read-only folders, damaged files, a clock that was set back. Whatever
//! happens, the answer is the right payload or a clear error; nothing is lost, and nothing hangs.

// A test says what it has done.
#![allow(clippy::print_stdout)]

mod clock;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod full_disk;
mod helper;
mod mounts;
#[cfg(feature = "postgres")]
mod postgres;
mod read_only;

/// What other processes do for the tests; as a test of its own it does nothing.
#[test]
fn helper_process() {
    let Some(task) = helper::task() else { return };
    match task.as_str() {
        "put and wait to be killed" => read_only::put_and_wait(),
        "put, erase and wait to be killed" => damage::put_and_wait(),
        "use a read-only store" => read_only::use_read_only(),
        "put on the clock" => clock::put_at(),
        "look at the dates" => clock::look(),
        "work with the clock set back" => clock::work_in_the_past(),
        _ => panic!("no task {task}"),
    }
}
