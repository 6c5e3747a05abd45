//! Rotating root keys.
//!
//! A rotation is four kinds of steps, each durable by itself: a new key in the key backend, its row in
//! place of the old one's, the store key and the project keys wrapped anew, batch by batch. Nothing
//! else records how far it has come: a root key that is deactivated and still wraps keys is a rotation
//! that was not finished, and whoever rotates next finishes it first. Meanwhile everything opens, under
//! the old key or the new one.

mod making;
mod rewrap;

pub(super) use making::add_root_key;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use strongroom_backend::step;

use super::{Finding, Inner, Progress, Store};
use crate::keys::{project_key_context, verify_check_value};
use crate::metadata::keys::WrappedKey;
use crate::metadata::root_keys::RootKey;
use crate::metadata::{Queries, Record, clock, keys, root_keys};
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// How often a rotation that others overtake is begun again.
const ATTEMPTS: usize = 16;

/// Which root key is replaced, and where its successor is.
#[derive(Debug, Clone, Default)]
pub struct RotateOptions {
    /// The key backend whose active root key is replaced. May be left out where only one is in use.
    pub key_backend: Option<String>,
    /// The key backend that gets the new root key: a name, or a kind that only one has. Without it the
    /// new key is made beside the old one.
    pub to: Option<String>,
}

/// What a rotation has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RotateReport {
    /// The key backend of the root key that wraps now.
    pub key_backend: String,
    /// The root key that wraps now.
    pub id: String,
    /// Whether this finished an earlier rotation that was interrupted, and made no new key.
    pub resumed: bool,
    /// How many keys were wrapped anew.
    pub rewrapped: u64,
    /// Keys that do not open, and so stay under their old root key. What they protect was lost before.
    pub damaged: Vec<Finding>,
    /// Backends whose config names a key backend that is not used any more: write `key = "NAME"` there,
    /// with the name of the new one.
    pub stale_backends: Vec<String>,
}

impl Store {
    /// Makes a new root key, and wraps the store key and every project key of the old one under it.
    /// Payloads are not touched. Others may use the store meanwhile.
    ///
    /// The old root key stays where it is, deactivated: backups that were made before need it. A rotation
    /// that was interrupted is finished first; when it was of the kind that is asked for, that is all.
    /// `InvalidArgument` when it is not clear which key is meant, `Unsupported` when project keys that
    /// cannot leave their device would have to move.
    ///
    /// ```
    /// use strongroom::{Layout, PutOptions, Recipe, RotateOptions, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::create(&Layout::in_folder(folder.path()))?;
    /// let path = "web1/borg".parse()?;
    /// store.session().generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
    ///
    /// let report = store.rotate_keys(&RotateOptions::default(), &mut |_| ())?;
    /// assert_eq!(report.rewrapped, 2); // the store key, and the key of the project
    /// assert_eq!(store.session().get(&path)?.len(), 43);
    /// // The keyring has another root key now: keep a copy of it anew.
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn rotate_keys(
        &self,
        options: &RotateOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<RotateReport> {
        let inner = &self.inner;
        inner.check_process()?;
        inner.check_can_change_keys()?;
        let to = options.to.as_deref().map(|to| inner.key_backends.named(to)).transpose()?;
        let mut report = RotateReport::default();
        let unfinished = inner.unfinished_roots()?;
        if !unfinished.is_empty() {
            let target = inner.finish(to.as_deref(), &mut report, progress)?;
            let is_asked_for = options
                .key_backend
                .as_ref()
                .is_none_or(|name| unfinished.iter().any(|root| root.backend == *name))
                && to.as_ref().is_none_or(|to| *to == target.backend);
            if is_asked_for && report.rewrapped > 0 {
                report.resumed = true;
                return inner.reported(report, target);
            }
            report.damaged.clear();
        }
        let target = inner.replace_root(options, to.as_deref())?;
        step("rotate.activated");
        inner.finish(Some(&target.backend), &mut report, progress)?;
        step("rotate.done");
        inner.reported(report, target)
    }

    /// Makes the first root key of this store in a key backend that the config names: what prepares a
    /// rotation to it. A software keyring is made where there is none; nothing is ever replaced.
    ///
    /// `AlreadyExists` when the store has an active root key there, `Conflict` while a rotation from one
    /// key backend to another is not finished.
    pub fn init_keys(&self, key_backend: &str) -> Result<super::RootKeyInfo> {
        let inner = &self.inner;
        inner.check_process()?;
        inner.check_can_change_keys()?;
        let name = inner.key_backends.named(key_backend)?;
        inner.refuse_second_active(&inner.known_root_keys()?, &name)?;
        let made = inner.make_root_key(&name)?;
        step("keys-init.key-made");
        let (this, row) = (inner.clone(), made.clone());
        inner.metadata.writing(move |q| {
            this.check_metadata(q)?;
            let known = root_keys::all(&this.keys, q)?;
            this.refuse_second_active(&known, &row.backend)?;
            let created_at = this.later_than_all(q, &known)?;
            RootKey { created_at, ..row.clone() }.insert(&this.keys, q)
        })?;
        step("keys-init.done");
        let infos = self.root_keys()?;
        let id = made.root_key_id.as_str();
        infos.into_iter().find(|info| info.backend == name && info.id == id).ok_or_else(lost)
    }

    /// Retires a root key for good: it is never used again, nor is its id.
    ///
    /// `Conflict` while it is active or wraps any key. The key itself is left where it is: backups from
    /// before its rotation still need it.
    pub fn retire_key(&self, key_backend: &str, id: &strongroom_backend::RootKeyId) -> Result<()> {
        self.inner.check_process()?;
        let inner = self.inner.clone();
        let (name, id) = (key_backend.to_owned(), id.clone());
        self.inner.metadata.writing(move |q| {
            inner.check_metadata(q)?;
            clock::tick(&inner.keys, q)?;
            let known = root_keys::all(&inner.keys, q)?;
            let row = known.into_iter().find(|row| row.backend == name && row.root_key_id == id);
            let mut row = row.ok_or_else(|| unknown_root(&name, &id))?;
            refuse_used(&row, keys::count_under(q, &name, &id)?)?;
            row.state = KeyState::Destroyed;
            row.update(&inner.keys, q)
        })?;
        step("retire.done");
        Ok(())
    }
}

impl Inner {
    /// Refuses before anything is made in a key backend.
    fn check_can_change_keys(&self) -> Result<()> {
        if self.metadata.is_read_only() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the store can only be read here, so its keys cannot be changed",
                "do it where the store can be written",
            ));
        }
        self.metadata.reading(|q| self.check_metadata(q))
    }

    /// Deactivated root keys that still wrap something.
    fn unfinished_roots(&self) -> Result<Vec<RootKey>> {
        let mut found = self.known_root_keys()?;
        found.retain(|root| root.state == KeyState::Deactivated);
        let mut unfinished = Vec::new();
        for root in found {
            let count = |q: &dyn Queries| keys::count_under(q, &root.backend, &root.root_key_id);
            if self.metadata.reading(count)? > 0 {
                unfinished.push(root);
            }
        }
        Ok(unfinished)
    }

    /// A root key whose keys are on their way to another key backend.
    pub(super) fn unfinished_move(&self) -> Result<Option<RootKey>> {
        let known = self.known_root_keys()?;
        let is_active = |of: &str| {
            known.iter().any(|root| root.backend == of && root.state == KeyState::Active)
        };
        Ok(self.unfinished_roots()?.into_iter().find(|root| !is_active(&root.backend)))
    }

    /// Puts a new root key in the place of the active one that the options mean.
    fn replace_root(
        self: &Arc<Self>,
        options: &RotateOptions,
        to: Option<&str>,
    ) -> Result<RootKey> {
        for _ in 0..ATTEMPTS {
            let old = self.root_to_replace(options.key_backend.as_deref(), to)?;
            let name = to.unwrap_or(&old.backend);
            let roots = replaced(self.known_root_keys()?, &old, name);
            self.metadata.reading(|q| self.check_device_keys(q, &roots, name))?;
            let new = match self.unused_root(name)? {
                Some(waiting) if waiting != old => waiting,
                _ => self.make_root_key(name)?,
            };
            step("rotate.key-made");
            self.try_device_keys(&roots, &new)?;
            if let Some(new) = self.switch(old, new)? {
                return Ok(new);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the root keys were changed by others again and again",
            "try again when they are done",
        ))
    }

    /// The active root key that a rotation replaces.
    fn root_to_replace(&self, from: Option<&str>, to: Option<&str>) -> Result<RootKey> {
        let mut active = self.known_root_keys()?;
        active.retain(|root| root.state == KeyState::Active);
        if let Some(name) = from {
            let found = active.into_iter().find(|root| root.backend == name);
            return found.ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!("the key backend {name} has no active root key in this store"),
                    "see `strongroom keys list`",
                )
            });
        }
        let mut used = Vec::new();
        for root in &active {
            let count = |q: &dyn Queries| keys::count_under(q, &root.backend, &root.root_key_id);
            if self.metadata.reading(count)? > 0 {
                used.push(root.clone());
            }
        }
        if used.iter().any(|root| Some(root.backend.as_str()) != to) {
            used.retain(|root| Some(root.backend.as_str()) != to);
        }
        let names: Vec<_> = used.iter().map(|root| root.backend.clone()).collect();
        match (used.pop(), used.is_empty()) {
            (Some(only), true) => Ok(only),
            // Somebody else has just begun to rotate.
            (None, _) => self.newest_active(None),
            _ => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("several key backends are in use: {}", names.join(", ")),
                "say which one's root key is to be replaced",
            )),
        }
    }

    /// An active root key that wraps nothing yet: one that `init_keys` made.
    fn unused_root(&self, name: &str) -> Result<Option<RootKey>> {
        self.metadata.reading(|q| {
            let Some(root) = root_keys::active(&self.keys, q, name)? else { return Ok(None) };
            let wraps = keys::count_under(q, name, &root.root_key_id)?;
            Ok((wraps == 0).then_some(root))
        })
    }

    /// In one transaction the old root key wraps nothing anew, and the new one does. Nothing when
    /// somebody else was faster.
    fn switch(self: &Arc<Self>, old: RootKey, new: RootKey) -> Result<Option<RootKey>> {
        // What the key backend really gives back, before anything relies on it.
        let backend = self.key_backends.get(&new.backend)?;
        verify_check_value(&*backend, &new.root_key_id, self.id, &new.check_value)?;
        let inner = self.clone();
        self.metadata.writing(move |q| {
            inner.check_metadata(q)?;
            let known = root_keys::all(&inner.keys, q)?;
            let is_there = known.iter().any(|root| root.is(&new));
            if !known.contains(&old) || is_there && !known.contains(&new) {
                return Ok(None);
            }
            let created_at = inner.later_than_all(q, &known)?;
            let roots = replaced(known, &old, &new.backend);
            inner.check_device_keys(q, &roots, &new.backend)?;
            for root in roots.into_iter().filter(|root| !root.is(&new)) {
                RootKey { state: KeyState::Deactivated, ..root }.update(&inner.keys, q)?;
            }
            // The newest root key is where an interrupted rotation goes on.
            let new = RootKey { created_at, ..new.clone() };
            match is_there {
                true => new.update(&inner.keys, q)?,
                false => new.insert(&inner.keys, q)?,
            }
            Ok(Some(new))
        })
    }

    /// Keys of a device cannot move to another key backend, nor under a root key that was made for keys
    /// outside of it: found before anything has changed.
    fn check_device_keys(&self, q: &dyn Queries, roots: &[RootKey], to: &str) -> Result<()> {
        for root in roots {
            let stays = to == root.backend;
            if stays && self.key_backends.get(to)?.keeps_keys_in_device() {
                continue;
            }
            match self.a_device_key(q, root)? {
                None => {}
                Some(_) if stays => return Err(needs_device(to)),
                Some(_) => return Err(rewrap::cannot_leave(&root.backend)),
            }
        }
        Ok(())
    }

    /// Has the device wrap one key of each of these root keys under the new one, before any relies on that.
    fn try_device_keys(&self, roots: &[RootKey], new: &RootKey) -> Result<()> {
        for root in roots {
            let Some(key) = self.metadata.reading(|q| self.a_device_key(q, root))? else {
                continue;
            };
            if let Some(device) = self.key_backends.get(&root.backend)?.device() {
                let context = project_key_context(self.id, key.project_id, key.generation);
                device.rewrap(&root.root_key_id, &key.wrapped, &new.root_key_id, &context)?;
            }
        }
        Ok(())
    }

    /// A key under this root key that stays in its device.
    fn a_device_key(&self, q: &dyn Queries, root: &RootKey) -> Result<Option<WrappedKey>> {
        let Some(device) = self.key_backends.get(&root.backend)?.device() else { return Ok(None) };
        for (project, generation) in keys::under(q, &root.backend, &root.root_key_id)? {
            let row = keys::of_project(&self.keys, q, project, generation)?;
            if device.is_device_key(&row.wrapped) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// A key backend has at most one active root key, and none beside a rotation that is not finished;
    /// nor does a further one begin while keys move from one to another.
    fn refuse_second_active(&self, known: &[RootKey], name: &str) -> Result<()> {
        if known.iter().any(|root| root.backend == name && root.state == KeyState::Active) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("this store has an active root key in the key backend {name} already"),
                "use it; `strongroom keys rotate` makes a new one",
            ));
        }
        let beside = self.unfinished_roots()?.into_iter().find(|root| root.backend == name);
        // What a move has not come to goes to the newest key, which must not be this one.
        match beside.or(self.unfinished_move()?) {
            None => Ok(()),
            Some(root) => Err(Error::new(
                ErrorKind::Conflict,
                format!("a rotation away from the key backend {} is not finished", root.backend),
                "finish it: `strongroom keys rotate`",
            )),
        }
    }

    /// A time for a new root key's row: now, and after every other row's.
    fn later_than_all(&self, q: &dyn Queries, known: &[RootKey]) -> Result<Timestamp> {
        let now = clock::tick(&self.keys, q)?.now;
        let newest = known.iter().map(|root| root.created_at.micros()).max().unwrap_or_default();
        Ok(Timestamp::from_micros(now.micros().max(newest.saturating_add(1))))
    }

    fn reported(&self, mut report: RotateReport, target: RootKey) -> Result<RotateReport> {
        let active: BTreeSet<String> = self
            .known_root_keys()?
            .into_iter()
            .filter(|root| root.state == KeyState::Active)
            .map(|root| root.backend)
            .collect();
        let stale = self.slots().filter(|slot| !active.contains(&slot.key_backend));
        report.stale_backends = stale.map(|slot| slot.name.clone()).collect();
        report.key_backend = target.backend;
        report.id = target.root_key_id.to_string();
        Ok(report)
    }
}

/// The active root keys that one of the key backend `to` replaces: of a key backend that is left, and of the
/// one that is come to.
fn replaced(mut known: Vec<RootKey>, old: &RootKey, to: &str) -> Vec<RootKey> {
    known.retain(|root| {
        root.state == KeyState::Active && (root.backend == old.backend || root.backend == to)
    });
    known
}

fn needs_device(key_backend: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("project keys stay in the device of {key_backend}, and its config says otherwise"),
        "write key_location = \"device\" for it again",
    )
    .with_backend(key_backend)
}

fn refuse_used(row: &RootKey, wraps: u64) -> Result<()> {
    let id = &row.root_key_id;
    let (what, next) = match row.state {
        KeyState::Active => {
            (format!("the root key {id} is active"), "replace it first: `strongroom keys rotate`")
        }
        _ if wraps > 0 => (
            format!("the root key {id} still wraps {wraps} keys"),
            "finish the rotation first: `strongroom keys rotate`",
        ),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Conflict, what, next))
}

fn unknown_root(key_backend: &str, id: &strongroom_backend::RootKeyId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("this store knows no root key {id} of the key backend {key_backend}"),
        "see `strongroom keys list`",
    )
}

fn lost() -> Error {
    Error::new(ErrorKind::Internal, "a root key that was made is not listed", "report this")
}
