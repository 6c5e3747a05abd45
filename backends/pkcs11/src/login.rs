//! Logging in, and never twice with a PIN that the token refused.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::error::RvError;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::types::RawAuthPin;
use strongroom_backend::{Error, ErrorKind, Result, SecretBytes};

use crate::TokenInfo;
use crate::errors::explain;
use crate::failure::Failure;

/// The PINs that are being tried or were refused, for as long as the process lives: tokens count wrong
/// ones, and lock after a few.
#[derive(Default)]
pub(crate) struct Trials(Mutex<Vec<Trial>>);

struct Trial {
    serial: String,
    pin: SecretBytes,
    refused: bool,
}

impl Trials {
    /// Notes that the PIN is about to be tried. An error when it was refused before, or when a login
    /// with it has not come back.
    fn begin(&self, serial: &str, pin: &SecretBytes) -> Result<()> {
        let mut trials = self.all();
        match trials.iter().find(|trial| trial.is_of(serial, pin)) {
            Some(trial) if trial.refused => Err(Error::new(
                ErrorKind::Unauthenticated,
                "the token refused this PIN before; it was not tried again, because tokens lock",
                "correct the PIN, or restart this program if the token's PIN was changed to it",
            )
            .with_native("CKR_PIN_INCORRECT")),
            Some(_) => Err(Error::new(
                ErrorKind::Unavailable,
                "a login to the token has not come back",
                "try again; look at the token if it stays so",
            )),
            None => {
                let pin = SecretBytes::copy_of(pin)?;
                trials.push(Trial { serial: serial.to_string(), pin, refused: false });
                Ok(())
            }
        }
    }

    /// Notes what the token said.
    fn end(&self, serial: &str, pin: &SecretBytes, refused: bool) {
        let mut trials = self.all();
        match trials.iter_mut().find(|trial| trial.is_of(serial, pin)) {
            Some(trial) if refused => trial.refused = true,
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
    trials.begin(serial, pin)?;
    let answer = try_pin(session, pin);
    let refused = matches!(
        answer.as_ref().err().and_then(Failure::code),
        Some(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange)
    );
    trials.end(serial, pin, refused);
    answer.map_err(|failure| named(failure, info))
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
