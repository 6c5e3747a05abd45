//! Whether a session sees the token's private objects.

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::session::SessionState;

use crate::failure::Failure;
use crate::held::Held;

/// Fails when the token or the login is gone, which makes the connection find or make them again.
///
/// A token that was taken away may go on answering, and find nothing.
/// Another part of the program may log out at any time; private objects are then as if they did not
/// exist. So whoever found nothing, or relies on having found everything, asks afterwards.
pub(crate) fn is_clear(held: &Held) -> Result<(), Failure> {
    held.check_token()?;
    let state = held.get_session_info()?.session_state();
    if matches!(state, SessionState::RwUser | SessionState::RoUser) {
        return Ok(());
    }
    if !held.pkcs11().get_token_info(held.slot())?.login_required() {
        return Ok(());
    }
    Err(Failure::Token(TokenError::Pkcs11(RvError::UserNotLoggedIn, Function::FindObjects)))
}
