//! Many operations, and a server that is restarted in the middle of them: none is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use strongroom::{DoctorOptions, ErrorKind, Session};

use crate::support::{Site, get, path, put};

/// Operations in one round.
const ROUND: usize = 5;

/// How many operations: `STRONGROOM_OPERATIONS`, or two thousand.
fn operations() -> usize {
    let wanted = std::env::var("STRONGROOM_OPERATIONS").ok();
    wanted.map_or(2_000, |number| number.parse().expect("STRONGROOM_OPERATIONS is a number"))
}

#[test]
fn two_thousand_operations_survive_a_restart_in_the_middle() {
    let mut site = Site::new();
    let store = site.object_store("s");
    let (rounds, done) = (operations() / ROUND, AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let (store, done) = (&store, &done);
        let threads = [0, 1, 2, 3].map(|thread| {
            scope.spawn(move || {
                let session = store.session();
                put(&session, &format!("lasting/key-{thread}"), b"from before the restart");
                let mut round = 0;
                while done.fetch_add(1, Ordering::Relaxed) < rounds {
                    five_operations(&session, &format!("web{thread}/key-{round}"));
                    round += 1;
                }
                round
            })
        });
        while done.load(Ordering::Relaxed) < rounds / 2 {
            assert!(!threads.iter().any(|thread| thread.is_finished()), "a thread failed");
            std::thread::sleep(Duration::from_millis(5));
        }
        site.server.restart();
        assert!(done.load(Ordering::Relaxed) < rounds, "the restart was not in the middle");
        let made: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        println!("{} operations, none lost", made * ROUND);
    });
    for thread in 0..4 {
        let name = format!("lasting/key-{thread}");
        assert_eq!(get(&store.session(), &name), b"from before the restart");
    }
    let found = store.doctor(&DoctorOptions::default(), &mut |_| {}).unwrap();
    assert!(found.damaged.is_empty() && found.versions == 4, "{found:?}");
    assert_eq!((found.strays, found.pending_erasures), (0, 0), "{found:?}");
}

/// Puts, gets twice, erases and misses a secret.
fn five_operations(session: &Session, name: &str) {
    put(session, name, name.as_bytes());
    assert_eq!(get(session, name), name.as_bytes());
    assert_eq!(get(session, name), name.as_bytes());
    session.erase(&path(name)).unwrap();
    assert_eq!(session.get(&path(name)).unwrap_err().kind(), ErrorKind::NotFound);
}
