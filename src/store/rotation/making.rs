//! Making root keys under ids that were never used.

use strongroom_backend::{KeyBackend, RootKeyId, random_bytes};

use super::super::{Inner, compose};
use super::ATTEMPTS;
use crate::keys::make_check_value;
use crate::metadata::root_keys::RootKey;
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// What the ids of root keys begin with; a number follows.
const PREFIX: &str = "root-";

impl Inner {
    /// Makes a root key in a key backend, and the row that it will have. Until that is written the key
    /// counts for nothing: a run that is killed here leaves a key that nobody uses, and an id that nobody
    /// uses again.
    pub(super) fn make_root_key(&self, name: &str) -> Result<RootKey> {
        let (backend, id) = self.new_root_key(name)?;
        Ok(RootKey {
            backend: name.to_owned(),
            check_value: make_check_value(&*backend, &id, self.id)?,
            root_key_id: id,
            state: KeyState::Active,
            created_at: Timestamp::from_micros(self.metadata.now()?),
        })
    }

    fn new_root_key(&self, name: &str) -> Result<compose::Created> {
        let known = self.known_root_keys()?;
        let ids: Vec<_> = known.iter().map(|root| root.root_key_id.clone()).collect();
        if known.iter().all(|root| root.backend != name)
            && let Ok(config) = self.key_backends.described(name)
            && compose::is_to_be_made(&config)
        {
            let id = next_root_key_id(&ids, 0)?;
            compose::create_key_backend(&config, &id, self.key_backends.tokens())?;
            return Ok((self.key_backends.get(name)?, id));
        }
        let backend = self.key_backends.get(name)?;
        let id = add_root_key(&*backend, &ids)?;
        Ok((backend, id))
    }
}

/// Makes a root key under the next id that is neither among `used` nor in the key backend.
pub(in crate::store) fn add_root_key(
    backend: &dyn KeyBackend,
    used: &[RootKeyId],
) -> Result<RootKeyId> {
    for attempt in 0..ATTEMPTS {
        let mut ids = backend.root_keys()?;
        ids.extend_from_slice(used);
        let id = next_root_key_id(&ids, further(attempt)?)?;
        match backend.create_root_key(&id) {
            // Another process has made one at this very moment.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|()| id),
        }
    }
    Err(Error::new(
        ErrorKind::Conflict,
        "others make root keys in this key backend all the time",
        "try again when they are done",
    ))
}

/// How much further one looks for an id who has lost one to others so often: of many who all want the next
/// one, only one gets it, and somebody would lose every time.
fn further(attempt: usize) -> Result<u64> {
    match attempt {
        0 => Ok(0),
        _ => Ok(u64::from_ne_bytes(random_bytes()?) % (1 << attempt.min(6))),
    }
}

/// `root-N` with the number after the highest that is used, or so much further.
fn next_root_key_id(used: &[RootKeyId], further: u64) -> Result<RootKeyId> {
    let number = |id: &RootKeyId| id.as_str().strip_prefix(PREFIX)?.parse::<u64>().ok();
    let highest = used.iter().filter_map(number).max().unwrap_or_default();
    RootKeyId::new(format!("{PREFIX}{}", highest.saturating_add(1).saturating_add(further)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_id_is_never_used_twice() {
        let next = |used: &[&str]| {
            let used: Vec<_> = used.iter().map(|id| RootKeyId::new(*id).unwrap()).collect();
            next_root_key_id(&used, 0).unwrap().to_string()
        };
        assert_eq!(next(&[]), "root-1");
        assert_eq!(next(&["root-1", "root-10", "root-9"]), "root-11");
        assert_eq!(next(&["mine", "root-x", "root-2", "root-"]), "root-3");
    }

    #[test]
    fn who_loses_an_id_looks_further_for_the_next() {
        let among = |attempt| (0..100).map(|_| further(attempt).unwrap()).collect::<BTreeSet<_>>();
        assert_eq!(among(0).len(), 1);
        assert_eq!(among(1).len(), 2);
        assert!((30..=64).contains(&among(ATTEMPTS).len()));
    }
}
