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
use crate::module::Module;
use crate::pool::Pool;
use crate::traffic::Passage;

/// Opens a session for the work that waits for it.
pub(crate) fn connect(pool: &Pool, job: &dyn Job) -> Result<Held, Failure> {
    let timeout = pool.settings.timeout;
    job.pause();
    let Some(_pass) = pool.module.connecting.enter(timeout) else { return Err(no_turn().into()) };
    job.resume();
    let opened = {
        let _passage = go_in(&pool.module, job, timeout)?;
        open(pool)
    };
    let failure = match opened {
        Err(failure) if wants_restart(pool, &failure) => failure,
        answer => return answer,
    };
    if !restart(pool, job)? {
        return Err(failure);
    }
    job.resume();
    let _passage = go_in(&pool.module, job, timeout)?;
    open(pool)
}

/// Goes into the module, where nobody restarts it meanwhile. Time does not count until then.
pub(crate) fn go_in<'a>(
    module: &'a Module,
    job: &dyn Job,
    patience: Duration,
) -> Result<Passage<'a>, Failure> {
    if let Some(passage) = module.traffic.try_enter() {
        return Ok(passage);
    }
    job.pause();
    let passage = module.traffic.enter(patience);
    job.resume();
    passage.ok_or_else(|| module.silent().into())
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

/// Restarts the module if it is ours, under nobody's feet. Nobody is kept out of it for a restart that
/// is not to be.
fn restart(pool: &Pool, job: &dyn Job) -> Result<bool, Failure> {
    let timeout = pool.settings.timeout;
    if !pool.module.may_restart(timeout) {
        return Ok(false);
    }
    job.pause();
    let closed = pool.module.traffic.close(timeout / 2);
    // The module may hang while it ends or starts as in any other call.
    job.resume();
    match closed {
        Some(closed) => pool.module.restart(&closed, timeout),
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
