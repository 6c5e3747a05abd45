//! Getting payloads.

use strongroom_backend::{Placement, SecretBytes};

use super::ahead::Asked;
use super::{Session, no_version};
use crate::metadata::clock::{self, Moment};
use crate::metadata::lookup::{self, Found};
use crate::metadata::secrets::{self, not_found};
use crate::metadata::versions::{self, Effective, Version};
use crate::metadata::{Queries, projects};
use crate::{Error, ErrorKind, Fetched, GetOptions, Result, SecretPath, State, Timestamp};

impl Session {
    /// The payload of the current version: the newest active one.
    ///
    /// Errors: `NotFound`; `Expired`, `NotActive` or `Destroyed` when there is no current version, by
    /// the newest one; `Corrupt` when metadata or payload were altered.
    pub fn get(&self, path: &SecretPath) -> Result<SecretBytes> {
        self.get_with(path, &GetOptions::default()).map(|fetched| fetched.payload)
    }

    /// The payload of the version that the options choose, with what belongs to it.
    ///
    /// Errors: as [`get`](Self::get); `NotFound` also when there is no version with that number.
    ///
    /// ```
    /// use strongroom::{GetOptions, Layout, PutOptions, SecretBytes, SecretPath, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let session = Store::create(&Layout::in_folder(folder.path()))?.session();
    /// let path: SecretPath = "web1/borg".parse()?;
    /// for payload in [b"of monday", b"of friday"] {
    ///     session.put(&path, &SecretBytes::copy_of(payload)?, &PutOptions::default())?;
    /// }
    /// // An old backup needs the passphrase that it was made with.
    /// let options = GetOptions { version: Some(1), ..GetOptions::default() };
    /// let fetched = session.get_with(&path, &options)?;
    /// assert_eq!((&fetched.payload[..], fetched.version), (&b"of monday"[..], 1));
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn get_with(&self, path: &SecretPath, options: &GetOptions) -> Result<Fetched> {
        self.operation("get", || {
            let asked = Asked::begin(&self.inner, path, options);
            // What is asked for ahead is the current version.
            let ahead = options.version.is_none().then_some(path);
            let fetched = self.find(path, options).and_then(|found| {
                match self.load(ahead, &found, asked) {
                    // Payload or key destroyed between the two reads, or lost: the metadata knows which.
                    Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Destroyed) => {
                        self.load_again(path, options, e)
                    }
                    loaded => loaded,
                }
            });
            fetched.inspect_err(|_| Asked::nothing_at(&self.inner, path))
        })
    }

    fn find(&self, path: &SecretPath, options: &GetOptions) -> Result<Found> {
        let inner = &self.inner;
        inner.metadata.reading(|q| {
            let found = lookup::version(&inner.keys, q, path, options.version)?;
            match found {
                Some(found) => self.choose(q, path, found, options),
                None => {
                    let error = self.explain_missing(q, path, options)?;
                    // What was put between the two reads is there now.
                    let found = match error.kind() {
                        ErrorKind::Corrupt => {
                            lookup::version(&inner.keys, q, path, options.version)?
                        }
                        _ => None,
                    };
                    found.map_or(Err(error), |found| self.choose(q, path, found, options))
                }
            }
        })
    }

    /// The version that the options choose, if it may be read. `found` is the newest one, or the one
    /// of the number that was asked for.
    fn choose(
        &self,
        q: &dyn Queries,
        path: &SecretPath,
        mut found: Found,
        options: &GetOptions,
    ) -> Result<Found> {
        let keys = &self.inner.keys;
        let moment_for = |dated: bool| {
            if dated {
                return clock::moment(keys, q);
            }
            // No date is compared with it, and asking for the time takes its own time.
            Ok(Moment { now: Timestamp::from_micros(0), trusted: true })
        };
        let newest = found.version.at(&moment_for(found.version.has_dates())?);
        if options.version.is_some() {
            return match refusal(path, &found.version, newest, true) {
                None => Ok(found),
                Some(error) => Err(error),
            };
        }
        let Some(error) = refusal(path, &found.version, newest, options.allow_inactive) else {
            return Ok(found);
        };
        let moment = moment_for(true)?;
        let all = versions::of_secret(keys, q, found.secret.secret_id)?;
        let current = all.iter().find(|v| v.at(&moment).state == State::Active);
        let inactive = || all.iter().find(|v| refusal(path, v, v.at(&moment), true).is_none());
        let chosen = match options.allow_inactive {
            true => inactive(),
            false => current,
        };
        match chosen {
            Some(version) => {
                found.version = version.clone();
                Ok(found)
            }
            None => Err(error),
        }
    }

    /// Loads the payload of a version, or takes it where it was `asked` for already. Where it was is
    /// remembered for the next get of `ahead`.
    fn load(
        &self,
        ahead: Option<&SecretPath>,
        found: &Found,
        asked: Option<Asked<'_>>,
    ) -> Result<Fetched> {
        let inner = &self.inner;
        let Some(sealed) = &found.version.reference else {
            return Err(missing_payload());
        };
        let reference = inner.keys.open_reference(sealed)?;
        let locator = inner.keys.open_locator(reference, found.version.locator.as_deref())?;
        let key = inner.project_key(&found.project, found.version.generation)?;
        let at = Placement {
            reference,
            store: inner.id,
            project: found.project.project_id,
            secret: found.secret.secret_id,
            version: found.version.version_id,
            payload_type: found.secret.secret_type.payload_type(),
            key: &key,
        };
        let slot = inner.slot(&found.project.backend)?;
        let payload = slot
            .call("load", |backend| {
                let answer = asked.and_then(|asked| asked.answer(&slot.name, &at, &locator));
                answer.unwrap_or_else(|| backend.load(&at, &locator))
            })
            .map_err(|e| inner.explain_missing(&at, e))?;
        if payload.len() != found.version.size as usize {
            return Err(missing_payload());
        }
        if let (Some(places), Some(path)) = (&inner.places, ahead) {
            places.remember(path, slot, reference, locator);
        }
        Ok(Fetched {
            payload,
            version: found.version.number,
            secret_type: found.secret.secret_type,
            content_type: found.secret.content_type.clone(),
        })
    }

    fn load_again(&self, path: &SecretPath, options: &GetOptions, first: Error) -> Result<Fetched> {
        let found = self.find(path, options)?;
        self.load(None, &found, None).map_err(|e| match e.kind() {
            ErrorKind::NotFound => Error::new(
                ErrorKind::Corrupt,
                format!("the payload of {path} version {} is missing", found.version.number),
                "restore a backup; nothing here removed it",
            )
            .with_source(first),
            _ => e,
        })
    }

    fn explain_missing(
        &self,
        q: &dyn Queries,
        path: &SecretPath,
        options: &GetOptions,
    ) -> Result<Error> {
        let keys = &self.inner.keys;
        let project = projects::require(keys, q, path.project())?;
        Ok(match (secrets::find(keys, q, project.project_id, path.name())?, options.version) {
            (None, _) => not_found(path),
            (Some(secret), Some(number)) if number == 0 || number > secret.newest() => {
                no_version(path, number)
            }
            // The secret's row counts versions that are not there.
            (Some(_), _) => Error::new(
                ErrorKind::Corrupt,
                format!("the metadata of a version of {path} is missing"),
                "run `strongroom doctor`, and restore a backup",
            ),
        })
    }

    /// Loads the payload of a version, for doctor and restore.
    pub(crate) fn load_version(&self, found: &Found) -> Result<()> {
        self.load(None, found, None).map(|_| ())
    }
}

/// Why a version may not be read, if so.
fn refusal(
    path: &SecretPath,
    version: &Version,
    effective: Effective,
    allow_inactive: bool,
) -> Option<Error> {
    let number = version.number;
    let inactive = format!("get it by `--version {number}`, or put a new version");
    let (kind, what, next) = match effective.state {
        State::Active => return None,
        State::PreActive => {
            let when = version.activates_at.map_or("later".to_owned(), |t| t.to_string());
            let what = format!("{path} version {number} becomes active {when}");
            let next = format!("wait, or `strongroom state {path} active --version {number}`");
            (ErrorKind::NotActive, what, next)
        }
        State::Destroyed | State::DestroyedCompromised => (
            ErrorKind::Destroyed,
            format!("{path} version {number} was destroyed"),
            format!("see `strongroom versions {path}` for others"),
        ),
        _ if allow_inactive => return None,
        _ if effective.expired => {
            let when = version.expires_at.map_or(String::new(), |t| format!(" at {t}"));
            (ErrorKind::Expired, format!("{path} version {number} expired{when}"), inactive)
        }
        state => (ErrorKind::NotActive, format!("{path} version {number} is {state}"), inactive),
    };
    Some(Error::new(kind, what, next))
}

fn missing_payload() -> Error {
    Error::new(
        ErrorKind::Corrupt,
        "the payload that was kept is not the one that was put",
        "run `strongroom doctor`, and restore a backup",
    )
}
