//! Restoring a store from a backup file.
//!
//! Everything is prepared and proven in a folder beside the target, which takes its name at the end.
//! The restored store has a new epoch: neither it nor older metadata removes the other's payloads.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use strongroom_backend::{
    SecretBytes, create_file, create_folder, file_error, folder_of, step, sync_folder_of,
};
use strongroom_crypto::PassphraseCost;

use super::backup::{BACKUP_KEYS, SALT, keyring_file, restored_config, shelf_file};
use super::backup_file::{self, Digest, Reader, Section, SectionKind, damaged};
use super::{DoctorOptions, Finding, Progress, Store, open, trusted_key};
use crate::config::{BackendConfig, KeyConfig, check_trusted};
use crate::path::check_project_name;
use crate::{Config, Error, ErrorKind, Result};

const CONFIG_FILE: &str = "strongroom.toml";
const KEYRING_LIMIT: usize = 16 << 20;

/// Where the root keys of a restored store come from.
#[derive(Debug, Clone, Copy)]
pub enum RestoreKeys<'a> {
    /// From the backup, under this passphrase.
    Passphrase(&'a SecretBytes),
    /// From a copy of the keyring that was kept elsewhere; for a store with one key backend.
    Keyring(&'a Path),
    /// From the key backends that this config names, under the same names: copies of its keyrings, and
    /// its tokens. For an RSA root key, `store-key.toml` must be beside the config. No token is reached, and no PIN command run, because a backup file says so.
    Config(&'a Path),
}

/// What a restore has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The config of the restored store.
    pub config: PathBuf,
    /// How many secrets it has.
    pub secrets: u64,
    /// How many versions, each of which was opened, or is named below.
    pub versions: u64,
    /// What was damaged in the store already when the backup was made.
    pub damaged: Vec<Finding>,
}

impl Store {
    /// Restores the backup `file` into the new folder `folder`, and opens every payload as a proof.
    ///
    /// What was damaged before the backup was made is reported; everything else is restored all the same.
    /// `AlreadyExists` when the folder is there and not empty. `Denied` when the passphrase is not the
    /// backup's, `Corrupt` when the file was altered, or the keys are not its store's; then nothing is
    /// left behind.
    ///
    /// ```
    /// use strongroom::{Layout, PutOptions, Recipe, RestoreKeys, Store};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let layout = Layout::in_folder(&folder.join("store"));
    /// # let store = Store::create(&layout)?;
    /// # let path = "web1/borg".parse()?;
    /// # store.session().generate(&path, &Recipe::passphrase(), &PutOptions::default())?;
    /// # let backup = folder.join("store.backup");
    /// # store.backup(&backup, None, &mut |_| ())?;
    /// # let keyring = layout.keyring;
    /// let keys = RestoreKeys::Keyring(&keyring); // a copy that was kept elsewhere
    /// let report = Store::restore(&backup, &folder.join("restored"), keys, &mut |_| ())?;
    /// assert!(report.damaged.is_empty());
    /// let restored = Store::open(&report.config)?;
    /// assert_eq!(restored.session().get(&path)?.len(), 43);
    /// # Ok::<(), strongroom::Error>(())
    /// ```
    pub fn restore(
        file: &Path,
        folder: &Path,
        keys: RestoreKeys<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<RestoreReport> {
        let absolute = std::path::absolute(folder).map_err(|e| file_error("find", folder, e))?;
        refuse_unless_empty(&absolute)?;
        let parent = folder_of(&absolute);
        create_folder(&parent)?;
        let work = tempfile::Builder::new()
            .prefix(".strongroom-restore-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .map_err(|e| file_error("write into", &parent, e))?;
        let digest = extract(file, work.path(), keys, progress)?;
        step("restore.extracted");
        begin_epoch(file, &digest, work.path())?;
        step("restore.epoch-begun");
        let mut report = prove(work.path(), progress)?;
        // The folder takes its name only now; an empty one gives way.
        fs::rename(work.path(), &absolute).map_err(|e| file_error("create", &absolute, e))?;
        step("restore.placed");
        sync_folder_of(&absolute)?;
        report.config = absolute.join(CONFIG_FILE);
        Ok(report)
    }
}

fn refuse_unless_empty(folder: &Path) -> Result<()> {
    let empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    };
    if empty {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AlreadyExists,
        format!("{} is there and not an empty folder", folder.display()),
        "restore into a new folder; a restore never replaces anything",
    ))
}

/// Writes the files of a backup into `folder`, each checked against its digest. Returns the digest of
/// all that was read.
fn extract(
    file: &Path,
    folder: &Path,
    keys: RestoreKeys<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Digest> {
    let mut reader = Reader::open(file)?;
    let info = reader.info;
    if matches!(keys, RestoreKeys::Passphrase(_)) && !info.holds_keys {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            "this backup was made without keys, so a passphrase does not help",
            "name a copy of the keyring with --keyring",
        ));
    }
    let (mut config, mut metadata) = (None, false);
    let mut seen = Vec::new();
    while let Some(section) = reader.next()? {
        check_name(&section)?;
        let it = (section.kind, section.name.clone());
        if seen.contains(&it) {
            return Err(damaged("it has a section twice"));
        }
        seen.push(it);
        let (done, total) = (seen.len() as u64, Some(info.sections.into()));
        progress(Progress { what: "unpacking", done, total });
        match section.kind {
            SectionKind::Config => config = Some(reader.content(&section)?),
            SectionKind::Metadata => {
                reader.content_to(&section, &folder.join("metadata.db"))?;
                metadata = true;
            }
            SectionKind::Shelf => {
                reader.content_to(&section, &folder.join(shelf_file(&section.name)))?;
            }
            SectionKind::Keys => {
                let sealed = reader.content(&section)?;
                if let RestoreKeys::Passphrase(passphrase) = keys {
                    let keyring = open_keys(&info, &section.name, &sealed, passphrase)?;
                    let path = folder.join(keyring_file(&section.name));
                    create_file(&path, &keyring, 0o600)?;
                }
            }
        }
    }
    let Some(config) = config.filter(|_| metadata) else {
        return Err(damaged("it lacks its config or its metadata"));
    };
    let config = String::from_utf8(config).map_err(|_| damaged("its config is not text"))?;
    // Nothing is authentic yet: no path in the file leads out of the folder.
    let config = restored_config(&Config::from_toml(&config, folder)?);
    let config = match keys {
        RestoreKeys::Keyring(keyring) => copy_only_keyring(keyring, folder, config)?,
        RestoreKeys::Config(trusted) => copy_key_backends(trusted, folder, config)?,
        RestoreKeys::Passphrase(_) => config,
    };
    refuse_foreign_tokens(keys, &config)?;
    create_file(&folder.join(CONFIG_FILE), config.to_toml()?.as_bytes(), 0o600)?;
    Ok(reader.digest())
}

/// A name in the file becomes part of a path.
fn check_name(section: &Section) -> Result<()> {
    match section.kind {
        SectionKind::Config | SectionKind::Metadata if section.name.is_empty() => Ok(()),
        SectionKind::Config | SectionKind::Metadata => Err(damaged("a section's name is invalid")),
        _ => check_project_name(&section.name).map_err(|_| damaged("a backend's name is invalid")),
    }
}

fn open_keys(
    info: &backup_file::BackupInfo,
    backend: &str,
    sealed: &[u8],
    passphrase: &SecretBytes,
) -> Result<SecretBytes> {
    let fields = BACKUP_KEYS.fields(sealed)?;
    let parts = fields
        .split_first_chunk()
        .and_then(|(cost, salt)| Some((cost, <&[u8; SALT]>::try_from(salt).ok()?)));
    let (cost, salt) = parts.ok_or_else(|| damaged("its keys section is cut short"))?;
    let key = PassphraseCost::from_bytes(cost)?.derive(passphrase, salt)?;
    let mut name = Vec::new();
    strongroom_crypto::append_text(&mut name, backend);
    BACKUP_KEYS.open(&key, &[info.store.as_bytes(), &name], sealed).map_err(|e| match e.kind() {
        ErrorKind::Corrupt => Error::new(
            ErrorKind::Denied,
            "the passphrase does not open the keys in this backup",
            "try the passphrase with which the backup was made, or name a keyring",
        )
        .with_source(e),
        _ => e,
    })
}

fn copy_only_keyring(keyring: &Path, folder: &Path, config: Config) -> Result<Config> {
    let names: Vec<String> = config.key_backends().into_keys().collect();
    let [name] = &names[..] else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "one keyring cannot serve several key backends",
            "name a config with all of them, or restore from a backup that was made with its keys",
        ));
    };
    copy_keyring(keyring, &folder.join(keyring_file(name)))?;
    Ok(config)
}

fn copy_keyring(keyring: &Path, to: &Path) -> Result<()> {
    let mut source = fs::File::open(keyring).map_err(|e| file_error("open", keyring, e))?;
    let bytes = SecretBytes::read_from(&mut source, KEYRING_LIMIT).map_err(|e| {
        let what = format!("{} cannot be copied: {}", keyring.display(), e.what());
        Error::new(e.kind(), what, e.next()).with_source(e)
    })?;
    create_file(to, &bytes, 0o600)
}

/// Takes the key backends of `config` from a config that is trusted. A keyring that is not there is
/// missed only by those who need it.
fn copy_key_backends(trusted: &Path, folder: &Path, mut config: Config) -> Result<Config> {
    let mut ours = Config::load(trusted)?.key_backends();
    let store_key = trusted_key::path_for(trusted);
    if store_key.exists() {
        check_trusted(&store_key)?;
        copy_keyring(&store_key, &trusted_key::path_for(&folder.join(CONFIG_FILE)))?;
    }
    let mut outcome = Ok(());
    config.each_key_backend(&mut |name, key| match ours.remove(name) {
        Some(KeyConfig::Software { keyring, .. }) if Path::new(&keyring).exists() => {
            let copied = copy_keyring(Path::new(&keyring), &folder.join(keyring_file(name)));
            outcome = std::mem::replace(&mut outcome, Ok(())).and(copied);
        }
        Some(outside) if outside.reaches_outside() => *key = outside,
        _ => {}
    });
    outcome.map(|()| config)
}

/// A backup file is not authentic before its store key is open: it must not choose the module that is
/// loaded for that, nor the program that is run for a PIN, nor the server that is logged in to.
fn refuse_foreign_tokens(keys: RestoreKeys<'_>, config: &Config) -> Result<()> {
    // Its own key backend may be another one, so the token of such a backend is none of those below.
    if config.backends.values().any(BackendConfig::reaches_outside) {
        return Err(damaged(
            "its config keeps payloads in a token or server, which no backup holds",
        ));
    }
    let mut tokens = config.key_backends();
    tokens.retain(|_, key| key.reaches_outside());
    let trusted = match keys {
        RestoreKeys::Config(trusted) => Config::load(trusted)?.key_backends(),
        _ => Default::default(),
    };
    match tokens.into_iter().find(|(name, key)| trusted.get(name) != Some(key)) {
        None => Ok(()),
        Some((name, key)) => {
            let place = match key {
                KeyConfig::Kmip { .. } => "KMIP server",
                _ => "token",
            };
            Err(Error::new(
                ErrorKind::InvalidArgument,
                format!("the store has root keys in a {place}, which it calls {name}"),
                format!("name a config that says with [keys.{name}] how the {place} is reached"),
            ))
        }
    }
}

/// Authenticates the file with the keys of the store in it, and gives the store its new epoch.
fn begin_epoch(file: &Path, digest: &Digest, folder: &Path) -> Result<()> {
    let path = folder.join(CONFIG_FILE);
    let inner = open::open(Config::load(&path)?, Some(&path))?;
    backup_file::verify(file, digest, inner.keys.backup_mac()?)?;
    std::sync::Arc::new(inner).begin_epoch()
}

/// Opens the restored store and every payload in it.
fn prove(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<RestoreReport> {
    let store = Store::open(&folder.join(CONFIG_FILE))?;
    let report = store.doctor(&DoctorOptions::default(), progress)?;
    Ok(RestoreReport {
        config: PathBuf::new(),
        secrets: report.secrets,
        versions: report.versions,
        damaged: report.damaged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str) -> String {
        let text = format!(
            "metadata = 'metadata.db'\ndefault_backend = 'main'\n[keys.far]\n{key}\n\
             [backends.main]\nkind = 'enveloped'\nkey = 'far'\nshelf = 'payloads.db'\n"
        );
        let config = Config::from_toml(&text, Path::new("/srv")).unwrap();
        let keys = RestoreKeys::Keyring(Path::new("keyring.json"));
        let error = refuse_foreign_tokens(keys, &config).unwrap_err();
        format!("{}; {}", error.what(), error.next())
    }

    #[test]
    fn a_refused_backup_says_what_holds_its_keys() {
        let server = refusal(
            "kind = 'kmip'\nservers = ['kmip']\nca = 'a'\ncertificate = 'c'\nprivate_key = 'p'\n\
             namespace = 'n'",
        );
        assert!(server.contains("KMIP server") && !server.contains("token"), "{server}");
        let token = refusal("kind = 'pkcs11'\nmodule = '/lib/p11.so'\ntoken = 't'");
        assert!(token.contains("token") && !token.contains("KMIP"), "{token}");
    }
}
