//! The key backend over a keyring file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_backend::{
    Error, ErrorKind, Health, KeyBackend, KeyPurpose, ProjectId, Result, RootKeyId, SecretBytes,
    StoreId, WrapContext, create_file, keep_access, replace_file, step,
};
use strongroom_crypto::Sealing;

use crate::file::{self, KeyringPermissions, Stamp};
use crate::interchange;
use crate::keyring::Keyring;

const WRAPPED_KEY: Sealing = Sealing::new("wrapped key", b"SRW1", "strongroom/wrap/1", 0);
const KEY: usize = 32;

/// Root keys in a keyring file, which another process may extend at any time.
pub struct SoftwareKeys {
    path: PathBuf,
    permissions: KeyringPermissions,
    read: RwLock<Arc<Reading>>,
}

/// The keyring as it was read.
struct Reading {
    keyring: Keyring,
    stamp: Stamp,
}

impl SoftwareKeys {
    /// Makes a keyring file with one new key, for its owner alone. `AlreadyExists` when anything is
    /// at `path`: a keyring is never replaced.
    pub fn create(path: &Path, first: &RootKeyId) -> Result<SoftwareKeys> {
        let text = interchange::write(&Keyring::with_new_key(first)?)?;
        create_file(path, &text, 0o600)?;
        step("keyring.created");
        SoftwareKeys::open(path, KeyringPermissions::Owner)
    }

    /// Makes a keyring file from the text of another one, as [`export`](Self::export) gives it.
    /// `Config` when the text is not a keyring, `AlreadyExists` when anything is at `path`.
    pub fn import(path: &Path, text: &SecretBytes) -> Result<SoftwareKeys> {
        interchange::parse(text)?;
        create_file(path, text, 0o600)?;
        step("keyring.created");
        SoftwareKeys::open(path, KeyringPermissions::Owner)
    }

    /// Opens a keyring file; never makes one. `Config` when it is missing, damaged, or open to
    /// others than `permissions` allows.
    pub fn open(path: &Path, permissions: KeyringPermissions) -> Result<SoftwareKeys> {
        let read = RwLock::new(Arc::new(Reading::of(path, permissions)?));
        Ok(SoftwareKeys { path: path.to_path_buf(), permissions, read })
    }

    /// Where the keyring file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that the file calls active: a hint for people. Which key wraps is decided elsewhere.
    pub fn active_hint(&self) -> Result<RootKeyId> {
        Ok(self.current()?.keyring.active.clone())
    }

    /// Changes the key that the file calls active. `NotFound` when the keyring does not have it.
    pub fn set_active_hint(&self, id: &RootKeyId) -> Result<()> {
        self.change(|keyring| {
            keyring.key(id).map_err(|e| named(&self.path, e))?;
            keyring.active = id.clone();
            Ok(())
        })
    }

    /// Reads the file, applies `change` and replaces the file, with every other writer held off.
    fn change(&self, change: impl FnOnce(&mut Keyring) -> Result<()>) -> Result<()> {
        let _lock = file::lock(&self.path)?;
        let (text, _, before) = file::read(&self.path, self.permissions)?;
        file::check_owner(&self.path, &before)?;
        let mut keyring = interchange::parse(&text).map_err(|e| named(&self.path, e))?;
        change(&mut keyring)?;
        let mode = std::os::unix::fs::MetadataExt::mode(&before) & 0o777;
        replace_file(&self.path, &interchange::write(&keyring)?, mode)?;
        step("keyring.replaced");
        keep_access(&self.path, &before)?;
        step("keyring.done");
        Ok(())
    }

    /// The keyring as the file has it now.
    fn current(&self) -> Result<Arc<Reading>> {
        let read = self.last_read();
        if file::stamp(&self.path, self.permissions)? == read.stamp {
            return Ok(read);
        }
        let fresh = Arc::new(Reading::of(&self.path, self.permissions)?);
        if read.stamp.is_of_this_process() {
            self.refuse_other_keys(&read.keyring, &fresh.keyring)?;
        }
        *self.read.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }

    /// Refuses a file in which an id stands for another key than before: nothing may be wrapped under
    /// the keys of a keyring that was mistaken for this one.
    fn refuse_other_keys(&self, before: &Keyring, now: &Keyring) -> Result<()> {
        for (id, key) in &now.keys {
            if before.keys.get(id).is_some_and(|known| !known.equals(key)) {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("the keyring {} now has another key as {id}", self.path.display()),
                    "put the right keyring back; both may be needed, so keep them both",
                ));
            }
        }
        Ok(())
    }

    fn last_read(&self) -> Arc<Reading> {
        self.read.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A keyring to unwrap with: the one in memory when it has the key, so that a store that is
    /// running survives the loss of its file; else what the file has now.
    fn with_key(&self, id: &RootKeyId) -> Result<Arc<Reading>> {
        let read = self.last_read();
        if read.stamp.is_of_this_process() && read.keyring.keys.contains_key(id) {
            return Ok(read);
        }
        self.current()
    }

    /// Wraps and unwraps with every key of the file as it is now.
    fn test_every_key(&self) -> Result<Vec<Health>> {
        let reading = self.current()?;
        let context = WrapContext {
            store: StoreId::from_bytes([0; 16]),
            project: ProjectId::STORE,
            generation: 1,
            purpose: KeyPurpose::CheckValue,
        };
        let probe = SecretBytes::random(KEY)?;
        for id in reading.keyring.keys.keys() {
            let wrapped = self.wrap(id, &probe, &context)?;
            if !self.unwrap(id, &wrapped, &context)?.equals(&probe) {
                return Err(Error::new(
                    ErrorKind::Internal,
                    format!("the root key {id} does not give back what it wrapped"),
                    "please report this",
                ));
            }
        }
        let (count, path) = (reading.keyring.keys.len(), self.path.display());
        let mut findings = vec![Health::ok("keyring", format!("{count} usable in {path}"))];
        let active = &reading.keyring.active;
        if reading.keyring.key(active).is_err() {
            findings.push(Health::warning(
                "keyring",
                format!(
                    "{path} calls {active} active, which it does not have: look for a newer copy"
                ),
            ));
        }
        Ok(findings)
    }
}

impl Reading {
    fn of(path: &Path, permissions: KeyringPermissions) -> Result<Reading> {
        let (text, stamp, _) = file::read(path, permissions)?;
        let keyring = interchange::parse(&text).map_err(|e| named(path, e))?;
        Ok(Reading { keyring, stamp })
    }
}

/// The error with the name of the file.
fn named(path: &Path, error: Error) -> Error {
    let what = format!("{}, in {}", error.what(), path.display());
    Error::new(error.kind(), what, error.next().to_string()).with_source(error)
}

impl KeyBackend for SoftwareKeys {
    fn kind(&self) -> &'static str {
        "software"
    }

    fn binds_context(&self) -> bool {
        true
    }

    fn root_keys(&self) -> Result<Vec<RootKeyId>> {
        Ok(self.current()?.keyring.keys.keys().cloned().collect())
    }

    fn create_root_key(&self, id: &RootKeyId) -> Result<()> {
        self.change(|keyring| keyring.add_new_key(id))
    }

    fn wrap(&self, root: &RootKeyId, key: &SecretBytes, context: &WrapContext) -> Result<Vec<u8>> {
        if key.len() != KEY {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("a key of {} bytes cannot be wrapped", key.len()),
                format!("wrap keys of {KEY} bytes"),
            ));
        }
        // Always with the file as it is: nothing may be wrapped under a key that only memory has.
        let reading = self.current()?;
        let root = reading.keyring.key(root).map_err(|e| named(&self.path, e))?;
        WRAPPED_KEY.seal(root, &[], &[&context.to_bytes()], key)
    }

    fn unwrap(&self, root: &RootKeyId, blob: &[u8], context: &WrapContext) -> Result<SecretBytes> {
        let reading = self.with_key(root)?;
        let root = reading.keyring.key(root).map_err(|e| named(&self.path, e))?;
        let key = WRAPPED_KEY.open(root, &[&context.to_bytes()], blob)?;
        if key.len() != KEY {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("a wrapped key holds {} bytes instead of {KEY}", key.len()),
                "restore the metadata from a backup",
            ));
        }
        Ok(key)
    }

    /// The text of the keyring file as it is now, checked.
    fn export(&self) -> Result<SecretBytes> {
        let known = self.current()?;
        let (text, ..) = file::read(&self.path, self.permissions)?;
        let found = interchange::parse(&text).map_err(|e| named(&self.path, e))?;
        self.refuse_other_keys(&known.keyring, &found)?;
        for id in known.keyring.keys.keys() {
            found.key(id).map_err(|e| named(&self.path, e))?;
        }
        Ok(text)
    }

    fn health(&self) -> Vec<Health> {
        self.test_every_key().unwrap_or_else(|e| vec![Health::error("keyring", e.to_string())])
    }
}

impl fmt::Debug for SoftwareKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKeys({})", self.path.display())
    }
}
