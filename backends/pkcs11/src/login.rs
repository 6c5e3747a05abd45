//! Logging in, and never twice with a PIN that the token refused.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::error::RvError;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::types::RawAuthPin;
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use crate::TokenInfo;
use crate::errors::{explain, native};
use crate::failure::Failure;

/// The PINs that are being tried or were refused, for as long as the process lives: tokens count wrong
/// ones, and lock after a few.
#[derive(Default)]
pub(crate) struct Trials(Mutex<Vec<Trial>>);

struct Trial {
    serial: String,
    pin: SecretBytes,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    UnderWay,
    /// The token took it: what fails afterwards is not the PIN's fault, and may be tried again.
    Accepted,
    Refused,
    /// The token failed without saying whether it looked at the PIN. It may have counted it as wrong.
    Unclear,
}

impl Trials {
    /// Notes that the PIN is about to be tried, and tells whether it was accepted before. An error when it
    /// was refused, or may have been, or when a login with it has not come back.
    fn begin(&self, serial: &str, pin: &SecretBytes) -> Result<State> {
        let mut trials = self.all();
        let Some(trial) = trials.iter_mut().find(|trial| trial.is_of(serial, pin)) else {
            let pin = SecretBytes::copy_of(pin)?;
            trials.push(Trial { serial: serial.to_string(), pin, state: State::UnderWay });
            return Ok(State::UnderWay);
        };
        match trial.state {
            State::Accepted => Ok(State::Accepted),
            State::UnderWay => Err(Error::new(
                ErrorKind::Unavailable,
                "a login to the token has not come back",
                "try again; look at the token if it stays so",
            )),
            State::Refused => Err(Error::new(
                ErrorKind::Unauthenticated,
                "the token refused this PIN before; it was not tried again, because tokens lock",
                "correct the PIN, or restart this program if the token's PIN was changed to it",
            )
            .with_native("CKR_PIN_INCORRECT")),
            State::Unclear => Err(unclear()),
        }
    }

    /// Notes what came of it.
    fn end(&self, serial: &str, pin: &SecretBytes, state: Option<State>) {
        let mut trials = self.all();
        match (trials.iter_mut().find(|trial| trial.is_of(serial, pin)), state) {
            (Some(trial), Some(state)) => trial.state = state,
            _ => trials.retain(|trial| !trial.is_of(serial, pin)),
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Trial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trial {
    fn is_of(&self, serial: &str, pin: &SecretBytes) -> bool {
        self.serial == serial && self.pin.equals(pin)
    }
}

/// Logs in, unless the token asks for no login or this process is logged in already.
pub(crate) fn log_in(
    session: &Session,
    info: &TokenInfo,
    pin: Option<&SecretBytes>,
    trials: &Trials,
) -> Result<(), Failure> {
    if !info.login_required() || is_logged_in(session)? {
        return Ok(());
    }
    let Some(pin) = pin else { return log_in_at_the_token(session, info) };
    let serial = info.serial_number();
    let before = trials.begin(serial, pin)?;
    let answer = try_pin(session, pin);
    let now = outcome(&answer, before);
    trials.end(serial, pin, now);
    match answer {
        Err(failure) if now == Some(State::Unclear) => {
            let code = failure.code().map(native).unwrap_or_default();
            Err(unclear().with_native(code).into())
        }
        answer => answer.map_err(|failure| named(failure, info)),
    }
}

/// What a PIN is after this answer. Nothing when it certainly was not looked at: it may be tried again.
fn outcome(answer: &Result<(), Failure>, before: State) -> Option<State> {
    use RvError::*;
    let Err(failure) = answer else { return Some(State::Accepted) };
    match failure.code()? {
        PinIncorrect | PinInvalid | PinLenRange => Some(State::Refused),
        _ if before == State::Accepted => Some(State::Accepted),
        GeneralError | FunctionFailed | FunctionCanceled | DeviceError | ArgumentsBad
        | VendorDefined(_) | UnknownErrorCode(_) => Some(State::Unclear),
        _ => None,
    }
}

fn unclear() -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "the token failed at the login without saying whether the PIN was wrong; it is not tried again, because \
         tokens lock",
        "look at the token and the PIN, then start this program again",
    )
}

fn is_logged_in(session: &Session) -> Result<bool, Failure> {
    let state = session.get_session_info()?.session_state();
    Ok(matches!(state, SessionState::RwUser | SessionState::RoUser))
}

fn try_pin(session: &Session, pin: &SecretBytes) -> Result<(), Failure> {
    // The binding wants a buffer of its own, and wipes it.
    let pin = RawAuthPin::new(Box::new(pin.to_vec()));
    accepted(session.login_with_raw(UserType::User, &pin))
}

/// The token has a pad, or a reader of fingers, of its own.
fn log_in_at_the_token(session: &Session, info: &TokenInfo) -> Result<(), Failure> {
    if info.protected_authentication_path() {
        return accepted(session.login(UserType::User, None)).map_err(|f| named(f, info));
    }
    Err(Error::new(
        ErrorKind::Unauthenticated,
        format!("the token {:?} wants a PIN", info.label()),
        "name the PIN's source in the config",
    )
    .into())
}

fn accepted(answer: cryptoki::error::Result<()>) -> Result<(), Failure> {
    match answer.map_err(Failure::from) {
        Err(failure) if failure.code() == Some(RvError::UserAlreadyLoggedIn) => Ok(()),
        answer => answer,
    }
}

/// What concerns the user says of which token.
fn named(failure: Failure, info: &TokenInfo) -> Failure {
    let Some(code) = failure.code() else { return failure };
    let error = explain(failure, true);
    if error.kind() != ErrorKind::Unauthenticated {
        return Failure::Token(cryptoki::error::Error::Pkcs11(
            code,
            cryptoki::context::Function::Login,
        ));
    }
    let what = format!("token {:?}: {}", info.label(), error.what());
    let native = error.native().unwrap_or_default().to_string();
    Error::new(error.kind(), what, error.next()).with_native(native).into()
}
