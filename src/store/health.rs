//! Health: each part is tested for real, and what somebody should act on is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use strongroom_backend::{Health, Severity, folder_of, memory_status};

use super::{Inner, Slot, Store};
use crate::config::{BackendConfig, KeyConfig};
use crate::metadata::{clock, erasures, store_row, versions};
use crate::{Error, ErrorKind, KeyState, Result, Timestamp};

/// An expiry is announced this long before.
const EXPIRY_WARNING: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Store {
    /// Tests every part for real: metadata, root keys, key backends, backends, clock.
    ///
    /// Warns until a backup exists, while a keyring and a shelf share a folder, 30 days before a version
    /// expires, and while an erase is pending. Never fails: what does not work is a finding.
    pub fn health(&self) -> Vec<Health> {
        if let Err(e) = self.inner.check_process() {
            return vec![Health::error("process", e.to_string())];
        }
        let inner = &self.inner;
        let mut findings = Vec::new();
        let mut add = |part: &str, found: Result<Health>| {
            findings.push(found.unwrap_or_else(|e| Health::error(part, e.to_string())));
        };
        let metadata = inner.metadata_health();
        // Each further question would wait for a server in vain.
        let is_away = |e: &Error| matches!(e.kind(), ErrorKind::Unavailable | ErrorKind::Timeout);
        if metadata.as_ref().is_err_and(is_away) {
            add("metadata", metadata);
            for part in ["clock", "backup", "expiry", "erasures", "root keys"] {
                add(
                    part,
                    Ok(Health::error(part, "not tested, because the metadata do not answer")),
                );
            }
            add("memory", Ok(memory_health()));
            for slot in inner.slots() {
                findings.extend(slot_health(slot));
                findings.extend(inner.folder_health(slot));
            }
            return findings;
        }
        add("metadata", metadata);
        add("clock", inner.clock_health());
        add("backup", inner.backup_health());
        add("expiry", inner.expiry_health());
        add("erasures", inner.erasure_health());
        add("memory", Ok(memory_health()));
        findings.extend(inner.root_key_health());
        for name in inner.used_key_backends() {
            findings.extend(inner.key_backend_health(&name));
        }
        for slot in inner.slots() {
            findings.extend(slot_health(slot));
            findings.extend(inner.epoch_health(slot));
            findings.extend(inner.folder_health(slot));
        }
        findings
    }
}

impl Inner {
    fn metadata_health(&self) -> Result<Health> {
        let row = self.metadata.reading(|q| store_row::load(&self.keys, q))?;
        let access = match self.metadata.is_read_only() {
            true => "read-only here",
            false => "readable and writable",
        };
        Ok(Health::ok("metadata", format!("store {}, {access}", row.store_id)))
    }

    fn clock_health(&self) -> Result<Health> {
        let (moment, stamp) = self
            .metadata
            .reading(|q| Ok((clock::moment(&self.keys, q)?, clock::stamp(&self.keys, q)?)))?;
        if moment.trusted {
            return Ok(Health::ok("clock", format!("newest write {stamp}")));
        }
        Ok(Health::error(
            "clock",
            format!(
                "the clock says {}, but the store was written at {stamp}: nothing expires or \
                 becomes active until the clock is set right; if it is right now and was wrong \
                 then, run `strongroom doctor --adopt`",
                moment.now
            ),
        ))
    }

    fn backup_health(&self) -> Result<Health> {
        let is_copied = |slot: &&Slot| {
            matches!(self.config.backends.get(&slot.name), Some(BackendConfig::Enveloped { .. }))
        };
        if let Some(slot) = self.slots().find(|slot| !is_copied(slot)) {
            let message = format!(
                "up to you: payloads of {} are copied by the tools of its token or server, and `strongroom \
                 backup` cannot",
                slot.name
            );
            return Ok(Health::ok("backup", message));
        }
        let row = self.metadata.reading(|q| store_row::load(&self.keys, q))?;
        Ok(match row.backed_up_at {
            Some(time) => Health::ok("backup", format!("the last one was made at {time}")),
            None => Health::warning(
                "backup",
                "there is none: run `strongroom backup FILE`, and keep a copy of the root keys elsewhere too",
            ),
        })
    }

    fn expiry_health(&self) -> Result<Health> {
        let now = self.metadata.now()?;
        let until = now.saturating_add(EXPIRY_WARNING.as_micros() as i64);
        let (from, until) = (Timestamp::from_micros(now), Timestamp::from_micros(until));
        let (expired, expiring) = self.metadata.reading(|q| {
            Ok((versions::count_expired(q, from)?, versions::count_expiring(q, from, until)?))
        })?;
        Ok(match (expired, expiring) {
            (0, 0) => Health::ok("expiry", "nothing expires within 30 days"),
            (0, n) => Health::warning(
                "expiry",
                format!("versions that expire within 30 days: {n}; see `strongroom versions PATH`"),
            ),
            (n, _) => Health::warning(
                "expiry",
                format!(
                    "expired versions whose secret has no other: {n}; `strongroom list` shows such \
                     secrets without a current version; put new ones"
                ),
            ),
        })
    }

    fn erasure_health(&self) -> Result<Health> {
        Ok(match self.metadata.reading(erasures::count_pending)? {
            0 => Health::ok("erasures", "none is pending"),
            n => Health::warning(
                "erasures",
                format!("{n} are pending: run `strongroom doctor --repair`"),
            ),
        })
    }

    fn root_key_health(&self) -> Vec<Health> {
        let keys = match self.known_root_keys() {
            Ok(keys) => keys,
            Err(e) => return vec![Health::error("root keys", e.to_string())],
        };
        let mut health = Vec::new();
        for key in keys.into_iter().filter(|key| key.state != KeyState::Destroyed) {
            let check = self.check_root_key(key);
            let part = format!("root key {}/{}", check.backend, check.id);
            health.push(match check.result {
                Ok(()) => Health::ok(part.clone(), "at hand, and the store's own"),
                Err(e) => Health::error(part.clone(), e.to_string()),
            });
            // How it is kept; what is as it should be needs no line.
            let findings = check.findings.into_iter().filter(|h| h.severity != Severity::Ok);
            health.extend(findings.map(|finding| Health { part: part.clone(), ..finding }));
        }
        health
    }

    fn epoch_health(&self, slot: &Slot) -> Option<Health> {
        let part = format!("epoch {}", slot.name);
        self.check_is_the_store(slot).err().map(|e| Health::error(part, e.to_string()))
    }

    /// Those that hold a root key of the store, and those that a backend names.
    fn used_key_backends(&self) -> BTreeSet<String> {
        let named = self.slots().map(|slot| slot.key_backend.clone());
        named.chain(self.holding_key_backends().unwrap_or_default()).collect()
    }

    fn key_backend_health(&self, name: &str) -> Vec<Health> {
        match self.key_backends.get(name) {
            Ok(backend) => backend.health().into_iter().map(|h| named(name, h)).collect(),
            Err(e) => vec![Health::error(format!("key backend {name}"), e.to_string())],
        }
    }

    fn folder_health(&self, slot: &Slot) -> Option<Health> {
        let Some(BackendConfig::Enveloped { shelf, .. }) = self.config.backends.get(&slot.name)
        else {
            return None;
        };
        let Ok(KeyConfig::Software { keyring, .. }) =
            self.key_backends.described(&slot.key_backend)
        else {
            return None;
        };
        let folder = |path: &str| -> PathBuf {
            let folder = folder_of(Path::new(path));
            folder.canonicalize().unwrap_or(folder)
        };
        (folder(&keyring) == folder(shelf)).then(|| {
            Health::warning(
                format!("folder {}", slot.name),
                "keyring and shelf share a folder: whoever copies it has every secret; move the \
                 keyring to another place and name that in the config",
            )
        })
    }
}

fn slot_health(slot: &Slot) -> impl Iterator<Item = Health> {
    slot.backend.health().into_iter().map(|h| named(&slot.name, h))
}

fn memory_health() -> Health {
    let status = memory_status();
    if status.unlocked == 0 {
        return Health::ok("memory", format!("{} bytes locked", status.locked));
    }
    Health::warning(
        "memory",
        format!(
            "{} of {} bytes of secrets could be swapped out: raise `ulimit -l`",
            status.unlocked,
            status.unlocked + status.locked
        ),
    )
}

fn named(name: &str, health: Health) -> Health {
    Health { part: format!("{} {name}", health.part), ..health }
}
