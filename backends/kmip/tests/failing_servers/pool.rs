//! How many connections there are, and how often a server is tried that lets go of them.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use strongroom_backend::{Backend, ErrorKind};
use strongroom_kmip::KmipObjects;

use super::kmip::Said;
use super::server::TestServer;
use super::{PATIENCE, SHORT, Site, objects};

/// What so many threads at once are answered when each lists what is there.
fn at_once(objects: &KmipObjects, threads: usize) -> Vec<strongroom_backend::Result<()>> {
    std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| objects.list(None, 1).map(|_| ()))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn connections_are_kept_and_no_more_than_configured() {
    let site = Site::new();
    let (server, mut settings) = site.answered(|_| Said::Done(&[]));
    settings.connections = 1;
    let one = objects(settings);
    for _ in 0..3 {
        at_once(&one, 4).into_iter().for_each(|told| told.unwrap());
    }
    assert_eq!(server.accepted(), 1);

    // The control: a server that answers two at once or none. Each is answered over its own connection.
    let both = Arc::new(Barrier::new(2));
    let (server, mut settings) = site.answered(move |_| {
        both.wait();
        Said::Done(&[])
    });
    settings.connections = 2;
    at_once(&objects(settings), 2).into_iter().for_each(|told| told.unwrap());
    assert_eq!(server.accepted(), 2);
}

#[test]
fn who_gets_no_connection_is_told_so_in_time() {
    let site = Site::new();
    let (_server, mut settings) = site.answered(|_| {
        std::thread::sleep(SHORT.mul_f32(0.6));
        Said::Done(&[])
    });
    settings.connections = 1;
    settings.timeout = SHORT;
    let started = Instant::now();
    let told = at_once(&objects(settings), 8);
    assert!(started.elapsed() < 2 * SHORT + PATIENCE, "{:?}", started.elapsed());
    let errors: Vec<_> = told.into_iter().filter_map(Result::err).collect();
    assert!(errors.iter().all(|e| e.kind() == ErrorKind::Unavailable), "{errors:?}");
    let is_busy = |text: String| text.contains("all 1 connections to the KMIP server");
    assert!(errors.iter().any(|error| is_busy(error.to_string())), "{errors:?}");
}

#[test]
fn a_server_that_hangs_up_is_tried_again_but_not_in_a_busy_loop() {
    let site = Site::new();
    let server = TestServer::hanging_up();
    let settings = site.settings_within(Duration::from_secs(1), server.port());
    let told = at_once(&objects(settings), 4);
    assert!(told.iter().all(Result::is_err));
    // The pauses are 50 ms and twice as long each time: six in the two seconds that a call has, for
    // each of the four.
    let tried = server.accepted();
    assert!((2..=40).contains(&tried), "{tried}");
}
