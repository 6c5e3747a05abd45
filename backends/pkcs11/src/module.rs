//! The modules of this process: each loaded once, initialised once, and never unloaded.

use std::collections::HashMap;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as TokenError, RvError};
use strongroom_backend::{Error, ErrorKind, Process, Result};

use crate::claims::Claims;
use crate::failure::Failure;
use crate::find::{Found, matches};
use crate::gate::Gate;
use crate::initialize::initialize;
use crate::login::Trials;
use crate::pin::Drained;
use crate::traffic::{Closure, Traffic};
use crate::{TokenChoice, TokenSettings};

/// A PKCS#11 module of this process.
pub(crate) struct Module {
    path: PathBuf,
    initialization: Option<CString>,
    life: Mutex<Life>,
    /// The sessions that are open.
    pub(crate) claims: Claims,
    /// One connection is made at a time: no storm of logins, and each finds what the last one did.
    pub(crate) connecting: Gate,
    /// The work that is going on in the module.
    pub(crate) traffic: Traffic,
    /// The PINs that were tried.
    pub(crate) trials: Trials,
    /// The PINs that were read from a pipe for it, until a token opens.
    pub(crate) drained: Drained,
    /// Every token that was found in it.
    seen: Mutex<Vec<Found>>,
}

#[derive(Default)]
struct Life {
    pkcs11: Option<Pkcs11>,
    users: usize,
    /// Whether we initialised it, and so have to finalise it.
    ours: bool,
    restarted: Option<Instant>,
}

impl Module {
    /// The module that the settings name, the same for all who name it alike. It is not loaded yet.
    pub(crate) fn of(settings: &TokenSettings) -> Result<Arc<Module>> {
        let path = place(&settings.module)?;
        let text = settings.initialization.clone().map(CString::new).transpose().map_err(|_| {
            unusable(&path, "cannot be initialised with a text that has a NUL in it".to_string())
        })?;
        let mut modules = of_this_process();
        let module = modules.entry((path.clone(), text.clone())).or_insert_with(|| {
            Arc::new(Module {
                path,
                initialization: text,
                life: Mutex::default(),
                claims: Claims::default(),
                connecting: Gate::default(),
                traffic: Traffic::default(),
                trials: Trials::default(),
                drained: Drained::default(),
                seen: Mutex::default(),
            })
        });
        Ok(module.clone())
    }

    /// Where the module is, or its bare name: what it is loaded by.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Loads and initialises the module if need be. The first time it is asked for with `joined` unset,
    /// it counts one more user and sets it.
    pub(crate) fn join(&self, joined: &mut bool) -> Result<Pkcs11, Failure> {
        let mut life = self.life();
        let pkcs11 = match &life.pkcs11 {
            Some(loaded) => loaded.clone(),
            // Kept for good: threads and destructors of the library may outlive every use of it.
            None => life.pkcs11.insert(self.load()?).clone(),
        };
        if !is_initialized(&pkcs11) {
            self.initialize(&mut life, &pkcs11)?;
        }
        if !*joined {
            life.users += 1;
            *joined = true;
        }
        Ok(pkcs11)
    }

    /// Counts one user less. The last one finalises the module if we initialised it, and nobody is
    /// stuck in it.
    pub(crate) fn leave(&self) {
        let mut life = self.life();
        life.users = life.users.saturating_sub(1);
        if life.users > 0 || !life.ours || self.traffic.has_stuck() {
            return;
        }
        // Nobody is left whose call could be waited for.
        if let Some(_closed) = self.traffic.close(Duration::ZERO) {
            life.ours = false;
            if let Some(pkcs11) = life.pkcs11.clone() {
                // A module that cannot end stays as it is.
                let _ = pkcs11.finalize();
            }
        }
    }

    /// Whether [`restart`](Self::restart) would do anything. To be asked before anybody is kept out for it.
    pub(crate) fn may_restart(&self, pause: Duration) -> bool {
        self.allows_restart(&self.life(), pause)
    }

    fn allows_restart(&self, life: &Life, pause: Duration) -> bool {
        let recent = life.restarted.is_some_and(|when| when.elapsed() < pause);
        life.ours && life.pkcs11.is_some() && !recent && !self.traffic.has_stuck()
    }

    /// Ends and starts a module that we initialised: some find a token that came back in no other way.
    /// Not more often than every `pause`, because it takes the sessions of other tokens with it. Whether
    /// it was done.
    pub(crate) fn restart(
        &self,
        _nobody_inside: &Closure,
        pause: Duration,
    ) -> Result<bool, Failure> {
        let mut life = self.life();
        let allowed = self.allows_restart(&life, pause);
        let Some(pkcs11) = life.pkcs11.clone().filter(|_| allowed) else { return Ok(false) };
        life.restarted = Some(Instant::now());
        pkcs11.clone().finalize()?;
        life.ours = false;
        self.initialize(&mut life, &pkcs11)?;
        Ok(true)
    }

    fn initialize(&self, life: &mut Life, pkcs11: &Pkcs11) -> Result<(), Failure> {
        self.claims.void_all();
        // One that turns out to be initialised stays whose it was.
        life.ours |= initialize(pkcs11, self.initialization.as_deref())?;
        Ok(())
    }

    /// Notes that the token is one of this module's.
    pub(crate) fn saw(&self, found: &Found) {
        let mut seen = self.seen();
        if !seen.iter().any(|other| other.again() == found.again()) {
            seen.push(found.clone());
        }
    }

    /// Whether the choice meant a token that was found before.
    pub(crate) fn has_seen(&self, choice: &TokenChoice) -> bool {
        self.seen().iter().any(|found| matches(choice, found))
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Found>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses to send one more thread into a module that does not let them out again.
    pub(crate) fn check(&self) -> Result<()> {
        if self.traffic.is_silent() { Err(self.silent()) } else { Ok(()) }
    }

    /// The error of work that was not let into the module.
    pub(crate) fn silent(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("the PKCS#11 module {} does not answer", self.path.display()),
            "look at the token and the way to it; calls go through again once one comes back",
        )
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<Pkcs11> {
        Pkcs11::new(&self.path).map_err(|e| match e {
            TokenError::LibraryLoading(e) => {
                unusable(&self.path, format!("cannot be loaded: {e}")).with_source(e)
            }
            TokenError::MissingSymbol(name) => {
                unusable(&self.path, format!("is not a PKCS#11 module: it has no {name}"))
            }
            e => unusable(&self.path, format!("cannot be used: {e}")).with_source(e),
        })
    }
}

/// The one path of the module. A bare name stays as it is: the system's loader knows where to look for
/// it, and the current folder, where anybody may have put one, is not among its places.
fn place(module: &Path) -> Result<PathBuf> {
    if !module.as_os_str().as_bytes().contains(&b'/') {
        return Ok(module.to_path_buf());
    }
    std::fs::canonicalize(module)
        .map_err(|e| unusable(module, format!("cannot be found: {e}")).with_source(e))
}

fn unusable(path: &Path, why: String) -> Error {
    let what = format!("the PKCS#11 module {} {why}", path.display());
    Error::new(ErrorKind::Config, what, "check the path of the module")
}

/// Whether somebody, in most cases the host, has initialised the module already.
///
/// Some modules tell about themselves before that, and NSS even lists its slots: none. To initialise
/// once too often is harmless.
fn is_initialized(pkcs11: &Pkcs11) -> bool {
    let refused =
        |error: TokenError| matches!(error, TokenError::Pkcs11(RvError::CryptokiNotInitialized, _));
    if pkcs11.get_library_info().is_err_and(refused) {
        return false;
    }
    match pkcs11.get_all_slots() {
        Ok(slots) => !slots.is_empty(),
        Err(error) => !refused(error),
    }
}

type Modules = HashMap<(PathBuf, Option<CString>), Arc<Module>>;

/// The modules of one process, then those of its child: a child must not even wait for a lock of its
/// parent, which another thread may have held when it was forked.
struct Registry {
    process: Process,
    modules: Mutex<Modules>,
    of_child: OnceLock<Box<Registry>>,
}

impl Registry {
    fn new() -> Registry {
        let modules = Mutex::default();
        Registry { process: Process::current(), modules, of_child: OnceLock::new() }
    }
}

fn of_this_process() -> MutexGuard<'static, Modules> {
    static FIRST: OnceLock<Registry> = OnceLock::new();
    let mut registry = FIRST.get_or_init(Registry::new);
    while registry.process != Process::current() {
        registry = registry.of_child.get_or_init(|| Box::new(Registry::new()));
    }
    registry.modules.lock().unwrap_or_else(PoisonError::into_inner)
}
