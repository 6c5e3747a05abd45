//! Writers that share no lock, as those of several processes.

use std::sync::Barrier;

use strongroom_backend::{
    Backend, ErrorKind, Marker, Placement, ProjectId, ProjectKey, Reference, Result, SecretBytes,
    SecretId, StoreId, VersionId, host_micros,
};
use strongroom_pkcs11::harness::{SoftHsm, TestToken, in_own_process};
use strongroom_pkcs11::{ObjectSettings, Pkcs11Objects, Token};

const RIVALS: usize = 4;
const ROUNDS: i64 = 10;

/// Backends over one token, each with locks of its own.
fn rivals() -> (SoftHsm, Vec<Pkcs11Objects>) {
    let soft = SoftHsm::start();
    soft.enter();
    let token = Token::open(soft.settings()).unwrap();
    let settings = ObjectSettings { payload_limit: Some(1024), ..ObjectSettings::default() };
    let open = |_| Pkcs11Objects::open(token.clone(), settings).unwrap();
    let rivals = (0..RIVALS).map(open).collect();
    (soft, rivals)
}

/// Has all of them do the same thing in the same moment.
fn at_once<T: Send>(
    rivals: &[Pkcs11Objects],
    work: impl Fn(usize, &Pkcs11Objects) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    let start = Barrier::new(rivals.len());
    std::thread::scope(|scope| {
        let (start, work) = (&start, &work);
        let run = |(number, rival)| {
            scope.spawn(move || {
                start.wait();
                work(number, rival)
            })
        };
        let threads: Vec<_> = rivals.iter().enumerate().map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn one_of_several_writers_takes_a_reference() {
    in_own_process("one_of_several_writers_takes_a_reference", || {
        let (_soft, rivals) = rivals();
        let key = ProjectKey::new(1, SecretBytes::random(32).unwrap());
        for round in 1..=ROUNDS {
            let now = host_micros();
            let at = Placement {
                reference: Reference::at(now).unwrap(),
                store: StoreId::random().unwrap(),
                project: ProjectId::random().unwrap(),
                secret: SecretId::at(now).unwrap(),
                version: VersionId::at(now).unwrap(),
                key: &key,
            };
            let payload = |number: usize| SecretBytes::copy_of(&[number as u8; 40]);
            let stored = at_once(&rivals, |number, rival| {
                rival.store(&at, &payload(number)?).map(|locator| (number, locator))
            });
            let mut winners = Vec::new();
            for outcome in stored {
                match outcome {
                    Ok(winner) => winners.push(winner),
                    Err(e) => assert_eq!(e.kind(), ErrorKind::AlreadyExists, "{e}"),
                }
            }
            assert_eq!(winners.len(), 1, "round {round}");
            let (number, locator) = &winners[0];
            for rival in &rivals {
                let loaded = rival.load(&at, locator).unwrap();
                assert!(loaded.equals(&payload(*number).unwrap()), "the winner's payload");
            }
            assert_eq!(rivals[0].list(None, 1000).unwrap().len(), round as usize);
        }
    });
}

#[test]
fn one_of_several_writers_changes_the_marker() {
    in_own_process("one_of_several_writers_changes_the_marker", || {
        let (_soft, rivals) = rivals();
        for round in 0..ROUNDS {
            let before = rivals[0].marker().unwrap();
            let set = at_once(&rivals, |_, rival| {
                let marker = Marker { store: StoreId::random()?, epoch: round };
                rival.set_marker(before, marker).map(|()| marker)
            });
            let mut winners = Vec::new();
            for outcome in set {
                match outcome {
                    Ok(marker) => winners.push(marker),
                    Err(e) => assert_eq!(e.kind(), ErrorKind::Conflict, "{e}"),
                }
            }
            assert_eq!(winners.len(), 1, "round {round}");
            assert_eq!(rivals[1].marker().unwrap(), Some(winners[0]));
        }
    });
}
