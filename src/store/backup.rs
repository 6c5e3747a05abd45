//! Backing a store up while it is in use.
//!
//! Erasures are held, so that every payload that the copied metadata names is still there when the
//! shelves are copied, later. The metadata is copied before them.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::Serialize;
use strongroom_backend::{SecretBytes, file_error, folder_of, place_file, step, sync_folder_of};
use strongroom_crypto::{PassphraseCost, Sealing};

use super::backup_file::{BackupInfo, SectionKind, Writer};
use super::{Inner, Progress, Store};
use crate::config::{BackendConfig, KeyConfig, KeyringPermissions};
use crate::metadata::{Record, clock, scan, store_row};
use crate::{Config, Error, ErrorKind, Result, Timestamp};

/// How root keys are sealed under a passphrase: format.md, section 7.
pub(super) const BACKUP_KEYS: Sealing =
    Sealing::new("backup of keys", b"SRP1", "strongroom/backup-keys/1", COST_FIELDS);

/// Memory, passes, lanes, and the passphrase's salt.
const COST_FIELDS: usize = 12 + SALT;
pub(super) const SALT: usize = 16;

/// What a backup has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    /// The length of the file.
    pub bytes: u64,
    /// How many versions it holds.
    pub versions: u64,
    /// Whether it holds the keys.
    pub holds_keys: bool,
    /// Key backends whose root keys cannot leave them, and so are not in it although keys were asked for:
    /// tokens. What they wrap opens with the token alone.
    pub keys_left_out: Vec<String>,
}

/// The name of a key backend, and its root keys under a passphrase.
type SealedKeys = (String, Vec<u8>);

impl Store {
    /// Writes a consistent copy of the store to the new file `file`, while others use the store.
    ///
    /// Erases of others are held meanwhile and report `Pending`. Without a passphrase the copy holds
    /// no keys: it is worth nothing without the keyring. With one, the root keys are in it, encrypted
    /// under the passphrase (Argon2id); only software keys can be. `Unsupported` when a passphrase is
    /// given and no root key can leave its token.
    ///
    /// ```
    /// use strongroom::{Layout, PutOptions, Recipe, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// let store = Store::create(&Layout::in_folder(&folder.join("store")))?;
    /// let path = "web1/borg".parse()?;
    /// store.session().generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
    /// let report = store.backup(&folder.join("store.backup"), None, &mut |_| ())?;
    /// assert_eq!((report.versions, report.holds_keys), (1, false));
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn backup(
        &self,
        file: &Path,
        passphrase: Option<&SecretBytes>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackupReport> {
        self.inner.check_process()?;
        if file.symlink_metadata().is_ok() {
            return Err(already_there(file));
        }
        let folder = folder_of(file);
        // Beside the file, so that the finished copy can be linked into place.
        let work = tempfile::Builder::new()
            .prefix(".strongroom-backup-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&folder)
            .map_err(|e| file_error("write into", &folder, e))?;
        let mut report = self.inner.write_backup(work.path(), passphrase, progress)?;
        let finished = work.path().join("backup");
        place_file(&finished, file).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => already_there(file),
            _ => e,
        })?;
        step("backup.linked");
        sync_folder_of(file)?;
        report.holds_keys = passphrase.is_some();
        // The backup is there, whether that can be written down or not.
        if let Err(e) = self.inner.note_backup() {
            tracing::warn!(kind = e.kind().name(), "a backup was made and not noted");
        }
        step("backup.noted");
        Ok(report)
    }
}

impl Inner {
    fn write_backup(
        &self,
        work: &Path,
        passphrase: Option<&SecretBytes>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackupReport> {
        let total = Some(2 + self.slots().count() as u64);
        let mut done = 0;
        let mut tell = |what| {
            progress(Progress { what, done, total });
            done += 1;
        };
        let held = self.metadata.hold_erasures()?;
        tell("copying metadata");
        let metadata = work.join("metadata");
        self.metadata.copy_to(&metadata)?;
        step("backup.metadata-copied");
        let versions = self.metadata.reading(scan::count_versions)?;
        let mut shelves = Vec::new();
        for slot in self.slots() {
            tell("copying payloads");
            let copy = work.join(format!("shelf-{}", slot.name));
            slot.call("copy", |backend| backend.copy_to(&copy))?;
            shelves.push((slot, copy));
        }
        // If not, somebody may have destroyed a payload that the copied metadata names.
        held.check()?;
        step("backup.payloads-copied");
        tell("writing the file");

        let path = work.join("backup");
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| file_error("create", &path, e))?;
        let (keys, keys_left_out) = match passphrase {
            Some(passphrase) => self.seal_all_keys(passphrase)?,
            None => Default::default(),
        };
        let info = BackupInfo {
            store: self.id,
            made_at: Timestamp::from_micros(self.metadata.now()?),
            holds_keys: passphrase.is_some(),
            epoch: self.epoch(),
            sections: (2 + shelves.len() + keys.len()) as u32,
        };
        let mut writer = Writer::begin(&path, file, self.keys.backup_mac()?, &info)?;
        let config = restored_config(&self.config_with_key_backends()?).to_toml()?;
        writer.bytes(SectionKind::Config, "", config.as_bytes())?;
        writer.file(SectionKind::Metadata, "", &metadata)?;
        for (slot, copy) in &shelves {
            writer.file(SectionKind::Shelf, &slot.name, copy)?;
        }
        for (name, sealed) in &keys {
            writer.bytes(SectionKind::Keys, name, sealed)?;
        }
        let bytes = writer.finish()?;
        step("backup.written");
        Ok(BackupReport { bytes, versions, holds_keys: false, keys_left_out })
    }

    /// The config with every key backend that holds a root key: another process may have moved keys to
    /// one since this one read the config.
    fn config_with_key_backends(&self) -> Result<Config> {
        let mut config = self.config.clone();
        let described = config.key_backends();
        for name in self.holding_key_backends()? {
            if !described.contains_key(&name) {
                let key = self.key_backends.described(&name)?;
                config.keys.insert(name, key);
            }
        }
        Ok(config)
    }

    /// The root keys of each key backend that gives them out, and the names of the others.
    fn seal_all_keys(&self, passphrase: &SecretBytes) -> Result<(Vec<SealedKeys>, Vec<String>)> {
        let (mut sealed, mut left_out) = (Vec::new(), Vec::new());
        for name in self.holding_key_backends()? {
            match self.seal_keys(&name, passphrase) {
                Ok(keys) => sealed.push((name, keys)),
                Err(e) if e.kind() == ErrorKind::Unsupported => left_out.push(name),
                Err(e) => return Err(e),
            }
        }
        if sealed.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the root keys are in {}, which gives none out", left_out.join(" and ")),
                "make the backup without keys, and back the token up with the tools of its maker",
            ));
        }
        Ok((sealed, left_out))
    }

    fn seal_keys(&self, name: &str, passphrase: &SecretBytes) -> Result<Vec<u8>> {
        let keys = self.key_backends.get(name)?.export().map_err(|e| e.with_backend(name))?;
        let cost = PassphraseCost::NOW;
        let salt: [u8; SALT] = strongroom_backend::random_bytes()?;
        let key = cost.derive(passphrase, &salt)?;
        let mut fields = cost.to_bytes().to_vec();
        fields.extend_from_slice(&salt);
        let mut bound_name = Vec::new();
        strongroom_crypto::append_text(&mut bound_name, name);
        BACKUP_KEYS.seal(&key, &fields, &[self.id.as_bytes(), &bound_name], &keys)
    }

    /// Writes down that there is a backup, where that can be written.
    fn note_backup(self: &std::sync::Arc<Self>) -> Result<()> {
        if self.metadata.is_read_only() {
            return Ok(());
        }
        let inner = self.clone();
        self.metadata.writing(move |q| {
            let now = clock::tick(&inner.keys, q)?.now;
            let mut row = store_row::load(&inner.keys, q)?;
            row.backed_up_at = Some(now);
            row.update(&inner.keys, q)
        })
    }
}

/// The config of a restored store: every file in its own folder.
pub(super) fn restored_config(config: &Config) -> Config {
    let mut config = config.clone();
    config.metadata = "metadata.db".to_owned();
    config.each_key_backend(&mut |name, key| {
        if let KeyConfig::Software { keyring, keyring_permissions } = key {
            *keyring = keyring_file(name);
            *keyring_permissions = KeyringPermissions::Owner;
        }
    });
    for (name, backend) in &mut config.backends {
        if let BackendConfig::Enveloped { shelf, .. } = backend {
            *shelf = shelf_file(name);
        }
    }
    config
}

/// The name of a key backend's keyring in a restored folder.
pub(super) fn keyring_file(name: &str) -> String {
    format!("keyring-{name}.json")
}

/// The name of a backend's shelf in a restored folder.
pub(super) fn shelf_file(backend: &str) -> String {
    format!("payloads-{backend}.db")
}

fn already_there(file: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("{} is there already", file.display()),
        "choose another name: a backup never replaces a file",
    )
}
