//! A victim talks, is killed, and never outlives its test.

use std::path::Path;

use strongroom_test_support::{Victim, hear, tell};

const ROLE: &str = "VICTIM_ROLE";

/// Not a test of its own: the process that the others start.
#[test]
fn child() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    while let Some(line) = hear() {
        tell(&format!("heard {line}"));
    }
}

fn start() -> Victim {
    Victim::start_test("child", &[(ROLE, "child")])
}

#[test]
fn it_answers_and_is_gone_once_killed() {
    let mut victim = start();
    victim.order("one");
    assert_eq!(victim.answer().as_deref(), Some("heard one"));
    victim.kill();
    victim.order("two");
    assert_eq!(victim.answer(), None);
}

#[test]
fn a_panicking_test_leaves_no_process_behind() {
    let victim = start();
    let entry = format!("/proc/{}", victim.id());
    assert!(Path::new(&entry).exists());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _held = victim;
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert!(!Path::new(&entry).exists());
}
