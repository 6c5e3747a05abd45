//! What every metadata database promises, seen through the port; run on each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use strongroom_backend::{ProjectId, SecretBytes, SecretId, StoreId};

use super::clock::Clock;
use super::projects::Project;
use super::secrets::{NameRange, Secret};
use super::{Metadata, Record, claims, clock, plan, projects, secrets};
use crate::keys::StoreKeys;
use crate::{Error, ErrorKind, ProjectState, Result, SecretPath, SecretType, Timestamp};

/// Runs every check on a new, empty database.
pub(crate) fn run(metadata: Arc<dyn Metadata>) {
    let keys = store_keys();
    rows_come_back_as_they_were(&*metadata, &keys);
    names_are_in_the_order_of_their_bytes(&*metadata, &keys);
    an_error_undoes_all(&*metadata, &keys);
    a_row_that_is_there_is_not_added_again(&*metadata, &keys);
    a_row_that_is_gone_is_not_changed(&*metadata, &keys);
    a_reference_is_claimed_or_condemned_once(&metadata);
    no_update_is_lost(&metadata, &keys);
    what_is_asked_ahead_is_what_is_there(&*metadata, &keys);
    several_statements_change_what_each_changes(&*metadata, &keys);
    a_plan_is_of_one_moment(&metadata, &keys);
    a_backup_and_erasures_exclude_each_other(&*metadata);
    the_stamp_never_goes_back(&*metadata, &keys);
}

fn store_keys() -> Arc<StoreKeys> {
    let key = SecretBytes::random(32).unwrap();
    Arc::new(StoreKeys::derive(StoreId::random().unwrap(), &key).unwrap())
}

fn project(name: &str) -> Project {
    Project {
        project_id: ProjectId::random().unwrap(),
        name: name.to_owned(),
        state: ProjectState::Live,
        backend: "main".to_owned(),
        epoch: i64::MAX,
        generation: 1,
        created_at: Timestamp::from_micros(1),
    }
}

fn secret(project: ProjectId, name: &str) -> Secret {
    Secret {
        secret_id: SecretId::at(1).unwrap(),
        project_id: project,
        name: name.to_owned(),
        project_epoch: i64::MIN,
        secret_type: SecretType::ALL[0],
        content_type: None,
        labels: vec![0, 255, 0],
        next_number: 1,
        created_at: Timestamp::from_micros(1),
        updated_at: Timestamp::from_micros(2),
    }
}

/// Adds rows in one transaction.
fn add<R: Record + Send + Sync + 'static>(
    metadata: &dyn Metadata,
    keys: &Arc<StoreKeys>,
    rows: Vec<R>,
) -> Result<()> {
    let keys = keys.clone();
    metadata.writing(move |q| rows.iter().try_for_each(|row| row.insert(&keys, q)))
}

fn planted() -> Error {
    Error::new(ErrorKind::Conflict, "planted", "nothing")
}

fn rows_come_back_as_they_were(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let (kept, odd) = (project("rows"), secret(ProjectId::random().unwrap(), "a"));
    let odd = Secret { content_type: Some("text/é".into()), ..odd };
    add(metadata, keys, vec![kept.clone()]).unwrap();
    add(metadata, keys, vec![odd.clone()]).unwrap();
    let found = metadata.reading(|q| projects::find(keys, q, "rows")).unwrap();
    assert_eq!(found, Some(kept));
    let found = metadata.reading(|q| secrets::find(keys, q, odd.project_id, "a")).unwrap();
    assert_eq!(found, Some(odd));
    assert_eq!(metadata.reading(|q| projects::find(keys, q, "absent")).unwrap(), None);
}

fn names_are_in_the_order_of_their_bytes(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let id = ProjectId::random().unwrap();
    let names = ["B", "_", "a", "a-b", "a.b", "a/b", "a0", "aa", "b"];
    add(metadata, keys, names.iter().rev().map(|name| secret(id, name)).collect()).unwrap();
    let page = |prefix, after, limit| -> Vec<String> {
        let range = NameRange::new(prefix, after);
        let rows = metadata.reading(|q| secrets::page(keys, q, id, &range, limit)).unwrap();
        rows.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(page("", None, 100), names);
    assert_eq!(page("a", None, 100), names[2..8]);
    assert_eq!(page("a", Some("a-b"), 2), names[4..6]);
}

fn an_error_undoes_all(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let (row, ours) = (project("undone"), keys.clone());
    let result =
        metadata.writing(move |q| row.insert(&ours, q).and_then(|()| Err::<(), _>(planted())));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(metadata.reading(|q| projects::find(keys, q, "undone")).unwrap(), None);
}

fn a_row_that_is_there_is_not_added_again(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    add(metadata, keys, vec![project("once")]).unwrap();
    let error = add(metadata, keys, vec![project("once")]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let erased = Project { state: ProjectState::Erased, ..project("once") };
    add(metadata, keys, vec![erased]).unwrap();
}

fn a_row_that_is_gone_is_not_changed(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let (absent, ours) = (project("gone"), keys.clone());
    let error = metadata.writing(move |q| absent.update(&ours, q)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

/// Both outcomes for one of two that ask at once, and a transaction goes on after either.
fn a_reference_is_claimed_or_condemned_once(metadata: &Arc<dyn Metadata>) {
    for round in 0..20u8 {
        let reference = [round; 32];
        let won: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|n| {
                    scope.spawn(move || {
                        metadata.writing(move |q| {
                            let won = match n % 2 {
                                0 => q.execute_all(&[claims::claim(&reference)])? == [1],
                                _ => claims::condemn(q, &reference)?,
                            };
                            // The transaction can still be used.
                            claims::is_condemned(q, &reference).map(|_| won)
                        })
                    })
                })
                .collect();
            let won = threads.into_iter().map(|thread| thread.join().unwrap().unwrap());
            won.filter(|won| *won).count()
        });
        assert_eq!(won, 1, "reference {round}");
        let among = [[200; 32], reference];
        let claimed = metadata.reading(|q| claims::claimed_among(q, &among)).unwrap();
        let condemned = metadata.reading(|q| claims::is_condemned(q, &reference)).unwrap();
        assert_eq!(claimed, if condemned { Vec::new() } else { vec![reference] });
    }
}

fn no_update_is_lost(metadata: &Arc<dyn Metadata>, keys: &Arc<StoreKeys>) {
    let row = secret(ProjectId::random().unwrap(), "counter");
    let id = row.project_id;
    add(&**metadata, keys, vec![row]).unwrap();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..15 {
                    let ours = keys.clone();
                    let add_one = move |q: &dyn super::Queries| {
                        let mut row = secrets::find(&ours, q, id, "counter")?.unwrap();
                        row.next_number += 1;
                        row.update(&ours, q)
                    };
                    metadata.writing(add_one).unwrap();
                }
            });
        }
    });
    let row = metadata.reading(|q| secrets::find(keys, q, id, "counter")).unwrap();
    assert_eq!(row.unwrap().next_number, 1 + 6 * 15);
}

/// Whoever writes changes a project and its secret at the same time.
fn a_plan_is_of_one_moment(metadata: &Arc<dyn Metadata>, keys: &Arc<StoreKeys>) {
    let path = SecretPath::new("moment", "a").unwrap();
    let row = project(path.project());
    let id = row.project_id;
    add(&**metadata, keys, vec![row]).unwrap();
    add(&**metadata, keys, vec![Clock { stamp: Timestamp::from_micros(1) }]).unwrap();
    let read =
        |at: &SecretPath| metadata.reading_before_write(|q| plan::read(keys, q, at)).unwrap();
    let (_, absent) = read(&path).project.unwrap();
    assert!(absent.is_none() && read(&SecretPath::new("none", "a").unwrap()).project.is_none());
    add(&**metadata, keys, vec![secret(id, path.name())]).unwrap();
    let moved = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 2..42 {
                let ours = keys.clone();
                let change = move |q: &dyn super::Queries| {
                    let mut project = projects::by_id(&ours, q, id)?.unwrap();
                    let mut secret = secrets::find(&ours, q, id, "a")?.unwrap();
                    (project.generation, secret.next_number) = (number, number);
                    secret.update(&ours, q)?;
                    project.update(&ours, q)
                };
                metadata.writing(change).unwrap();
                moved.fetch_add(1, Ordering::SeqCst);
            }
        });
        while moved.load(Ordering::SeqCst) < 40 {
            let (project, secret) = read(&path).project.unwrap();
            assert_eq!(project.generation, secret.unwrap().next_number);
        }
    });
    metadata.writing(|q| q.execute("DELETE FROM clock", &[]).map(|_| ())).unwrap();
}

fn what_is_asked_ahead_is_what_is_there(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let id = ProjectId::random().unwrap();
    add(metadata, keys, vec![secret(id, "one"), secret(id, "two")]).unwrap();
    let ours = keys.clone();
    let numbers = metadata.writing(move |q| {
        let (one, two) = (secrets::query(&id, "one"), secrets::query(&id, "two"));
        q.ask_ahead(&[one, secrets::query(&id, "absent"), two])?;
        assert_eq!(secrets::find(&ours, q, id, "absent")?, None);
        let number = |name| {
            let found = secrets::find(&ours, q, id, name)?;
            Ok::<_, Error>(found.map(|secret| (secret.name, secret.next_number)))
        };
        // Not in the order in which they were asked, and one not ahead.
        let before = [number("two")?, number("one")?, number("one")?];
        q.ask_ahead(&[secrets::query(&id, "one"), secrets::query(&id, "two")])?;
        let changed = Secret { next_number: 7, ..secrets::find(&ours, q, id, "one")?.unwrap() };
        changed.update(&ours, q)?;
        let two = Secret { next_number: 8, ..secret(id, "two") };
        two.update(&ours, q)?;
        // What was answered before that is not told.
        Ok((before, [number("one")?, number("two")?]))
    });
    let (before, after) = numbers.unwrap();
    let is = |name: &str, number| Some((name.to_owned(), number));
    assert_eq!(before, [is("two", 1), is("one", 1), is("one", 1)]);
    assert_eq!(after, [is("one", 7), is("two", 8)]);
}

fn several_statements_change_what_each_changes(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let id = ProjectId::random().unwrap();
    let all = move |keys: &Arc<StoreKeys>, rows: [Secret; 3]| {
        let ours = keys.clone();
        metadata.writing(move |q| {
            let sealed = [rows[0].sealed(&ours)?, rows[1].sealed(&ours)?, rows[2].sealed(&ours)?];
            let [one, two, absent] = &sealed;
            let (one, two) = (one.insertion::<Secret>(), two.insertion::<Secret>());
            q.execute_all(&[one, two, absent.replacement::<Secret>()])
        })
    };
    let changed = all(keys, ["one", "two", "absent"].map(|name| secret(id, name)));
    assert_eq!(changed.unwrap(), [1, 1, 0]);
    // One that fails undoes the others, and its error is the one that is told.
    let error = all(keys, ["three", "one", "four"].map(|name| secret(id, name))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(metadata.reading(|q| secrets::find(keys, q, id, "three")).unwrap(), None);
}

fn a_backup_and_erasures_exclude_each_other(metadata: &dyn Metadata) {
    let (one, other) = (metadata.permit_erasures().unwrap(), metadata.permit_erasures().unwrap());
    assert!(one.is_some() && other.is_some());
    drop((one, other));
    let held = metadata.hold_erasures().unwrap();
    held.check().unwrap();
    assert!(metadata.permit_erasures().unwrap().is_none());
    drop(held);
    assert!(metadata.permit_erasures().unwrap().is_some());
}

fn the_stamp_never_goes_back(metadata: &dyn Metadata, keys: &Arc<StoreKeys>) {
    let ahead = Timestamp::from_micros(metadata.now().unwrap() + 3_600_000_000);
    add(metadata, keys, vec![Clock { stamp: ahead }]).unwrap();
    let ours = keys.clone();
    let moment = metadata.writing(move |q| clock::tick(&ours, q)).unwrap();
    assert!(!moment.trusted, "an hour behind the store");
    assert!(metadata.reading(|q| clock::stamp(keys, q)).unwrap() >= ahead);
    let ours = keys.clone();
    metadata.writing(move |q| clock::reset(&ours, q)).unwrap();
    let ours = keys.clone();
    assert!(metadata.writing(move |q| clock::tick(&ours, q)).unwrap().trusted);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_sqlite_file_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metadata.db");
    run(Arc::new(super::SqliteMetadata::create(&path).unwrap()));
}

#[cfg(feature = "postgres")]
#[test]
fn a_postgresql_schema_keeps_every_promise() {
    use strongroom_postgres::{Environment, Settings};
    use strongroom_test_support::postgres::Cluster;
    let cluster = Cluster::start();
    let dsn = cluster.new_database("metadata");
    let settings = Settings::parse(&dsn, Environment::Ignored).unwrap();
    run(Arc::new(super::PostgresMetadata::create(settings).unwrap()));
}
