//! Root keys as objects of the server: made, found and looked at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use strongroom_backend::{Error, ErrorKind, Health, Result, RootKeyId, step};

use crate::attributes::{Attribute, Found};
use crate::client::lagging;
use crate::enumerations::{AES, ObjectType, State, usage};
use crate::failure::{Effect, after_a_change, outcome_unknown};
use crate::locate::{attributes_of, locate};
use crate::message::{AfterFailure, Failed, Outcome, Response};
use crate::operations::{Activate, Create, Locate};
use crate::removal::remove;
use crate::ttlv::Tag;
use crate::turns::Turns;
use crate::{KmipClient, Namespace};

/// The root keys of one namespace.
pub(crate) struct RootKeys {
    pub(crate) client: Arc<KmipClient>,
    namespace: Namespace,
    /// What their use is, as the server is told.
    usage: i32,
    turns: Turns,
    /// Identifiers that were looked up before.
    known: Mutex<BTreeMap<RootKeyId, String>>,
}

impl RootKeys {
    pub(crate) fn new(client: Arc<KmipClient>, namespace: Namespace, usage: i32) -> RootKeys {
        RootKeys { client, namespace, usage, turns: Turns::default(), known: Mutex::default() }
    }

    /// Every root key that the server has, sorted.
    pub(crate) fn list(&self) -> Result<Vec<RootKeyId>> {
        let group = self.namespace.root_keys();
        let identifiers = locate(&self.client, &[Attribute::ObjectGroup(&group)])?;
        let found = attributes_of(&self.client, &identifiers, &[Tag::NAME, Tag::STATE])?;
        let mut ids: Vec<RootKeyId> = found
            .into_iter()
            .flatten()
            .filter_map(|found| {
                found.names.iter().find_map(|name| self.namespace.root_key_in(name))
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Makes a 256-bit AES key in the server. `AlreadyExists` when the id is taken.
    pub(crate) fn create(&self, id: &RootKeyId) -> Result<()> {
        let name = self.namespace.root_key(id);
        let _turn = self.turns.wait(name.clone());
        let stand_ins = self.client.stand_ins();
        if !locate(&self.client, &named(&name))?.is_empty() {
            return Err(taken(id));
        }
        if self.client.stood_in(stand_ins) {
            return Err(lagging(&format!("may not know that {name} is taken")));
        }
        let identifier = match self.create_named(&name, id) {
            // The name was free a moment ago: what has it now is the key that was asked for.
            Err(error) if error.kind() == ErrorKind::Timeout => {
                let found = locate(&self.client, &named(&name)).map_err(outcome_unknown)?.pop();
                found.ok_or(error)?
            }
            created => created?,
        };
        step("kmip.root-key-created");
        // A key that is there and not Active is something to be looked at: `check` says so.
        self.activate(&identifier).map_err(after_a_change)
    }

    fn create_named(&self, name: &str, id: &RootKeyId) -> Result<String> {
        let may_leave = self.usage & usage::EXPORT != 0;
        // Servers that do not know an attribute refuse it.
        let mut guards: &[Attribute<'_>] = match may_leave {
            true => &[],
            false => &[Attribute::Sensitive(true), Attribute::Extractable(false)],
        };
        let mut response = self.create_with(name, guards)?;
        while let Some((_, fewer)) = guards.split_last()
            && response.is_unsupported()?
        {
            guards = fewer;
            response = self.create_with(name, guards)?;
        }
        let identifier = match response.answer::<Create<'_>>(0) {
            Ok(identifier) => identifier,
            Err(Failed::Refused(why)) if why.kind() == ErrorKind::AlreadyExists => {
                return Err(taken(id));
            }
            Err(failed) => return Err(after_a_change(failed.into())),
        };
        let named =
            response.answer::<Locate<'_>>(1).map_err(|failed| outcome_unknown(failed.into()))?;
        if named.identifiers.iter().any(|found| *found != identifier) {
            // Whatever becomes of ours, the name is taken.
            let _ = remove(&self.client, &[identifier]);
            return Err(taken(id));
        }
        Ok(identifier)
    }

    fn create_with(&self, name: &str, more: &[Attribute<'_>]) -> Result<Response> {
        let group = self.namespace.root_keys();
        let mut attributes = vec![
            Attribute::AesKey { bits: 256 },
            Attribute::CryptographicUsageMask(self.usage),
            Attribute::Name(name),
            Attribute::ObjectGroup(&group),
        ];
        attributes.extend_from_slice(more);
        let create = Create { attributes: &attributes };
        let locate = Locate { attributes: &named(name), offset: 0 };
        self.client.batch(&[&create, &locate], AfterFailure::Stop, Effect::Once)
    }

    fn activate(&self, identifier: &str) -> Result<()> {
        let activate = Activate { identifier };
        let response = self.client.batch(&[&activate], AfterFailure::Stop, Effect::SameTwice)?;
        let Outcome::Refused(refusal) = response.result(0)? else { return Ok(()) };
        let found = attributes_of(&self.client, &[identifier.to_string()], &[Tag::STATE])?;
        if found.into_iter().flatten().any(|found| found.state == Some(State::Active)) {
            return Ok(());
        }
        Err(refusal.into_error())
    }

    /// Lets `use_it` have the identifier of a root key. When the server does not know that any more, it
    /// is looked up again.
    pub(crate) fn with<T>(
        &self,
        id: &RootKeyId,
        use_it: impl Fn(&str) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let stand_ins = self.client.stand_ins();
        match self.with_any(id, use_it) {
            Err(Failed::Refused(refusal))
                if refusal.is_not_found() && self.client.stood_in(stand_ins) =>
            {
                Err(Failed::Error(self.lagging(id)))
            }
            done => done,
        }
    }

    fn with_any<T>(
        &self,
        id: &RootKeyId,
        use_it: impl Fn(&str) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let remembered = self.known().get(id).cloned();
        if let Some(identifier) = remembered {
            match use_it(&identifier) {
                Err(Failed::Refused(refusal)) if refusal.is_not_found() => {
                    self.known().remove(id);
                }
                done => return done,
            }
        }
        let identifier = self.look_up(id)?;
        let done = use_it(&identifier)?;
        self.known().insert(id.clone(), identifier);
        Ok(done)
    }

    fn look_up(&self, id: &RootKeyId) -> Result<String> {
        let name = self.namespace.root_key(id);
        let stand_ins = self.client.stand_ins();
        let mut found = locate(&self.client, &named(&name))?;
        if found.len() > 1 {
            found = self.those_in_use(found)?;
        }
        match (found.pop(), found.is_empty()) {
            (Some(identifier), true) => Ok(identifier),
            (None, _) if self.client.stood_in(stand_ins) => Err(self.lagging(id)),
            (None, _) => Err(Error::new(
                ErrorKind::NotFound,
                format!("the KMIP server has no root key {name}"),
                "check that it is the right server, and the namespace",
            )),
            (Some(_), false) => Err(Error::new(
                ErrorKind::Conflict,
                format!("the KMIP server has several objects {name}"),
                "let the server's operator find out which is the right one, and rename the others",
            )),
        }
    }

    /// Of several objects with one name, those that were ever activated, if there are such. A server may
    /// carry out a Create long after its client gave it up and made the key anew. Nobody activates what
    /// comes of that, and nothing is ever wrapped under it.
    fn those_in_use(&self, found: Vec<String>) -> Result<Vec<String>> {
        let states = attributes_of(&self.client, &found, &[Tag::STATE])?;
        let in_use = |told: &Option<Found>| {
            let state = told.as_ref().and_then(|told| told.state);
            state.is_some_and(|state| state != State::PreActive)
        };
        let states = found.iter().zip(states);
        let used: Vec<String> = states
            .filter(|(_, told)| in_use(told))
            .map(|(identifier, _)| identifier.clone())
            .collect();
        Ok(if used.is_empty() { found } else { used })
    }

    fn lagging(&self, id: &RootKeyId) -> Error {
        lagging(&format!("has no root key {}", self.namespace.root_key(id)))
    }

    /// What is not as it should be with a root key.
    pub(crate) fn check(&self, id: &RootKeyId) -> Result<Vec<Health>> {
        let wanted = [
            Tag::STATE,
            Tag::CRYPTOGRAPHIC_ALGORITHM,
            Tag::CRYPTOGRAPHIC_LENGTH,
            Tag::CRYPTOGRAPHIC_USAGE_MASK,
            Tag::SENSITIVE,
            Tag::EXTRACTABLE,
        ];
        let stand_ins = self.client.stand_ins();
        let identifier = self.look_up(id)?;
        let found = attributes_of(&self.client, &[identifier], &wanted)?.pop().flatten();
        let Some(found) = found else {
            if self.client.stood_in(stand_ins) {
                return Err(self.lagging(id));
            }
            return Ok(vec![Health::error("root key", format!("{id} is not there any more"))]);
        };
        Ok(self.judge(id, &found))
    }

    fn judge(&self, id: &RootKeyId, found: &Found) -> Vec<Health> {
        let mut findings = Vec::new();
        if found.state != Some(State::Active) {
            let how = format!("{id} is not active on the server: nothing can be unwrapped with it");
            findings.push(Health::error("root key", how));
        }
        if found.algorithm != Some(AES) || found.bits != Some(256) {
            findings.push(Health::error("root key", format!("{id} is no AES key of 256 bits")));
        }
        let used = found.usage_mask.unwrap_or(0);
        if used & self.usage != self.usage {
            let how = format!("the server does not let {id} be used for what it must be used for");
            findings.push(Health::error("root key", how));
        }
        let may_leave = self.usage & usage::EXPORT != 0;
        if !may_leave && found.extractable != Some(false) {
            let how = format!(
                "the server does not say that {id} cannot leave it: let its operator forbid Get for it"
            );
            findings.push(Health::warning("root key", how));
        }
        if findings.is_empty() {
            findings
                .push(Health::ok("root key", format!("{id} is active and used as it should be")));
        }
        findings
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<RootKeyId, String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named(name: &str) -> [Attribute<'_>; 2] {
    [Attribute::ObjectType(ObjectType::SymmetricKey), Attribute::Name(name)]
}

fn taken(id: &RootKeyId) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("the KMIP server has a root key {id} already"),
        "choose an id that was never used",
    )
}
