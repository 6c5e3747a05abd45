//! New root keys: the best that the token really does.

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use strongroom_backend::{Error, ErrorKind, Result, RootKeyId, step};

use crate::abilities::Abilities;
use crate::direct::Direct;
use crate::errors::{is_unsupported, native};
use crate::failure::Failure;
use crate::gcm::GcmKey;
use crate::oaep::{self, Pair};
use crate::roots::{self, Role};
use crate::token::Token;
use crate::{KeyLocation, device};

/// Makes a root key and tries it. `AlreadyExists` when there is one, `Unsupported` when the token cannot
/// do what is needed.
///
/// All of it is one piece of work on one session: only there is a handle certain to be that of the key
/// that was made, so that no other key is ever removed in its stead.
pub(crate) fn root_key(
    token: &Token,
    direct: Direct,
    id: &RootKeyId,
    location: KeyLocation,
) -> Result<()> {
    let abilities = Abilities::of(token)?;
    let id = id.clone();
    token.call_slow(move |held| {
        if !of_id(held, &id)?.is_empty() {
            return Err(taken(&id));
        }
        match location {
            KeyLocation::Device => in_device(held, direct, &id, &abilities),
            KeyLocation::Envelope => envelope(held, direct, &id, &abilities),
        }
    })
}

fn envelope(
    session: &Session,
    direct: Direct,
    id: &RootKeyId,
    abilities: &Abilities,
) -> Result<(), Failure> {
    let mut refusal = None;
    if abilities.gcm() {
        match aes(session, direct, id) {
            Ok(()) => return Ok(()),
            Err(failure) => refusal = Some(inability(failure)?),
        }
    }
    if let Some(bits) = abilities.rsa_bits() {
        match rsa(session, id, bits) {
            Ok(()) => return Ok(()),
            Err(failure) => refusal = Some(inability(failure)?),
        }
    }
    Err(because(abilities.no_root_key(), refusal))
}

/// The wrapping key comes first, so that a root key that is there is complete.
fn in_device(
    session: &Session,
    direct: Direct,
    id: &RootKeyId,
    abilities: &Abilities,
) -> Result<(), Failure> {
    let wraps = abilities.key_wraps();
    if !abilities.gcm() || wraps.is_empty() {
        return Err(abilities.no_device().into());
    }
    let wrapping = wrapping(session, id)?;
    step("token.wrapping_key");
    let made =
        device::choose(session, direct, wrapping, &wraps).and_then(|_| aes(session, direct, id));
    match made {
        Ok(()) => Ok(()),
        Err(failure) => Err(because(abilities.no_device(), Some(inability(failure)?))),
    }
}

/// The wrapping key: a new one, or one that a crash left behind without its root key. That one has
/// wrapped nothing.
fn wrapping(session: &Session, id: &RootKeyId) -> Result<ObjectHandle, Failure> {
    let of_id = || roots::find(session, Role::Wrapping, id);
    match of_id()?[..] {
        [] => {}
        [left_behind] => return Ok(left_behind),
        [..] => return Err(taken(id)),
    }
    let made = roots::make_aes(session, Role::Wrapping, id)?;
    if of_id()? == [made] {
        return Ok(made);
    }
    remove(session, &[made]);
    Err(taken(id))
}

fn aes(session: &Session, direct: Direct, id: &RootKeyId) -> Result<(), Failure> {
    let key = roots::make_aes(session, Role::Root, id)?;
    kept(session, id, &[key], GcmKey { session, direct, key }.works())
}

fn rsa(session: &Session, id: &RootKeyId, bits: u64) -> Result<(), Failure> {
    let (public, private) = roots::make_rsa(session, id, bits)?;
    let works = oaep::hash(session, Pair { public, private }).map(|_| ());
    kept(session, id, &[private, public], works)
}

/// Keeps a new key that works and is the only one of its id; removes it otherwise. A token knows no
/// unique ids, so of two processes that make the same one, each sees both, and neither keeps its own.
fn kept(
    session: &Session,
    id: &RootKeyId,
    made: &[ObjectHandle],
    works: Result<(), Failure>,
) -> Result<(), Failure> {
    let alone = || match of_id(session, id)?.iter().all(|key| made.contains(key)) {
        true => Ok(()),
        false => Err(taken(id)),
    };
    let kept = works.and_then(|()| alone());
    if kept.is_err() {
        remove(session, made);
    }
    kept
}

fn of_id(session: &Session, id: &RootKeyId) -> Result<Vec<ObjectHandle>, Failure> {
    let mut found = roots::find(session, Role::Root, id)?;
    found.extend(roots::find(session, Role::Private, id)?);
    Ok(found)
}

/// Removes keys that were made a moment ago and have wrapped nothing. One that stays is harmless.
fn remove(session: &Session, made: &[ObjectHandle]) {
    for key in made {
        let _ = session.destroy_object(*key);
    }
}

fn taken(id: &RootKeyId) -> Failure {
    Failure::Ours(Error::new(
        ErrorKind::AlreadyExists,
        format!("the token has a root key {id} already"),
        "choose another id; a root key is never replaced",
    ))
}

/// The failure again when it says that the token cannot do this; an error when it says anything else. A
/// token that failed for a moment must not end up with a lesser key.
fn inability(failure: Failure) -> Result<Failure, Failure> {
    if is_unsupported(&failure) { Ok(failure) } else { Err(failure) }
}

fn because(error: Error, refusal: Option<Failure>) -> Failure {
    Failure::Ours(match refusal.and_then(|failure| failure.code()) {
        Some(code) => error.with_native(native(code)),
        None => error,
    })
}
