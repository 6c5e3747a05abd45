//! From nothing to a logged-in session. The same way leads back after a restart of the token.

use std::time::Duration;

use cryptoki::context::Pkcs11;
use cryptoki::error::RvError;
use strongroom_backend::{Error, ErrorKind};

use crate::exchange::Job;
use crate::failure::Failure;
use crate::find::{Found, find};
use crate::held::Held;
use crate::login::log_in;
use crate::pool::Pool;

/// Opens a session for the work that waits for it.
pub(crate) fn connect(pool: &Pool, job: &dyn Job) -> Result<Held, Failure> {
    let timeout = pool.settings.timeout;
    job.pause();
    let Some(_pass) = pool.module.connecting.enter(timeout) else { return Err(no_turn().into()) };
    job.resume();
    let failure = match open(pool) {
        Err(failure) if wants_restart(pool, &failure) => failure,
        answer => return answer,
    };
    let restarted = restart(pool, job, timeout / 2)?;
    job.resume();
    if restarted { open(pool) } else { Err(failure) }
}

fn open(pool: &Pool) -> Result<Held, Failure> {
    let mut site = pool.site();
    let pkcs11 = pool.module.join(&mut site.joined)?;
    let found = locate(pool, &pkcs11, site.found.as_ref())?;
    site.found = Some(found.clone());
    pool.module.saw(&found);
    drop(site);
    let session = pkcs11.open_rw_session_no_drop(found.slot)?;
    let claim = pool.module.claims.claim(session.handle());
    if let Err(failure) = log_in(&session, &found.info, pool.pin.as_ref(), &pool.module.trials) {
        let _ = session.close();
        return Err(failure);
    }
    Ok(Held::new(session, claim, pkcs11, found.slot))
}

/// A token that was found once is the same one ever after, whatever slot it is in.
fn locate(pool: &Pool, pkcs11: &Pkcs11, known: Option<&Found>) -> Result<Found, Failure> {
    let choice = known.map_or_else(|| pool.settings.token.clone(), Found::again);
    find(pool.module.path(), pkcs11, &choice)
}

/// Whether the token was there, for whoever in this process, and a module that starts anew may find it
/// again. A token that never was there is no reason to end the sessions of others.
fn wants_restart(pool: &Pool, failure: &Failure) -> bool {
    use RvError::*;
    let lost = match failure {
        Failure::Ours(error) => error.kind() == ErrorKind::Unavailable,
        Failure::Token(_) => matches!(
            failure.code(),
            Some(
                DeviceRemoved
                    | DeviceError
                    | TokenNotPresent
                    | TokenNotRecognized
                    | SlotIdInvalid
                    | GeneralError
                    | FunctionFailed
            )
        ),
    };
    lost && pool.module.has_seen(&pool.settings.token)
}

/// Restarts the module if it is ours, under nobody's feet.
fn restart(pool: &Pool, job: &dyn Job, patience: Duration) -> Result<bool, Failure> {
    job.pause();
    let closed = pool.module.traffic.close(patience);
    // The module may hang while it ends or starts as in any other call.
    job.resume();
    match closed {
        Some(closed) => pool.module.restart(&closed, pool.settings.timeout),
        None => Ok(false),
    }
}

fn no_turn() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "another call is still connecting to the token",
        "try again; look at the token if it stays so",
    )
}
