//! Use by many threads at once.

use super::report::{Ending, Outcome, ensure, refused};
use super::site::{Site, Subject};
use crate::{ErrorKind, SecretBytes};

const THREADS: usize = 8;

/// Runs `work` in many threads at once and gives the first failure.
pub(super) fn at_once(work: impl Fn(usize) -> Outcome + Sync) -> Outcome {
    let ends: Vec<Outcome> = std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(move || work(n))).collect();
        let failed = |_| Err(Ending::Failed("a thread panicked".into()));
        threads.into_iter().map(|t| t.join().unwrap_or_else(failed)).collect()
    });
    ends.into_iter().collect()
}

pub(super) fn many_threads_keep_their_own_payloads(backend: &Subject<'_>) -> Outcome {
    at_once(|thread| {
        for round in 0..20 {
            let site = Site::new(backend)?;
            let (payload, locator) = site.fill(backend, 1 + 37 * thread + round)?;
            let loaded = backend.load(&site.placement(), &locator)?;
            ensure!(loaded.equals(&payload), "thread {thread} got another payload");
            backend.destroy(&[(site.reference, locator.clone())])?;
            let loaded = backend.load(&site.placement(), &locator);
            refused(loaded, ErrorKind::NotFound, "loading what this thread destroyed")?;
        }
        Ok(())
    })
}

pub(super) fn one_of_many_threads_takes_a_reference(backend: &Subject<'_>) -> Outcome {
    let site = Site::new(backend)?;
    let payloads: Vec<SecretBytes> =
        (0..THREADS).map(|_| SecretBytes::random(64)).collect::<crate::Result<_>>()?;
    let winners = std::sync::Mutex::new(Vec::new());
    at_once(|thread| match backend.store(&site.placement(), &payloads[thread]) {
        Ok(locator) => {
            let mut winners = winners.lock().unwrap_or_else(|e| e.into_inner());
            winners.push((thread, locator));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    })?;
    let winners = winners.into_inner().unwrap_or_else(|e| e.into_inner());
    ensure!(winners.len() == 1, "{} of {THREADS} threads took one reference", winners.len());
    let (winner, locator) = &winners[0];
    let loaded = backend.load(&site.placement(), locator)?;
    ensure!(loaded.equals(&payloads[*winner]), "the payload is not the winner's");
    backend.destroy(&[(site.reference, locator.clone())])?;
    Ok(())
}
