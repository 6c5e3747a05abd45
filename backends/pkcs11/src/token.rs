//! A token of a PKCS#11 module.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use cryptoki::mechanism::{MechanismInfo, MechanismType};
use cryptoki::slot::SlotInfo;
use strongroom_backend::{Error, ErrorKind, Process, Result, spawn_without_signals};

use crate::exchange::Call;
use crate::failure::Failure;
use crate::find::wanted;
use crate::held::Held;
use crate::module::Module;
use crate::pool::Pool;
use crate::{TokenInfo, TokenSettings};

/// How long the making of keys may take at least.
const KEY_GENERATION: Duration = Duration::from_secs(60);

/// A token, logged in to. Clones share its sessions; the last one dropped ends them.
///
/// Every call into the module runs on threads of its own, with all signals blocked, and is given up
/// after [`TokenSettings::timeout`]. A token that restarts, or is taken away and given back, is found
/// again by the next call. In a forked child every call is `Forked`; a token opened there works.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    pool: Arc<Pool>,
    process: Process,
    mechanisms: Mutex<Option<Vec<(MechanismType, MechanismInfo)>>>,
}

impl Token {
    /// Loads the module, finds the token and logs in.
    ///
    /// `Config` when module, choice or PIN source are not usable, `Unavailable` when the token is not
    /// there, `Unauthenticated` when it refuses the PIN. A refused PIN is not tried again while this
    /// process lives: tokens lock.
    pub fn open(settings: TokenSettings) -> Result<Token> {
        let module = Module::of(&settings)?;
        module.check()?;
        let pin = module.drained.read(&settings.pin)?;
        let pool = Arc::new(Pool::new(settings, module, pin));
        let (process, mechanisms) = (Process::current(), Mutex::default());
        let token = Token(Arc::new(Inner { pool, process, mechanisms }));
        let opened = token.call_repeatable(|_| Ok(()));
        let refused = |error: &Error| error.kind() == ErrorKind::Unauthenticated;
        if opened.as_ref().err().is_none_or(refused) {
            token.module().drained.forget(&token.settings().pin);
        }
        opened.map(|()| token)
    }

    /// How the token is reached.
    pub fn settings(&self) -> &TokenSettings {
        &self.0.pool.settings
    }

    /// The module, loaded by the path that it knows.
    pub(crate) fn module(&self) -> Arc<Module> {
        self.0.pool.module.clone()
    }

    /// What the module tells about the slot in which the token is.
    pub fn slot_info(&self) -> Result<SlotInfo> {
        self.call_repeatable(|held| Ok(held.pkcs11().get_slot_info(held.slot())?))
    }

    /// What the token tells about itself, now.
    pub fn token_info(&self) -> Result<TokenInfo> {
        let module = self.module();
        self.call_repeatable(move |held| {
            Ok(TokenInfo::read(module.path(), held.pkcs11(), held.slot())?)
        })
    }

    /// What the token can do. Asked for once.
    pub fn mechanisms(&self) -> Result<Vec<(MechanismType, MechanismInfo)>> {
        let known = || self.0.mechanisms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().clone() {
            return Ok(known);
        }
        let found = self.call_repeatable(mechanisms)?;
        *known() = Some(found.clone());
        Ok(found)
    }

    /// Runs `work` with a session of the token, on a thread of the module.
    ///
    /// The work is done a second time, at most, when the session, the login or the handles it
    /// remembered had gone stale, so that its failing call certainly did nothing: work that changes the
    /// token must do so in one call, its last, or bear being done again. Where that is not certain, the
    /// error is `Timeout`, and the next call finds everything in order.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Held) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T> {
        self.exchange(Call::new(work, false), self.settings().timeout)
    }

    /// Like [`call`](Self::call), for work that makes keys: a TPM takes many seconds for one of RSA.
    pub(crate) fn call_slow<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Held) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T> {
        self.exchange(Call::new(work, false), self.settings().timeout.max(KEY_GENERATION))
    }

    /// Like [`call`](Self::call), for work that can be done twice as well as once, because it leaves
    /// nothing behind in the token: it is done again also after a failure in the middle of it.
    pub(crate) fn call_repeatable<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Held) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T> {
        self.exchange(Call::new(work, true), self.settings().timeout)
    }

    fn exchange<T: Send + 'static>(&self, call: Call<T>, timeout: Duration) -> Result<T> {
        if self.0.process != Process::current() {
            return Err(Error::new(
                ErrorKind::Forked,
                "the token was opened by the parent of this process",
                "open it again in this process",
            ));
        }
        let pool = &self.0.pool;
        let call = Arc::new(call);
        pool.submit(call.clone())?;
        call.answer(timeout, || pool.give_up_thread())
    }
}

fn mechanisms(held: &mut Held) -> Result<Vec<(MechanismType, MechanismInfo)>, Failure> {
    let (pkcs11, slot) = (held.pkcs11(), held.slot());
    let mut found = Vec::new();
    for mechanism in pkcs11.get_mechanism_list(slot)? {
        // A token may list what it cannot tell about; it is of no use then.
        if let Ok(info) = pkcs11.get_mechanism_info(slot, mechanism) {
            found.push((mechanism, info));
        }
    }
    Ok(found)
}

impl Drop for Inner {
    /// Ends the threads and their sessions, and the module if nobody else uses it, within a bound. In a
    /// forked child there are none: they are the parent's, and so is what the module knows.
    fn drop(&mut self) {
        if self.process != Process::current() {
            return;
        }
        let pool = self.pool.clone();
        let timeout = pool.settings.timeout;
        let ended = Arc::new((Mutex::new(false), Condvar::new()));
        let end = ended.clone();
        let close = move || {
            if pool.close(timeout) && pool.site().joined {
                pool.module.leave();
            }
            *end.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            end.1.notify_one();
        };
        if spawn_without_signals("strongroom-p11", close).is_ok() {
            let state = ended.0.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.1.wait_timeout_while(state, timeout, |ended| !*ended);
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Token({} of {})",
            wanted(&self.settings().token),
            self.0.pool.module.path().display()
        )
    }
}
