//! A logged-in session, and the handles that were found through it.

use std::collections::HashMap;
use std::ops::Deref;

use cryptoki::context::{Function, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use crate::claims::Claim;
use crate::failure::Failure;

/// The most handles of token objects that a session remembers.
const TOKEN_OBJECTS: usize = 256;
/// The most session objects that a session keeps in the token: its memory is small.
const SESSION_OBJECTS: usize = 32;

/// A session of the token, logged in, for reading and writing; used by one thread at a time.
pub(crate) struct Held {
    session: Session,
    claim: Claim,
    pkcs11: Pkcs11,
    slot: Slot,
    handles: HashMap<Vec<u8>, Known>,
    uses: u64,
}

/// A handle that was found or made.
struct Known {
    handle: ObjectHandle,
    owned: bool,
    used: u64,
}

impl Held {
    pub(crate) fn new(session: Session, claim: Claim, pkcs11: Pkcs11, slot: Slot) -> Held {
        Held { session, claim, pkcs11, slot, handles: HashMap::new(), uses: 0 }
    }

    /// The module.
    pub(crate) fn pkcs11(&self) -> &Pkcs11 {
        &self.pkcs11
    }

    /// Where the token is now.
    pub(crate) fn slot(&self) -> Slot {
        self.slot
    }

    /// Whether the session's number is still its own.
    pub(crate) fn is_valid(&self) -> bool {
        self.claim.is_valid()
    }

    /// The handle of a token object: the one remembered as `name`, else what `find` finds.
    ///
    /// Handles go stale when somebody else destroys the object; the work that then fails is done again
    /// with nothing remembered.
    pub(crate) fn cached(
        &mut self,
        name: &[u8],
        find: impl FnOnce(&Session) -> Result<ObjectHandle, Failure>,
    ) -> Result<ObjectHandle, Failure> {
        self.remembered(name, false, find)
    }

    /// The handle of a session object, which lives in the token as long as this session remembers it:
    /// the one remembered as `name`, else what `make` makes.
    pub(crate) fn cached_session_object(
        &mut self,
        name: &[u8],
        make: impl FnOnce(&Session) -> Result<ObjectHandle, Failure>,
    ) -> Result<ObjectHandle, Failure> {
        self.remembered(name, true, make)
    }

    /// Whether the token is really there: a failure that leads to another try, if it is not.
    ///
    /// To be asked before an absence is believed. SoftHSM, for one, finds no objects in a token that
    /// was taken away, and says that all went well.
    pub(crate) fn check_token(&self) -> Result<(), Failure> {
        match self.pkcs11.get_token_info(self.slot) {
            Err(TokenError::Pkcs11(..)) => {
                Err(TokenError::Pkcs11(RvError::TokenNotPresent, Function::GetTokenInfo).into())
            }
            // An answer that the binding cannot read is one.
            _ => Ok(()),
        }
    }

    /// Forgets what is remembered as `name`; a session object is destroyed.
    pub(crate) fn forget(&mut self, name: &[u8]) {
        if let Some(known) = self.handles.remove(name) {
            self.let_go(&known);
        }
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&mut self) {
        for known in std::mem::take(&mut self.handles).into_values() {
            self.let_go(&known);
        }
    }

    /// Ends the session, which takes its session objects with it.
    pub(crate) fn close(self) {
        if self.claim.is_valid() {
            // Nothing can be done about a session that does not want to be closed.
            let _ = self.session.close();
        }
    }

    fn remembered(
        &mut self,
        name: &[u8],
        owned: bool,
        find: impl FnOnce(&Session) -> Result<ObjectHandle, Failure>,
    ) -> Result<ObjectHandle, Failure> {
        self.uses += 1;
        if let Some(known) = self.handles.get_mut(name) {
            known.used = self.uses;
            return Ok(known.handle);
        }
        // Room first: the token may have none for one more.
        self.make_room(owned);
        let handle = find(&self.session)?;
        self.handles.insert(name.to_vec(), Known { handle, owned, used: self.uses });
        Ok(handle)
    }

    /// Forgets the handle that was used least recently, if there are as many as may be.
    fn make_room(&mut self, owned: bool) {
        let alike = || self.handles.iter().filter(|(_, known)| known.owned == owned);
        let most = if owned { SESSION_OBJECTS } else { TOKEN_OBJECTS };
        if alike().count() < most {
            return;
        }
        let oldest = alike().min_by_key(|(_, known)| known.used).map(|(name, _)| name.clone());
        if let Some(name) = oldest {
            self.forget(&name);
        }
    }

    fn let_go(&self, known: &Known) {
        if known.owned {
            // At the latest it goes with the session.
            let _ = self.session.destroy_object(known.handle);
        }
    }
}

impl Deref for Held {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}
