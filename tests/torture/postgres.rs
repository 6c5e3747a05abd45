//! The same kills of processes whose metadata and shelf are on a real PostgreSQL server, and crashes of that
//! server.
//!
//! A power cut cannot be put under a server of somebody else's. To kill all of its processes at once is what
//! comes nearest: what it has not written to a file is lost.

use std::time::{Duration, Instant};

use crate::child::Outcome;
use crate::coverage::Moment;
use crate::kinds::Kind;
use crate::model::{Databases, Shape, World};
use crate::run::Run;
use crate::sources::postgres_steps;
use crate::torture::{DEVICE_STEPS, expect_all, kill, kills, publish, seed};

fn on_a_server(settings: &[&str]) -> World {
    World::on(Shape::Software, Databases::Postgres, settings)
}

#[test]
fn a_process_killed_over_postgresql_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    let reached = kill(on_a_server(&[]), kills() / 4).steps();
    let mut named = postgres_steps();
    named.retain(|step| !DEVICE_STEPS.contains(&step.as_str()));
    expect_all(named, reached);
}

/// Whoever works on a server that crashes goes on when it is back, or is told that nothing was changed, or
/// that nobody knows.
fn crash(databases: Databases, crashes: usize) {
    let seed = seed();
    let mut run = Run::of(seed, World::on(Shape::Software, databases, &[]));
    let refused = run.crash_often(crashes);
    let name = format!("{}-crashes", run.world);
    publish(&format!("{}\n{refused} refused\n", run.coverage.report(&name, seed)), &name);
    assert!(refused < crashes, "nothing was carried out");
}

#[test]
fn a_server_that_crashes_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    crash(Databases::Postgres, kills() / 8);
}

#[test]
fn a_server_with_one_of_two_databases_that_crashes_loses_nothing_acknowledged() {
    for databases in [Databases::PostgresMetadata, Databases::PostgresShelf] {
        crash(databases, kills() / 16);
    }
}

/// A server that acknowledges what it has not yet written down. What it says of its own setting is
/// overruled by the library, so that it has to be done behind its back.
#[test]
fn a_server_that_acknowledges_too_early_is_found_out() {
    let mut run = Run::of(8, on_a_server(&["wal_writer_delay=10s"]));
    let hasty = "CREATE FUNCTION hasty() RETURNS trigger LANGUAGE plpgsql \
                 AS 'BEGIN PERFORM set_config(''synchronous_commit'', ''off'', true); RETURN NEW; END'";
    run.world.database().sql(hasty);
    for table in ["store_metadata.commits", "store_shelf.payloads"] {
        run.world.database().sql(&format!(
            "CREATE TRIGGER hasty BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION hasty()"
        ));
    }
    let mut worker = run.start();
    // It may write down by chance what it has acknowledged.
    let lost = (0..10).any(|_| {
        run.do_one(&mut worker, Kind::PutProject);
        run.crash_server();
        run.check().is_err_and(|complaint| complaint.contains("expected but not there"))
    });
    assert!(lost, "ten puts were there after crashes, each acknowledged before it was durable");
}

/// A store that holds one payload on a server.
fn with_one_payload(seed: u64) -> Run {
    let mut run = Run::of(seed, on_a_server(&[]));
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::PutProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    run
}

#[test]
fn the_check_notices_a_payload_that_a_server_lost() {
    let mut run = with_one_payload(9);
    let deleted =
        "WITH gone AS (DELETE FROM store_shelf.payloads RETURNING 1) SELECT count(*) FROM gone";
    assert_eq!(run.world.database().sql(deleted), "1");
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("#1"), "{complaint}");
}

#[test]
fn the_check_notices_a_payload_that_an_erase_left_on_a_server() {
    let mut run = with_one_payload(10);
    run.world.database().sql("CREATE TABLE kept AS TABLE store_shelf.payloads");
    let mut worker = run.start();
    run.do_one(&mut worker, Kind::EraseProject);
    drop(worker);
    assert_eq!(run.check(), Ok(()));
    run.world.database().sql("INSERT INTO store_shelf.payloads TABLE kept");
    let complaint = run.check().unwrap_err();
    assert!(complaint.contains("1 strays"), "{complaint}");
}

/// What a killed process had asked for may still be carried out: the check has to wait for it.
#[test]
fn what_a_killed_process_has_sent_is_waited_for() {
    let mut run = Run::of(11, on_a_server(&[]));
    run.world.database().sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql \
         AS 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END'; \
         CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON store_metadata.versions \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()",
    );
    // On a busy machine a commit may be over before anybody looks.
    let outlived = (0..10).any(|_| {
        let outlived = kill_during_commit(&mut run);
        run.world.await_end_of_sessions();
        assert_eq!(run.check(), Ok(()));
        outlived
    });
    assert!(outlived, "no commit was still under way when its process was gone");
}

/// Kills a process in a slow commit. Whether the commit went on.
fn kill_during_commit(run: &mut Run) -> bool {
    let mut worker = run.start();
    let action = run.prepare(&mut worker, Kind::PutProject);
    worker.stop_at("put.payload-stored", 1);
    assert_eq!(worker.run(&action), Outcome::Stopped);
    worker.release();
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let is_sleeping = |run: &Run| run.world.database().sql(sleeping) == "1";
    let end = Instant::now() + Duration::from_secs(2);
    while !is_sleeping(run) && Instant::now() < end {}
    drop(worker);
    let went_on = is_sleeping(run);
    run.note_kill(Kind::PutProject, Moment::AnyTime, action, false);
    went_on
}
